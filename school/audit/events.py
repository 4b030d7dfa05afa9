"""Every event the audit log knows, each `room:noun:verb`."""

from __future__ import annotations

USER_ADDED = "access:user:add"
USER_DISABLED = "access:user:disable"
USER_ENABLED = "access:user:enable"
USER_ROLES_CHANGED = "access:user:change-roles"
PASSWORD_CHANGED = "access:password:change"  # noqa: S105 - the name of an event
PASSWORD_RESET = "access:password:reset"  # noqa: S105 - the name of an event
SIGN_INS_ENDED = "access:sign-in:end"

EVENTS: frozenset[str] = frozenset(
    value for name, value in globals().items() if name.isupper() and isinstance(value, str)
)
