"""Takes the names and addresses of people who left long ago out of the books, whose figures stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.access.service import authorise
from school.audit import events
from school.audit import service as audit
from school.audit.models import AuditEvent
from school.db import one_writer
from school.errors import BadInput, RuleBroken
from school.letters.models import Letter
from school.privacy import queries, rules
from school.privacy.models import Erasure
from school.students import family_accounts
from school.students.models import Family, Guardian, Student
from school.students.rules import fold

AT_ONCE_MAX = 200  # one transaction, and one list a person can look at


@dataclass(frozen=True)
class Erased:
    """How many of each were erased."""

    students: int
    guardians: int
    families: int
    letters: int


def erase(session: Session, *, actor: Actor, student_ids: Sequence[int], reason: str) -> Erased:
    """Erase students, and guardians and families that answer for nobody else.

    Names, numbers, contacts, notes, letters and what the audit log kept of them go; entries, lines, balances
    and the vouchers' own words stay, and so does every hash. There is no way back but an older backup.
    Raises BadInput without a reason, RuleBroken for a student who must still be kept, naming one.
    """
    one_writer(session)
    authorise(session, actor, "privacy.manage")
    ids = sorted(set(student_ids))
    if not reason.strip():
        raise BadInput("Say why, as whoever asks later will want to know.", field="reason")
    if not 0 < len(ids) <= AT_ONCE_MAX:
        raise BadInput(f"Choose between 1 and {AT_ONCE_MAX} students.", field="students")
    ready = {leaver.student_id for leaver in queries.leavers(session, among=ids)}
    if kept := [student_id for student_id in ids if student_id not in ready]:
        raise RuleBroken(f"Student {kept[0]} must still be kept: enrolled, owing, or not gone long enough.")
    families = queries.families_without_anybody(session, ids)
    guardians = queries.guardians_without_anybody(session, ids, families)
    letters = _letters(session, ids, families)
    gone = {"student": ids, "guardian": guardians, "family": families, "letter": letters}
    subjects = [f"{kind}:{one}" for kind, some in gone.items() for one in some]
    _list(session, actor, subjects, reason.strip())
    _empty(session, ids, guardians, families, letters)
    _empty_audit(session, subjects)
    family_accounts.index(session, ids)
    audit.record_all(
        session,
        actor=actor,
        event=events.PERSON_ERASED,
        changes=[(subject, None, None) for subject in subjects],
        reason=reason.strip(),
    )
    return Erased(len(ids), len(guardians), len(families), len(letters))


def _letters(session: Session, student_ids: Sequence[int], family_ids: Sequence[int]) -> list[int]:
    theirs = Letter.student_id.in_(student_ids) | Letter.family_id.in_(family_ids)
    return sorted(session.scalars(select(Letter.id).where(theirs)))


def _list(session: Session, actor: Actor, subjects: Sequence[str], reason: str) -> None:
    who = {"at": clock.now(), "actor_id": actor.user_id, "actor": actor.name, "reason": reason}
    session.execute(insert(Erasure), [{"subject": subject, **who} for subject in subjects])


def _empty(
    session: Session,
    student_ids: Sequence[int],
    guardian_ids: Sequence[int],
    family_ids: Sequence[int],
    letter_ids: Sequence[int],
) -> None:
    for student_id in student_ids:
        name = rules.student_name(student_id)
        session.execute(
            update(Student)
            .where(Student.id == student_id)
            .values(
                admission_no=rules.admission_no(student_id),
                first_name="",
                last_name=name,
                name=name,
                sort_name=fold(name),
                notes="",
            )
        )
    for guardian_id in guardian_ids:
        name = rules.guardian_name(guardian_id)
        session.execute(
            update(Guardian)
            .where(Guardian.id == guardian_id)
            .values(name=name, phone="", email="", folded=fold(name))
        )
    for family_id in family_ids:
        session.execute(
            update(Family).where(Family.id == family_id).values(name=rules.family_name(family_id))
        )
    session.execute(
        update(Letter)
        .where(Letter.id.in_(letter_ids))
        .values(to_name="", to_address="", subject="", body="", details={})
    )


def _empty_audit(session: Session, subjects: Sequence[str]) -> None:
    session.execute(
        update(AuditEvent)
        .where(AuditEvent.subject.in_(subjects))
        .values(before=None, after=None, reason=None)
        .execution_options(synchronize_session=False)
    )
