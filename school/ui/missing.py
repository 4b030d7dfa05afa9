"""What the books still lack before a school can work with them, in sentences, most urgent first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from school.access import listing
from school.access.rules import FINANCE
from school.fees import queries as fees
from school.ledger import queries as ledger
from school.students import queries as students
from school.students.queries import SchoolFacts, YearFacts
from school.ui import links, words

AHEAD = timedelta(days=45)  # the next year is wanted by then, so that its first term can be billed
BOTH = 2  # who counts a till and who signs it


@dataclass(frozen=True)
class Missing:
    """`capability` is what the place asks for; whoever lacks it is told, and not led there."""

    sentence: str
    action: str
    page: Path
    address: dict[str, str] = field(default_factory=dict)
    capability: str | None = None


def missing(session: Session, school: SchoolFacts, today: date) -> list[Missing]:
    """Everything at once: it is read when an administrator opens the first page."""
    return [*_people(session), *_calendar(session, today), *_papers(session, school)]


def _people(session: Session) -> Iterator[Missing]:
    if not students.any_student(session):
        yield Missing("No student is in the books yet.", "Import students", links.IMPORTS)
    cashiers = listing.count_in(session, FINANCE)
    if cashiers < BOTH:
        who = "Nobody works" if not cashiers else "One person alone works"
        yield Missing(
            f"{who} in finance: counts of tills are signed, and amounts above a limit approved, by a second.",
            "Users",
            links.USERS,
        )


def _calendar(session: Session, today: date) -> Iterator[Missing]:
    years = students.years(session)
    now = next((year for year in reversed(years) if year.starts_on <= today <= year.ends_on), None)
    if not years or years[-1].ends_on < today + AHEAD:
        yield _next_year(years, today)
    if now and not fees.has_fees(session, now.id):
        yield Missing(
            f"The fee structure of {words.plain(now.name)} is empty, so that no term can be billed.",
            "Fees",
            links.FEES,
            {"fees.view": "Fee structure"},
            "fees.manage",
        )


def _next_year(years: list[YearFacts], today: date) -> Missing:
    if not years:
        return Missing(
            "There is no school year yet.", "Add a year", links.SETTINGS, links.settings("Years and terms")
        )
    last = years[-1]
    ends = "ended" if last.ends_on < today else "ends"
    return Missing(
        f"{words.plain(last.name)} {ends} on {words.date(last.ends_on)}, and no year follows it yet.",
        "Turn the year",
        links.SETTINGS,
        links.settings("New year"),
    )


def _papers(session: Session, school: SchoolFacts) -> Iterator[Missing]:
    if not school.how_to_pay:
        yield Missing(
            "Invoices and statements do not say how to pay yet.",
            "School",
            links.SETTINGS,
            links.settings("School"),
        )
    if not ledger.last_entry(session):
        yield Missing(
            "Nothing is posted yet: bring in the opening balances, or bill a term.",
            "Opening balances",
            links.IMPORTS,
        )
