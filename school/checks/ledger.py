"""`verify` recomputes the books from entries and lines, and finds whatever does not agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from secrets import randbelow

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from school.checks import agreement, cash_ups, late_fees, runs
from school.checks.findings import ERROR, Finding, named
from school.checks.replay import replay
from school.checks.rules import RULES
from school.ledger import guards
from school.ledger.models import Entry, Line
from school.students.models import Student

SAMPLE = 200  # students, or a few more
RECENT = 200  # entries the quick check replays: a day's work of a busy office

_RESTORE = (
    "Entries and lines are never mended in place: restore the newest backup that agrees, "
    "then record again what is newer."
)
_LOOK = "These rows are never mended in place: find out who could change them, and restore a backup."
_REBUILD = "Run `python3 -m school rebuild`, which sums the totals again from entries and lines, the truth."

SENTENCES = {
    "guards": (
        "The database has lost or changed rules of its own: {}.",
        "Run `python3 -m school migrate`, which puts them back, and find out who could change them.",
    ),
    "entry_numbers": ("Entries are missing before {}.", _RESTORE),
    "document_numbers": ("Document numbers are missing, repeated or out of order at {}.", _RESTORE),
    "lines": ("Lines and their entry do not agree: {}.", _RESTORE),
    "hash_chain": ("What is there is not what was sealed: {}.", _RESTORE),
    "kinds": ("Accounts or signs do not suit the kind: {}.", _RESTORE),
    "due_dates": ("A charge without a due date, or a due date on what is no charge: {}.", _RESTORE),
    "clearing": ("A transfer gives more or less than it takes: {}.", _RESTORE),
    "pins": ("A credit pays what is no charge of the same student: {}.", _RESTORE),
    "reversals": ("A reversal is not the one mirror of its original: {}.", _RESTORE),
    "foreign_keys": ("A row names another that is not there: {}.", _RESTORE),
    "balances": ("The balance kept is not the sum of the lines: {}.", _REBUILD),
    "open_items": ("What is kept as open is not what the credits leave open: {}.", _REBUILD),
    "day_totals": ("The totals by day differ from the lines: {}.", _REBUILD),
    "class_totals": ("The totals by term and class differ from the lines: {}.", _REBUILD),
    "due_totals": ("The totals by due date differ from the open charges: {}.", _REBUILD),
    "roll_totals": ("The totals by class and status differ from the students: {}.", _REBUILD),
    "cash_ups": ("A count is not what the books say of its till: {}.", _LOOK),
    "signatures": ("A count is signed by who counted, or was made again since: {}.", _LOOK),
    "deposits": ("A deposit is not the sum of signed counts, or a number is missing: {}.", _LOOK),
    "late_fees": ("A late fee and the record of what it is for do not agree: {}.", _LOOK),
    "runs": ("What a run says it has posted is not what it has: {}.", _LOOK),
    "day_closes": ("The books have changed behind a closed day: {}.", _RESTORE),
    "sums": ("Totals that must be the same differ: {}.", _REBUILD),
}

OF_TOTALS = frozenset(check for check, (_, mend) in SENTENCES.items() if mend == _REBUILD) | {"guards"}


def verify(
    session: Session, *, deep: bool = True, told: Callable[[int, int], object] | None = None
) -> list[Finding]:
    """Every disagreement found, none when all is well.

    Deep reads every row, and tells how many steps are done of how many. Otherwise: the guards' text, the sums
    of the projections, and the last entries with the accounts they touched: enough at every start, on a
    school of any size.
    """
    wrong = _guards(session)
    return _findings(wrong | (_all(session, told or _tell_nobody) if deep else _recent(session)))


def guarded(session: Session) -> list[Finding]:
    """The guards' text alone: at once, on a school of any size."""
    return _findings(_guards(session))


def rule_of(check: str) -> str:
    """The rule of an installation that a disagreement breaks."""
    return "guards" if check == "guards" else "books"


def _guards(session: Session) -> dict[str, list[str]]:
    return {"guards": guards.differences(session.connection())}


def _findings(wrong: Mapping[str, Sequence[str]]) -> list[Finding]:
    return [
        Finding(check, ERROR, sentence.format(named(wrong[check])), mend, RULES[rule_of(check)].why)
        for check, (sentence, mend) in SENTENCES.items()
        if wrong.get(check)
    ]


def _tell_nobody(_done: int, _of: int) -> None:
    return None


def _all(session: Session, told: Callable[[int, int], object]) -> dict[str, list[str]]:
    found = replay(session)
    due: dict[date, int] = {}

    def open_items() -> list[str]:
        wrong, by_due_date = agreement.open_charges(session)
        due.update(by_due_date)
        return wrong

    checks: dict[str, Callable[[], list[str]]] = {
        "pins": lambda: agreement.pins(session),
        "reversals": lambda: agreement.reversals(session),
        "foreign_keys": lambda: agreement.foreign_keys(session, found),
        "balances": lambda: agreement.balances_of_all(session, found.balances),
        "open_items": open_items,
        "day_totals": lambda: agreement.day_totals(session, found.by_day),
        "class_totals": lambda: agreement.class_totals(session, found.by_class),
        "due_totals": lambda: agreement.due_totals(session, due),
        "roll_totals": lambda: agreement.roll_totals(session, found.balances),
        "late_fees": lambda: late_fees.records(session),
        "runs": lambda: runs.records(session),
        "cash_ups": lambda: cash_ups.counts(session),
        "signatures": lambda: cash_ups.signatures(session),
        "deposits": lambda: cash_ups.deposits(session),
        "day_closes": lambda: cash_ups.closes(session),
    }
    wrong = dict(found.wrong)
    for done, (name, check) in enumerate(checks.items()):
        told(done + 1, len(checks) + 1)  # the first step was to replay every entry
        wrong[name] = check()
    return wrong


def _recent(session: Session) -> dict[str, list[str]]:
    after = max(0, (session.scalar(select(func.max(Entry.id))) or 0) - RECENT)
    touched = select(Line.student_id).where(Line.entry_id > after)
    return (
        replay(session, after=after).wrong
        | {
            "pins": agreement.pins(session, after=after),
            "reversals": agreement.reversals(session, after=after),
            "sums": agreement.sums(session),
        }
        | _totals_of(session, touched)
    )


def sampled(session: Session) -> list[Finding]:
    """As the quick check, of students drawn anew at every call: whom no entry touched lately comes up too."""
    step = max(1, (session.scalar(select(func.count()).select_from(Student)) or 0) // SAMPLE)
    return _findings(_totals_of(session, select(Student.id).where(Student.id % step == randbelow(step))))


def _totals_of(session: Session, students: Select[int]) -> dict[str, list[str]]:
    open_items, _ = agreement.open_charges(session, students)
    return {"balances": agreement.balances_of(session, students), "open_items": open_items}
