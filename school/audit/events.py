"""Every event the audit log knows, each `room:noun:verb`."""

from __future__ import annotations

USER_ADDED = "access:user:add"
USER_CHANGED = "access:user:change"
USER_DISABLED = "access:user:disable"
USER_ENABLED = "access:user:enable"
USER_ROLES_CHANGED = "access:user:change-roles"
PASSWORD_CHANGED = "access:password:change"  # noqa: S105 - the name of an event
PASSWORD_RESET = "access:password:reset"  # noqa: S105 - the name of an event
SECOND_FACTOR_SET_UP = "access:second-factor:set-up"
SECOND_FACTOR_REMOVED = "access:second-factor:remove"
SECOND_FACTOR_REQUIRED = "access:second-factor:require"
RECOVERY_CODES_MADE = "access:recovery-codes:make"
RECOVERY_CODE_USED = "access:recovery-code:use"
SIGN_INS_ENDED = "access:sign-in:end"
CODE_MADE = "access:code:make"
CODE_REVOKED = "access:code:revoke"
CODE_USED = "access:code:use"

SCHOOL_MADE = "students:school:make"
SCHOOL_CHANGED = "students:school:change"
YEAR_ADDED = "students:year:add"
CLASS_ADDED = "students:class:add"
STUDENT_ADDED = "students:student:add"
STUDENT_CHANGED = "students:student:change"
GUARDIAN_CHANGED = "students:guardian:change"
FAMILIES_JOINED = "students:family:join"
ACCOUNT_ADDED = "ledger:account:add"
SCHEME_ADDED = "fees:scheme:add"
SCHEME_CHANGED = "fees:scheme:change"
GRANT_REQUESTED = "fees:grant:request"
GRANT_APPROVED = "fees:grant:approve"
GRANT_REFUSED = "fees:grant:refuse"
GRANT_ENDED = "fees:grant:end"
LATE_FEE_RULE_ADDED = "fees:late-fee-rule:add"
LATE_FEE_RULE_CHANGED = "fees:late-fee-rule:change"
LATE_FEE_WAIVED = "fees:late-fee:waive"
FEE_HEAD_SET = "fees:head:set"
FEE_SET = "fees:fee:set"
PLAN_SET = "fees:plan:set"
OPTION_CHOSEN = "fees:option:choose"
OPTION_ENDED = "fees:option:end"
RUN_BEGUN = "fees:run:begin"
RUN_FINISHED = "fees:run:finish"
RUN_UNDONE = "fees:run:undo"
FILE_IMPORTED = "intake:file:import"
BOOKS_VERIFIED = "checks:books:verify"

EVENTS: frozenset[str] = frozenset(
    value for name, value in globals().items() if name.isupper() and isinstance(value, str)
)
