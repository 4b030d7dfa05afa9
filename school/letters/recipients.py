"""Whom the school writes to about a family: the guardians who pay, else the one who is written to first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from school.db import among
from school.students.models import Family, FamilyPayer, Guardian, Student, StudentGuardian


@dataclass(frozen=True)
class Recipient:
    """`guardian_id` is None for a family without any guardian, which is written to by its own name."""

    family_id: int
    guardian_id: int | None
    name: str
    address: str


def of_families(session: Session, family_ids: Iterable[int]) -> dict[int, list[Recipient]]:
    """Every payer of a family; without payers the first guardian with an address; else the first guardian."""
    asked = set(family_ids)
    payers, first = _payers(session, asked), _first_guardians(session, asked)
    names = session.execute(select(Family.id, Family.name).where(among(Family.id, asked)))
    return {
        family_id: payers.get(family_id) or first.get(family_id) or [Recipient(family_id, None, name, "")]
        for family_id, name in names
    }


def _payers(session: Session, family_ids: Iterable[int]) -> dict[int, list[Recipient]]:
    rows = session.execute(
        select(FamilyPayer.family_id, Guardian.id, Guardian.name, Guardian.email)
        .join(Guardian, Guardian.id == FamilyPayer.guardian_id)
        .where(among(FamilyPayer.family_id, family_ids), FamilyPayer.share_bp > 0)
        .order_by(FamilyPayer.family_id, FamilyPayer.share_bp.desc(), Guardian.id)
    )
    found: dict[int, list[Recipient]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(Recipient(*row))
    return found


def _first_guardians(session: Session, family_ids: Iterable[int]) -> dict[int, list[Recipient]]:
    link = StudentGuardian
    rows = session.execute(
        select(Student.family_id, Guardian.id, Guardian.name, Guardian.email)
        .join(link, link.student_id == Student.id)
        .join(Guardian, Guardian.id == link.guardian_id)
        .where(among(Student.family_id, family_ids), link.position > 0)
        .order_by(Student.family_id, link.position, Student.id, Guardian.id)
    )
    found: dict[int, list[Recipient]] = {}
    for row in rows:
        one = Recipient(*row)
        held = found.setdefault(one.family_id, [one])
        if one.address and not held[0].address:
            found[one.family_id] = [one]
    return found
