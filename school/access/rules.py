"""Who may do what. Capabilities are checked, never roles; a role is a name for a set of capabilities."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

ADMINISTRATOR, FINANCE, HEAD = "administrator", "finance", "head"

ROLES: dict[str, frozenset[str]] = {
    ADMINISTRATOR: frozenset(
        {
            "today.read",
            "students.read",
            "students.write",
            "imports.run",
            "openings.record",
            "users.manage",
            "settings.manage",
            "health.read",
            "reports.read",
            "periods.lock",
        }
    ),
    FINANCE: frozenset(
        {
            "today.read",
            "students.read",
            "payments.record",
            "payments.reverse",
            "charges.record",  # bills, credit notes and concessions
            "refunds.record",
            "write_offs.record",
            "transfers.record",
            "reports.read",
            "periods.lock",
        }
    ),
    HEAD: frozenset({"today.read", "students.read", "reports.read"}),
}
CAPABILITIES: frozenset[str] = frozenset().union(*ROLES.values())
ROLE_NAMES = {ADMINISTRATOR: "Administrator", FINANCE: "Finance", HEAD: "Head teacher"}


@dataclass(frozen=True)
class Actor:
    """Who acts: a signed-in person, or the operator of the machine, who may do everything.

    `sign_in_id` names the sign-in whose row a writer reads again inside its own transaction.
    """

    user_id: int | None
    name: str
    full_name: str
    sign_in_id: str | None
    roles: frozenset[str]
    operator: bool = False

    def can(self, capability: str) -> bool:
        if capability not in CAPABILITIES:
            raise ValueError(f"no capability is called {capability}")
        return self.operator or any(capability in ROLES[role] for role in self.roles)


COMMAND_LINE = Actor(None, "command line", "", None, frozenset(), operator=True)


def hashed(secret: str) -> str:
    """What is kept of a random token or ticket: its SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()
