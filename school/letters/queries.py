"""The only reader of letters. Answers are facts, never live rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from school import clock, languages
from school.db import among
from school.errors import NotFound
from school.fees.models import RunEntry
from school.ledger.models import Entry, Line
from school.letters.models import Letter, ReminderStage
from school.letters.rules import Stage, in_language, stages_in
from school.students import queries as students
from school.students.models import Family, Student, Term

REMINDED = ("waiting", "sending", "sent", "printed")  # a reminder in one of these was written or will be


@dataclass(frozen=True)
class LetterFacts:
    """A letter as it is kept. `reason` is why it failed or was cancelled, or why it still waits."""

    id: int
    request_id: str
    kind: str
    stage: int | None
    family_id: int
    family: str
    student_id: int | None
    guardian_id: int | None
    to_name: str
    to_address: str
    subject: str
    body: str
    details: dict[str, Any]
    rehearsal: bool
    state: str
    tries: int
    next_try_at: datetime | None
    sent_at: datetime | None
    reason: str | None
    at: datetime
    actor: str


@dataclass(frozen=True)
class LetterPage:
    """`matches` letters in all; `rows` are one page, newest first."""

    rows: list[LetterFacts]
    matches: int


_FACTS: Select[*tuple[Any, ...]] = select(
    Letter.id,
    Letter.request_id,
    Letter.kind,
    Letter.stage,
    Letter.family_id,
    Family.name,
    Letter.student_id,
    Letter.guardian_id,
    Letter.to_name,
    Letter.to_address,
    Letter.subject,
    Letter.body,
    Letter.details,
    Letter.rehearsal,
    Letter.state,
    Letter.tries,
    Letter.next_try_at,
    Letter.sent_at,
    Letter.error,
    Letter.at,
    Letter.actor,
).join(Family, Family.id == Letter.family_id)


def letter(session: Session, letter_id: int) -> LetterFacts:
    """Raises NotFound."""
    found = session.execute(_FACTS.where(Letter.id == letter_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such letter.")
    return LetterFacts(*found)


def page(
    session: Session,
    *,
    states: Sequence[str] = (),
    kind: str | None = None,
    text: str = "",
    limit: int = 50,
    offset: int = 0,
) -> LetterPage:
    """Letters in one of the states, of one kind, to a name or an address that holds `text`; newest first."""
    which: list[ColumnElement[bool]] = []
    if states:
        which.append(Letter.state.in_(states))
    if kind:
        which.append(Letter.kind == kind)
    if text.strip():
        inside = f"%{_escaped(text.strip())}%"
        columns = (Letter.to_name, Letter.to_address, Letter.subject, Family.name)
        which.append(or_(*(column.ilike(inside, escape="\\") for column in columns)))
    counted = select(func.count()).select_from(Letter).join(Family, Family.id == Letter.family_id)
    rows = session.execute(_FACTS.where(*which).order_by(Letter.id.desc()).limit(limit).offset(offset))
    return LetterPage([LetterFacts(*row) for row in rows], session.scalar(counted.where(*which)) or 0)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


_BY_STATE = select(Letter.state, func.count()).group_by(Letter.state)
_OLDEST_WAITING = select(func.min(Letter.at)).where(
    Letter.state.in_(("waiting", "sending")), ~Letter.rehearsal
)


def by_state(session: Session) -> dict[str, int]:
    """How many letters there are in each state that has any."""
    return dict(session.execute(_BY_STATE).all())


def oldest_waiting(session: Session) -> datetime | None:
    """When the letter that has waited longest was written; dry runs hold nobody up."""
    return session.scalar(_OLDEST_WAITING)


def of_run(session: Session, request_id: str) -> list[LetterFacts]:
    """The letters one press made, in their order."""
    same = Letter.request_id.startswith(f"{request_id}:", autoescape=True)
    which = or_(Letter.request_id == request_id, same)
    return [LetterFacts(*row) for row in session.execute(_FACTS.where(which).order_by(Letter.id))]


def last_reminders(session: Session, family_ids: Iterable[int]) -> dict[int, tuple[int, date]]:
    """The last reminder of each family that was written one: its stage and the day it was written for."""
    rows = session.execute(
        select(Letter.family_id, Letter.stage, Letter.details)
        .where(Letter.kind == "reminder", among(Letter.family_id, family_ids))
        .where(Letter.state.in_(REMINDED), ~Letter.rehearsal)
        .order_by(Letter.id)
    )
    return {family: (stage or 0, date.fromisoformat(details["on"])) for family, stage, details in rows}


def refused_addresses(session: Session) -> set[str]:
    """The addresses whose last letter failed."""
    last = select(func.max(Letter.id)).where(Letter.state.in_(("sent", "failed"))).group_by(Letter.to_address)
    return set(
        session.scalars(select(Letter.to_address).where(Letter.id.in_(last), Letter.state == "failed"))
    )


def next_due(session: Session, *, rehearsals_only: bool = False) -> LetterFacts | None:
    """The letter whose turn it is, or None; it is read without a lock, and claimed before it is sent."""
    due = _FACTS.where(Letter.state == "waiting", Letter.next_try_at <= clock.now())
    if rehearsals_only:
        due = due.where(Letter.rehearsal)
    found = session.execute(due.order_by(Letter.next_try_at, Letter.id).limit(1)).one_or_none()
    return LetterFacts(*found) if found else None


def stages(session: Session) -> list[Stage]:
    """The three reminders in the school's own words, else in ours in the language of its papers."""
    rows = session.execute(
        select(
            ReminderStage.stage, ReminderStage.days_overdue, ReminderStage.subject, ReminderStage.body
        ).order_by(ReminderStage.stage)
    )
    language = languages.of(students.school(session).locale)
    own = {row.stage: in_language(Stage(*row), language) for row in rows}
    return [own.get(stage.stage, stage) for stage in stages_in(language)]


