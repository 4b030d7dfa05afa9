"""Accounts of a plain-text journal: every student and account has a name of its own, and is found back by it.

A student is `Assets:Students:<admission number>`. Characters a journal does not take in a name are written as
their code point, and so is what merely looks like one: no two students share a name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from school.ledger.queries import AccountFacts

STUDENTS = "Assets:Students"
ROOTS = {
    "tender": "Assets",
    "income": "Income",
    "concession": "Expenses",
    "bad_debt": "Expenses",
    "opening": "Equity",
    "clearing": "Equity",
}

_BEANCOUNT_TAKES = re.compile(r"[A-Z0-9][A-Za-z0-9-]*")
_ESCAPE = re.compile(r"-u([0-9a-f]+)-")
_HLEDGER_REFUSES = re.compile(  # its own syntax, spaces that end a name, and what is not seen
    r"[%:;\"]|^ | $| (?= )|[^\S ]|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ufeff]"
)


def beancount_part(text: str) -> str:
    """`ADM-001` as it is, `2026/001` as `2026-u2f-001`: a capital or digit, then letters, digits, hyphens."""
    if _BEANCOUNT_TAKES.fullmatch(text) and not _ESCAPE.search(text):
        return text
    if re.match(r"[A-WYZ0-9]", text):
        return re.sub(r"[^A-Za-z0-9]", _code_point, text)
    return "X" + re.sub(r"[^A-Za-z0-9]|^[a-z]", _code_point, text)


def from_beancount_part(part: str) -> str:
    """What `beancount_part` was given."""
    if not _ESCAPE.search(part):
        return part
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), part)
    return plain[1:] if part.startswith("X") else plain


def _code_point(match: re.Match[str]) -> str:
    return f"-u{ord(match[0]):x}-"


def hledger_part(text: str) -> str:
    """`2026/001` and most others as they are; what hledger reads as its own syntax as %3A and the like."""
    return _HLEDGER_REFUSES.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), text)


def account_names(accounts: Sequence[AccountFacts]) -> dict[str, str]:
    """By code: `Assets:BankTransfer`, `Income:Tuition`, `Expenses:Concessions`.

    An account whose name has no plain letters, or the letters of another, carries its code as well.
    """
    bases = {account.code: _camel(account.name) for account in accounts}
    times = Counter((ROOTS[a.type], bases[a.code].casefold()) for a in accounts)
    names = {}
    for account in accounts:
        root, base = ROOTS[account.type], bases[account.code]
        if not base or times[root, base.casefold()] > 1 or f"{root}:{base}" == STUDENTS:
            base = f"{base or 'Account'}-{beancount_part(account.code)}"
        names[account.code] = f"{root}:{base}"
    return names


def _camel(name: str) -> str:
    """`Bank transfer` becomes BankTransfer; empty when that would lose a letter."""
    if not name.isascii():
        return ""
    return "".join(word[0].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", name))
