"""What a row of a statement is called, in plain words. Dates are spelt, amounts never appear."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

KIND_NAMES = {
    "bill": "Bill",
    "payment": "Payment",
    "concession": "Concession",
    "credit_note": "Credit note",
    "refund": "Refund",
    "write_off": "Write-off",
    "late_fee": "Late fee",
    "opening": "Opening balance",
    "transfer": "Transfer",
    "reversal": "Reversal",
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


def day(when: date) -> str:
    """31 Jan 2026."""
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def together(names: Iterable[str]) -> str:
    """Each name once, in the order given: `cash, cheque`."""
    return ", ".join(dict.fromkeys(names))


def charge(head: str, *, term: str | None = None, memo: str | None = None, due: date | None = None) -> str:
    """`Tuition, Term 1 · due 31 Jan 2026`; the memo, where there is one, stands for the term."""
    detail = memo or term
    text = f"{head}, {detail}" if detail else head
    return f"{text} · due {day(due)}" if due else text


def movement(
    kind: str,
    *,
    what: str = "",
    document: str | None = None,
    reason: str | None = None,
    due: date | None = None,
) -> str:
    """`Payment, cash · R-000123`, `Credit note, tuition: charged twice`, `Late fee · due 3 Feb 2026`."""
    text = KIND_NAMES[kind] + (f", {what}" if what else "")
    text += f" · {document}" if document else ""
    text += f" · due {day(due)}" if due else ""
    return f"{text}: {reason}" if reason else text


def reallocation(document: str, to: str, reason: str | None) -> str:
    """`Re-allocation of R-000123 to Transport, Term 1: asked by the father`"""
    text = f"Re-allocation of {document} to {to}" if to else f"Re-allocation of {document}"
    return f"{text}: {reason}" if reason else text


def reversal(original_kind: str, original_date: date, *, document: str | None, reason: str | None) -> str:
    """`Reversal of R-000123: cheque bounced`; an entry without a number is named by its kind and date."""
    name = document or f"{KIND_NAMES[original_kind].lower()} of {day(original_date)}"
    return f"Reversal of {name}: {reason}" if reason else f"Reversal of {name}"
