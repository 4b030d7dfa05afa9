"""Who answers for which part of a family account: guardians with shares that add up to the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.access.service import authorise
from school.audit import events
from school.audit import service as audit
from school.db import among, one_writer
from school.errors import BadInput, NotFound
from school.students import queries
from school.students.models import Family, FamilyPayer, Guardian, Student
from school.students.queries import GuardianFacts
from school.students.rules import Payer

WHOLE = 10_000  # basis points


def family_name(session: Session, family_id: int) -> str:
    """Raises NotFound."""
    found = session.scalar(select(Family.name).where(Family.id == family_id))
    if found is None:
        raise NotFound("There is no such family account.")
    return found


def guardians_of_family(session: Session, family_id: int) -> list[GuardianFacts]:
    """Who answers for any of the family's students now, each once."""
    students = session.scalars(select(Student.id).where(Student.family_id == family_id)).all()
    found: dict[int, GuardianFacts] = {}
    for guardians in queries.guardians_of(session, students).values():
        for one in guardians:
            found.setdefault(one.id, one)
    return list(found.values())


def payers(session: Session, family_id: int) -> list[Payer]:
    """Who pays which share, the largest first; empty where the family answers as one."""
    rows = session.execute(
        select(Guardian.id, Guardian.name, FamilyPayer.share_bp)
        .join(Guardian, Guardian.id == FamilyPayer.guardian_id)
        .where(FamilyPayer.family_id == family_id, FamilyPayer.share_bp > 0)
        .order_by(FamilyPayer.share_bp.desc(), Guardian.id)
    )
    return [Payer(*row) for row in rows]


def as_they_were(session: Session, shares: Iterable[tuple[int, int]]) -> list[Payer]:
    """Payers with the shares (guardian, basis points) of another day, by their present names."""
    kept = dict(shares)
    names = dict(session.execute(select(Guardian.id, Guardian.name).where(Guardian.id.in_(kept))).all())
    return [Payer(one, names[one], share) for one, share in kept.items() if one in names]


def numbers_of_payers(session: Session, family_ids: Iterable[int]) -> dict[int, int]:
    """How many guardians share the charges of each family that does not answer as one."""
    rows = session.execute(
        select(FamilyPayer.family_id, func.count())
        .where(among(FamilyPayer.family_id, family_ids), FamilyPayer.share_bp > 0)
        .group_by(FamilyPayer.family_id)
    )
    return dict(rows.all())


def share_charges(session: Session, *, actor: Actor, family_id: int, shares: Mapping[int, int]) -> None:
    """Say who pays: basis points by guardian, which add up to the whole; none at all is a family as one.

    Raises NotFound for a family and BadInput for a guardian who is not there, or shares that do not add up;
    the last one's `field` is `shares`.
    """
    one_writer(session)
    authorise(session, actor, "fees.manage")
    family_name(session, family_id)
    wanted = {guardian_id: bp for guardian_id, bp in shares.items() if bp}
    if any(type(bp) is not int or not 0 < bp <= WHOLE for bp in wanted.values()):
        raise BadInput("A share is between 0 and 100 percent.", field="shares")
    names = {one.id: one.name for one in guardians_of_family(session, family_id)}
    if wanted.keys() - names.keys():
        raise BadInput("Choose among the guardians of this family.", field="shares")
    if wanted and sum(wanted.values()) != WHOLE:
        raise BadInput(
            f"The shares add up to {percent(sum(wanted.values()))}: make it 100 %, or leave all empty.",
            field="shares",
        )
    held = dict(
        session.execute(
            select(FamilyPayer.guardian_id, FamilyPayer.share_bp).where(FamilyPayer.family_id == family_id)
        ).all()
    )
    before = {guardian_id: bp for guardian_id, bp in held.items() if bp}
    if before == wanted:
        return
    for guardian_id in held.keys() | wanted.keys():
        row = {"share_bp": wanted.get(guardian_id, 0)}
        who = (FamilyPayer.family_id == family_id, FamilyPayer.guardian_id == guardian_id)
        if guardian_id in held:
            session.execute(update(FamilyPayer).where(*who).values(**row))
        else:
            session.execute(
                insert(FamilyPayer), [{"family_id": family_id, "guardian_id": guardian_id, **row}]
            )
    audit.record(
        session,
        actor=actor,
        event=events.FAMILY_PAYERS_CHANGED,
        subject=f"family:{family_id}",
        before=_told(before, names),
        after=_told(wanted, names),
    )


def _told(shares: Mapping[int, int], names: Mapping[int, str]) -> dict[str, str]:
    """`{"Mrs Abel": "60 %"}`"""
    return {names.get(one, f"guardian {one}"): percent(bp) for one, bp in shares.items()}


def percent(basis_points: int) -> str:
    """`60 %`, `33.33 %`"""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d} %" if rest else f"{whole} %"
