"""Writes what `households` found: guardians and family accounts made, changed, joined; and search words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.db import add_rows, among
from school.students import queries, rules
from school.students.households import Placement
from school.students.models import Family, Guardian, Student, StudentGuardian, StudentWord
from school.students.rules import NewGuardian


def settle(
    session: Session, actor: Actor, placement: Placement, names: Sequence[str]
) -> tuple[list[int], list[int]]:
    """Make the placement true but for the members' own rows: (family id by household, guardian id by person).

    `names` are the members' names: a new family without a guardian's name is called by its first student.
    """
    family_ids = _families(session, actor, placement, names)
    home = {
        p: family_ids[h]
        for people, h in zip(placement.people, placement.household, strict=True)
        for p in people
    }
    new = [p for p, person in enumerate(placement.persons) if person.guardian_id is None]
    rows = [{"family_id": home[p], **_row(placement.persons[p].facts)} for p in new]
    made = dict(zip(new, add_rows(session, Guardian, rows), strict=True))
    changed = [p for p in placement.persons if p.was is not None]
    if changed:
        session.execute(update(Guardian), [{"id": p.guardian_id, **_row(p.facts)} for p in changed])
        audit.record_all(
            session,
            actor=actor,
            event=events.GUARDIAN_CHANGED,
            changes=[(f"guardian:{p.guardian_id}", vars(p.was), vars(p.facts)) for p in changed],
        )
    return family_ids, [made.get(p) or who.guardian_id or 0 for p, who in enumerate(placement.persons)]


def _row(guardian: NewGuardian) -> dict[str, str]:
    return {**vars(guardian), "folded": rules.fold(guardian.name)}


def _families(session: Session, actor: Actor, placement: Placement, names: Sequence[str]) -> list[int]:
    """The family of each household: the one that stays, after those that join it, or a new one."""
    called: dict[int, str] = {}
    for name, people, h in zip(names, placement.people, placement.household, strict=True):
        guardian = next(
            (placement.persons[p].facts.name for p in people if placement.persons[p].facts.name), None
        )
        called.setdefault(h, guardian or name)
    new = [h for h, families in enumerate(placement.families) if not families]
    made = dict(zip(new, add_rows(session, Family, [{"name": called[h]} for h in new]), strict=True))
    for families in placement.families:
        if len(families) > 1:
            join(session, actor, families)
    return [families[0] if families else made[h] for h, families in enumerate(placement.families)]


def join(session: Session, actor: Actor, families: Sequence[int]) -> None:
    """Everyone of the later families moves to the first; the empty ones stay as they were, without anyone."""
    stays, *others = families
    if not others:
        return
    moving: dict[int, list[int]] = {family_id: [] for family_id in others}
    query = select(Student.id, Student.family_id).where(Student.family_id.in_(others)).order_by(Student.id)
    for student_id, family_id in session.execute(query):
        moving[family_id].append(student_id)
    for who in (Student, Guardian):
        session.execute(update(who).where(who.family_id.in_(others)).values(family_id=stays))
    audit.record_all(
        session,
        actor=actor,
        event=events.FAMILIES_JOINED,
        changes=[
            (f"family:{stays}", {"family": family_id, "students": students}, {"family": stays})
            for family_id, students in moving.items()
        ],
    )


def link(
    session: Session, people: Mapping[int, Sequence[int]], guardian_ids: Sequence[int], known: Iterable[int]
) -> None:
    """Give each student exactly these people, in this order; who answered for it before keeps position 0.

    Only those who are `known` may have had anybody.
    """
    held: dict[int, set[int]] = {}
    links = select(StudentGuardian.student_id, StudentGuardian.guardian_id)
    for student_id, guardian_id in session.execute(links.where(among(StudentGuardian.student_id, known))):
        held.setdefault(student_id, set()).add(guardian_id)
    new: list[dict[str, int]] = []
    changed: list[dict[str, int]] = []
    for student_id, persons in people.items():
        order = {guardian_ids[p]: position for position, p in enumerate(persons, start=1)}
        before = held.get(student_id, set())
        for guardian_id in [*order, *(before - order.keys())]:
            row = {
                "student_id": student_id,
                "guardian_id": guardian_id,
                "position": order.get(guardian_id, 0),
            }
            (changed if guardian_id in before else new).append(row)
    add_rows(session, StudentGuardian, new)
    if changed:
        session.execute(update(StudentGuardian), changed)


def index(session: Session, student_ids: Collection[int]) -> None:
    """Write the search words of these students anew, from what the books hold now."""
    if not student_ids:
        return
    facts, guardians = queries.by_ids(session, student_ids), queries.guardians_of(session, student_ids)
    session.connection().execute(delete(StudentWord).where(among(StudentWord.student_id, student_ids)))
    words = {
        i: rules.words(
            fact.admission_no,
            fact.name,
            [NewGuardian(g.name, g.phone, g.email) for g in guardians.get(i, ())],
        )
        for i, fact in facts.items()
    }
    index_new(session, words)


def index_new(session: Session, words: Mapping[int, Iterable[str]]) -> None:
    """Write the search words of these students, who have none yet."""
    pairs = sorted((word, i) for i, found in words.items() for word in found)  # as the index has them
    add_rows(session, StudentWord, [{"word": word, "student_id": i} for word, i in pairs])