@dataclass(frozen=True)
class FamilyName:
    id: int
    name: str


def families(session: Session, family_ids: Iterable[int]) -> list[FamilyName]:
    """Those that exist, by id; any number of them."""
    query = select(Family.id, Family.name).where(among(Family.id, family_ids)).order_by(Family.id)
    return [FamilyName(*row) for row in session.execute(query)]


@dataclass(frozen=True)
class BillFacts:
    """A bill to send: whose it is, and of which term."""

    entry_id: int
    student_id: int
    student: str
    family_id: int
    term: str


def entries_of_run(session: Session, run_id: int) -> list[int]:
    """What a billing run posted and is still as it was posted."""
    later = aliased(Entry)
    query = (
        select(RunEntry.entry_id)
        .outerjoin(later, later.reverses == RunEntry.entry_id)
        .where(RunEntry.run_id == run_id, later.id.is_(None))
        .order_by(RunEntry.entry_id)
    )
    return list(session.scalars(query))


def bills(session: Session, entry_ids: Iterable[int]) -> list[BillFacts]:
    """Those of the entries that are bills, in their order."""
    rows = session.execute(
        select(Line.entry_id, Line.student_id, Student.name, Student.family_id, func.coalesce(Term.name, ""))
        .join(Entry, Entry.id == Line.entry_id)
        .join(Student, Student.id == Line.student_id)
        .outerjoin(Term, Term.id == Line.term_id)
        .where(among(Line.entry_id, entry_ids), Line.n == 1, Entry.kind == "bill")
        .order_by(Line.entry_id)
    )
    return [BillFacts(*row) for row in rows]


def any_lost(session: Session) -> bool:
    """True when somebody died while handing a letter over; see `outbox`."""
    lost = select(Letter.id).where(Letter.state == "sending", Letter.next_try_at < clock.now())
    return session.scalar(lost.limit(1)) is not None
