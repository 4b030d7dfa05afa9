"""Who may do what. Capabilities are checked, never roles; a role is a name for a set of capabilities."""

from __future__ import annotations

import hashlib
import math
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from school.errors import BadInput

ADMINISTRATOR, FINANCE, HEAD = "administrator", "finance", "head"

ROLES: dict[str, frozenset[str]] = {
    ADMINISTRATOR: frozenset(
        {
            "today.read",
            "profile.own",
            "students.read",
            "students.write",
            "imports.run",
            "openings.record",
            "users.manage",
            "settings.manage",
            "health.read",
            "reports.read",
            "periods.lock",
            "approvals.decide",
            "cash_up.sign",
            "audit.read",
            "privacy.manage",  # erase personal data of leavers
        }
    ),
    FINANCE: frozenset(
        {
            "today.read",
            "profile.own",
            "students.read",
            "payments.record",
            "payments.reverse",
            "charges.record",  # bills, credit notes and concessions
            "refunds.record",
            "write_offs.record",
            "transfers.record",
            "reports.read",
            "periods.lock",
            "fees.manage",  # fee heads, structures, plans, schemes, rules for late fees, options
            "billing.run",  # terms and late fees
            "concessions.grant",
            "approvals.decide",
            "cash_up.count",
            "cash_up.sign",
            "letters.send",
        }
    ),
    HEAD: frozenset({"today.read", "profile.own", "students.read", "reports.read"}),
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


_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no letter that looks like a digit; 5 bits each
_GROUP = 4
_MISREAD = str.maketrans("OIL", "011")


def new_code(groups: int) -> str:
    """`ABCD-EFGH-…`: a random code to print and type, 20 bits in each group."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(groups))


def code_as_made(typed: str) -> str:
    """The code as `new_code` wrote it, however it was typed: case, dashes and spaces do not count."""
    bare = "".join(c for c in typed.upper() if c.isalnum()).translate(_MISREAD)
    return "-".join(bare[at : at + _GROUP] for at in range(0, len(bare), _GROUP))


def step_of(code: str, codes: dict[int, str], *, after: int) -> int | None:
    """The half minute this code of an authenticator app belongs to, if that is later than `after`.

    `codes` holds the code of each half minute that may be typed now.
    """
    bare = "".join(code.split())
    right = [step for step, made in codes.items() if step > after and _same(bare, made)]
    return min(right, default=None)


def _same(typed: str, made: str) -> bool:
    """Compared in a time that tells nothing of how much was right."""
    return secrets.compare_digest(typed.encode(errors="replace"), made.encode())


LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")  # `en`, `pt-BR`, `zh-Hans-SG`
THEMES = ("", "light", "dark")

NAME_LENGTH_MAX = 64
FULL_NAME_LENGTH_MAX = 120
EMAIL_LENGTH_MAX = 254
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")
WRONG_BY_NAME_FREE = 5  # slips of the keyboard
WRONG_BY_ADDRESS_FREE = 50  # a whole school may share one address
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)  # a guesser gets 96 tries a day; a bursar gets in after a cup of tea


def user_name(typed: str, *, field: str | None = None) -> str:
    """The name as it is kept: composed and casefolded, so that `Amina` and `AMINA` are one user.

    Raises BadInput when it is empty, longer than 64 characters, or holds spaces or control characters.
    """
    name = unicodedata.normalize("NFKC", typed.strip()).casefold()
    if not name:
        raise BadInput("Type a user name.", field=field)
    if len(name) > NAME_LENGTH_MAX or not all(c.isalnum() or c in "._-@+'" for c in name):
        raise BadInput(
            f"A user name has letters, digits, dots and dashes, no spaces, at most {NAME_LENGTH_MAX} in all.",
            field=field,
        )
    return name


def person_name(typed: str, *, field: str = "users.full_name") -> str:
    """The name as people read it, in one line; may be empty. Raises BadInput beyond 120 characters."""
    name = " ".join(unicodedata.normalize("NFC", typed).split())
    if len(name) > FULL_NAME_LENGTH_MAX or not name.isprintable():
        raise BadInput(f"Type the name in at most {FULL_NAME_LENGTH_MAX} characters.", field=field)
    return name


def email_address(typed: str, *, field: str = "users.email") -> str:
    """The address as it was typed; may be empty. Raises BadInput for what no letter would reach."""
    address = typed.strip()
    if not address:
        return ""
    if len(address) > EMAIL_LENGTH_MAX or not address.isprintable() or not _EMAIL.fullmatch(address):
        raise BadInput("Type one e-mail address, such as amina@example.org, or leave it empty.", field=field)
    return address


def wait_after(wrong: int, *, free: int) -> timedelta:
    """How long after so many wrong passwords the next attempt is heard: it doubles up to a lock."""
    if wrong < free:
        return timedelta(0)
    doublings = min(wrong - free, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def in_words(wait: timedelta) -> str:
    """`30 seconds`, `2 minutes`: rounded up, so that waiting so long is enough."""
    seconds = max(1, math.ceil(wait.total_seconds()))
    if seconds <= 90:
        return f"{seconds} second{'s' if seconds > 1 else ''}"
    return f"{math.ceil(seconds / 60)} minutes"
