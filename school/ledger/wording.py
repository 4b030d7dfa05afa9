"""What a row of a statement is called, in plain words. Dates are spelt, amounts never appear.

Screens are English; a paper is in the language of its reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from school.languages import ENGLISH, Language, later

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

KIND_NAMES = {
    "bill": later("Bill"),
    "payment": later("Payment"),
    "concession": later("Concession"),
    "credit_note": later("Credit note"),
    "refund": later("Refund"),
    "write_off": later("Write-off"),
    "late_fee": later("Late fee"),
    "opening": later("Opening balance"),
    "transfer": later("Transfer"),
    "reversal": later("Reversal"),
}


NUMBER = re.compile(r"(?:([A-Z][A-Z0-9]*)-|([A-Z]+))0*([1-9][0-9]{0,17})")


def document(series: str, no: int) -> str:
    """R-000123, as it is printed."""
    return f"{series}-{no:06d}"


def document_or_none(series: str | None, no: int | None) -> str | None:
    """The same of an entry that may have no number."""
    return None if series is None or no is None else document(series, no)


def document_parts(number: str) -> tuple[str, int] | None:
    """("R", 123) of `R-000123`, `r123` and the like, ("R27", 1) of `R27-000001`; None of anything else."""
    match = NUMBER.fullmatch(number.strip().upper())
    return (match[1] or match[2], int(match[3])) if match else None


def day(when: date, language: Language = ENGLISH) -> str:
    """31 Jan 2026."""
    if language.code != ENGLISH.code:
        return language.day(when)
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def together(names: Iterable[str]) -> str:
    """Each name once, in the order given: `cash, cheque`."""
    return ", ".join(dict.fromkeys(names))


def charge(
    head: str,
    *,
    term: str | None = None,
    memo: str | None = None,
    due: date | None = None,
    language: Language = ENGLISH,
) -> str:
    """`Tuition, Term 1 · due 31 Jan 2026`; the memo, where there is one, stands for the term."""
    detail, said = memo or term, language.say(head)
    text = language.say("{name}, {detail}", name=said, detail=detail) if detail else said
    return _with_due(text, due, language)


def movement(
    kind: str,
    *,
    what: str = "",
    document: str | None = None,
    reason: str | None = None,
    due: date | None = None,
    language: Language = ENGLISH,
) -> str:
    """`Payment, cash · R-000123`, `Credit note, tuition: charged twice`, `Late fee · due 3 Feb 2026`."""
    name = language.say(KIND_NAMES[kind])
    text = language.say("{name}, {detail}", name=name, detail=what) if what else name
    text += f" · {document}" if document else ""
    return _with_reason(_with_due(text, due, language), reason, language)


def reallocation(document: str, to: str, reason: str | None, language: Language = ENGLISH) -> str:
    """`Re-allocation of R-000123 to Transport, Term 1: asked by the father`"""
    if to:
        text = language.say("Re-allocation of {document} to {charge}", document=document, charge=to)
    else:
        text = language.say("Re-allocation of {document}", document=document)
    return _with_reason(text, reason, language)


def reversal(
    original_kind: str,
    original_date: date,
    *,
    document: str | None,
    reason: str | None,
    language: Language = ENGLISH,
) -> str:
    """`Reversal of R-000123: cheque bounced`; an entry without a number is named by its kind and date."""
    if document:
        text = language.say("Reversal of {document}", document=document)
    else:
        kind, on = language.say(KIND_NAMES[original_kind]).lower(), day(original_date, language)
        text = language.say("Reversal of {kind} of {day}", kind=kind, day=on)
    return _with_reason(text, reason, language)


def reversed_on(when: date, reason: str, language: Language = ENGLISH) -> str:
    """`Reversed on 3 Feb 2026: cheque bounced`"""
    return language.say("Reversed on {day}: {reason}", day=day(when, language), reason=reason)


def _with_due(text: str, due: date | None, language: Language) -> str:
    return language.say("{what} · due {day}", what=text, day=day(due, language)) if due else text


def _with_reason(text: str, reason: str | None, language: Language) -> str:
    return language.say("{what}: {reason}", what=text, reason=reason) if reason else text
