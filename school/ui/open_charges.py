"""Which open charges a figure is made of: the words of the ages, and the address of their page."""

from __future__ import annotations

from datetime import date

from school.languages import later
from school.ledger import wording
from school.reports.ageing import AgedCharge
from school.settings import ROOT

PAGE = ROOT / "pages" / "open_charges.py"

ALL = "All that is owed"
BUCKETS = {  # the words of an age, and what `reports.ageing` calls it
    later("Not overdue"): "not_due",
    later("1–30 days"): "days_1_30",
    later("31–60 days"): "days_31_60",
    later("61–90 days"): "days_61_90",
    later("Over 90 days"): "over_90",
}
AGES: dict[str, str | None] = {ALL: None, "Due": "due", "Overdue": "overdue", **BUCKETS}


def address(*, age: str = ALL, as_at: date | None = None, class_name: str | None = None) -> dict[str, str]:
    """`as_at` None is today."""
    chosen = {
        "open_charges.age": None if age == ALL else age,
        "open_charges.as_at": as_at and as_at.isoformat(),
        "open_charges.class": class_name,
    }
    return {name: value for name, value in chosen.items() if value}


def charge(row: AgedCharge) -> str:
    """`Tuition, Term 1`"""
    return wording.charge(row.account_name, term=row.term_name, memo=row.memo)
