"""What the papers of a school have in common, read from the books."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from school import clock
from school.documents.letterhead import Letterhead
from school.languages import Language
from school.ledger import wording
from school.ledger.queries import OpenCharge
from school.students import queries as students
from school.students.models import Family, School, Student

AT_ONCE = 200  # students read together: their rows are all that is held


def logo(session: Session) -> bytes | None:
    """Up to a megabyte, so it is read where a paper is made, and nowhere else."""
    return session.scalar(select(School.logo))


def letterhead(session: Session, made_at: datetime | None = None) -> Letterhead:
    """The school's paper, as at that moment, or now."""
    school = students.school(session)
    return Letterhead(
        school_name=school.name,
        school_address=school.address,
        logo=logo(session),
        currency=school.currency,
        locale=school.locale,
        time_zone=school.time_zone,
        made_at=made_at or clock.now(),
        how_to_pay=school.how_to_pay,
    )


def families(session: Session, family_ids: Sequence[int]) -> tuple[dict[int, str], dict[int, list[int]]]:
    """What each family account is called, and the ids of its children by name."""
    names: dict[int, str] = {}
    children: dict[int, list[int]] = {}
    rows = session.execute(
        select(Family.id, Family.name, Student.id)
        .join(Student, Student.family_id == Family.id)
        .where(Family.id.in_(family_ids))
        .order_by(Student.sort_name, Student.id)
    )
    for family_id, name, student_id in rows:
        names[family_id] = name
        children.setdefault(family_id, []).append(student_id)
    return names, children


def parts(ids: Sequence[int]) -> Iterator[list[int]]:
    """The ids in parts that are read together, each once."""
    every = list(dict.fromkeys(ids))
    return (every[at : at + AT_ONCE] for at in range(0, len(every), AT_ONCE))


def charge_name(charge: OpenCharge, language: Language) -> str:
    """`Tuition, Term 1`: the charge without its due date."""
    return wording.charge(charge.account_name, term=charge.term_name, memo=charge.memo, language=language)
