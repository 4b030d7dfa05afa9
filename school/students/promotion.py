"""The turn of a year: every student enrolled goes to the next class, stays, or leaves. Done once into a year.

What is owed stays on the student's account, so arrears need no carrying forward; lines keep the class they
were posted in.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.access.service import authorise
from school.audit import events
from school.audit import service as audit
from school.db import add_rows, among, one_writer
from school.errors import BadInput, NotFound, RuleBroken
from school.students import queries
from school.students.calendar import add_year
from school.students.models import Enrolment, Promotion, SchoolClass, Student
from school.students.next_year import LEAVES, NewYear
from school.students.queries import YearFacts


@dataclass(frozen=True)
class Move:
    """Where one student goes: `to` is a class, None for no class, LEAVES for out of the school."""

    student_id: int
    class_id: int | None
    to: int | None


@dataclass(frozen=True)
class Plan:
    """Every student who would be moved, in order of their ids. `digest` names exactly this plan."""

    moves: Sequence[Move]

    @property
    def moved(self) -> int:
        return sum(move.to not in (move.class_id, LEAVES) for move in self.moves)

    @property
    def stayed(self) -> int:
        return sum(move.to == move.class_id for move in self.moves)

    @property
    def left(self) -> int:
        return sum(move.to == LEAVES for move in self.moves)

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(list(self.moves)).encode()).hexdigest()


@dataclass(frozen=True)
class Done:
    """One turn of a year: how many students went to another class, stayed in theirs, or left."""

    year_id: int
    from_year_id: int
    request_id: str
    moved: int
    stayed: int
    left: int
    at: datetime
    actor: str


def plan(
    session: Session,
    *,
    into: YearFacts | NewYear,
    mapping: Mapping[int, int],
    exceptions: Mapping[int, int | None] | None = None,
) -> Plan:
    """The dry run. `mapping` says where each class goes, `exceptions` where single students do instead.

    Who is noted for the year `into` already is left out; who only joins with it stays in the class given.
    """
    return Plan(list(_moves(session, into, mapping, exceptions or {})))


def _moves(
    session: Session,
    into: YearFacts | NewYear,
    mapping: Mapping[int, int],
    exceptions: Mapping[int, int | None],
) -> Iterator[Move]:
    columns = (Student.id, Student.class_id, Student.joined_on)
    query = select(*columns).where(Student.status == "enrolled").order_by(Student.id)
    if isinstance(into, YearFacts):
        placed = select(Enrolment.student_id).where(Enrolment.year_id == into.id)
        query = query.where(Student.id.not_in(placed))
    for student_id, class_id, joined_on in session.execute(query):
        if student_id in exceptions:
            to = exceptions[student_id]
        elif joined_on is not None and joined_on >= into.starts_on:
            to = class_id
        else:
            to = None if class_id is None else mapping.get(class_id, class_id)
        yield Move(student_id, class_id, to)


def all_done(session: Session) -> list[Done]:
    """Every turn of a year so far, the latest first."""
    rows = session.scalars(select(Promotion).order_by(Promotion.at.desc()))
    return [Done(**{field.name: getattr(row, field.name) for field in fields(Done)}) for row in rows]


def promote(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    from_year_id: int,
    into: int | NewYear,
    mapping: Mapping[int, int],
    exceptions: Mapping[int, int | None] | None = None,
    seen: str | None = None,
) -> Plan:
    """Move everybody as the dry run said: all or none, and once into a year.

    `seen` is the digest of the plan that was looked at: RuleBroken when another would be carried out. The
    same request again changes nothing and gives a plan without moves. No year is left before it has begun;
    leavers leave with its last day. Raises NotFound, BadInput, and what `add_year` raises for a new year.
    """
    authorise(session, actor, "settings.manage")
    one_writer(session)
    before = session.scalar(select(Promotion).where(Promotion.request_id == request_id))
    if before is not None:
        return Plan([])
    old = _year(session, from_year_id)
    if old.starts_on > queries.today(session):
        raise BadInput(f"{old.name} has not begun: the students were moved into it already.", field="into")
    year_id = into if isinstance(into, int) else add_year(session, actor=actor, **vars(into))
    new = _year(session, year_id)
    if new.starts_on <= old.ends_on:
        raise BadInput(f"{new.name} does not come after {old.name}.", field="into")
    earlier = session.get(Promotion, new.id)
    if earlier is not None:
        raise RuleBroken(f"The students were moved to {new.name} by {earlier.actor} already.", field="into")
    exceptions = exceptions or {}
    _check_classes(session, {*mapping.values(), *exceptions.values()})
    found = plan(session, into=new, mapping=mapping, exceptions=exceptions)
    if seen is not None and found.digest != seen:
        raise RuleBroken("Students were added or moved since you looked: look at the dry run again.")
    _write(session, actor, request_id, old, new, found)
    return found


def _year(session: Session, year_id: int) -> YearFacts:
    found = next((year for year in queries.years(session) if year.id == year_id), None)
    if found is None:
        raise NotFound("There is no such year: choose one of the list.", field="into")
    return found


def _check_classes(session: Session, wanted: set[int | None]) -> None:
    if wanted - {None, LEAVES} - set(session.scalars(select(SchoolClass.id))):
        raise BadInput("There is no such class: choose one of the list.")


def _write(
    session: Session, actor: Actor, request_id: str, old: YearFacts, new: YearFacts, found: Plan
) -> None:
    _enrol(session, old.id, {move.student_id: move.class_id for move in found.moves})
    _enrol(session, new.id, {move.student_id: move.to for move in found.moves if move.to != LEAVES})
    going = defaultdict(list)
    for move in found.moves:
        if move.to != move.class_id:
            going[move.to].append(move)
    for to, moves in going.items():
        values = {"class_id": to} if to != LEAVES else {"status": "left", "left_on": old.ends_on}
        session.execute(
            update(Student).where(among(Student.id, [move.student_id for move in moves])).values(**values),
            execution_options={"synchronize_session": False},  # there are no live rows
        )
    audit.record_all(
        session,
        actor=actor,
        event=events.STUDENT_CHANGED,
        changes=[_told(move, old.ends_on) for moves in going.values() for move in moves],
        reason=f"Moved to {new.name}",
    )
    counts = {"moved": found.moved, "stayed": found.stayed, "left": found.left}
    ids = {"year_id": new.id, "from_year_id": old.id, "request_id": request_id}
    who = {"at": clock.now(), "actor_id": actor.user_id, "actor": actor.name}
    session.execute(insert(Promotion), [{**ids, **counts, **who}])
    audit.record(
        session,
        actor=actor,
        event=events.YEAR_TURNED,
        subject=f"year:{new.id}",
        before={"year": old.name},
        after={"year": new.name, **counts},
    )


def _enrol(session: Session, year_id: int, classes: Mapping[int, int | None]) -> None:
    """Note who was in which class of the year, unless that is noted already."""
    noted = set(session.scalars(select(Enrolment.student_id).where(Enrolment.year_id == year_id)))
    rows = [
        {"student_id": i, "year_id": year_id, "class_id": class_id}
        for i, class_id in classes.items()
        if i not in noted
    ]
    add_rows(session, Enrolment, rows)


def _told(move: Move, last_day: date) -> audit.Change:
    subject = f"student:{move.student_id}"
    if move.to == LEAVES:
        after = {"status": "left", "left_on": last_day.isoformat()}
        return subject, {"status": "enrolled", "left_on": None}, after
    return subject, {"class_id": move.class_id}, {"class_id": move.to}
