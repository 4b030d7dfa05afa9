"""Who is forgiven what in a term, for many students at once.

Sibling schemes apply by themselves, by the rank of a child in its family: among the children who are at
school in the term, the oldest class comes first, then who joined first (or before anybody noted when), then
the admission number. Every other scheme needs a grant, and a grant that is in force on any day of the term
counts for the whole of it. Schemes are met in the order of their accounts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from school.db import among
from school.errors import NotFound
from school.fees.conceding import (
    Claim,
    Conceded,
    HeadCharge,
    Rate,
    forgiven,
    kept_where_given,
    rates_of_rank,
)
from school.fees.models import ConcessionRate, ConcessionScheme, FeeHead, Grant
from school.ledger.models import Account
from school.students import queries as students
from school.students.models import Enrolment, SchoolClass, Student, Term

__all__ = ["Conceded", "HeadCharge", "granted"]

Given = Mapping[int, Mapping[tuple[str, str], int]]  # by student, then by fee head and scheme


@dataclass(frozen=True)
class _Scheme:
    account: str
    kind: str
    cap_bp: int | None
    cap: int | None
    rates: tuple[Rate, ...]


def granted(
    session: Session, *, term_id: int, charges: Sequence[HeadCharge], given: Given | None = None
) -> list[Conceded]:
    """What each scheme forgives of each charge, in total for the term. Raises NotFound for no such term.

    What was `given` in the term stays on its fee head, so that an amount for every head that would be split
    otherwise now is not given twice.
    """
    term = session.get(Term, term_id)
    if term is None:
        raise NotFound("There is no such term.")
    schemes = _schemes(session)
    if not (schemes or given):
        return []
    ids = {charge.student_id for charge in charges}
    claims: defaultdict[int, list[Claim]] = defaultdict(list)
    ranks = _ranks(session, term, ids) if any(s.kind == "sibling" for s in schemes) else {}
    grants = _grants(session, term, ids)
    for scheme in schemes:
        if scheme.kind == "sibling":
            of_rank = {
                rank: rates_of_rank(scheme.rates, rank, cap_bp=scheme.cap_bp) for rank in set(ranks.values())
            }
            for student_id, rank in ranks.items():
                claims[student_id].append(Claim(scheme.account, of_rank[rank], scheme.cap))
        for student_id, rate in grants.get(scheme.account, ()):
            rates = scheme.rates if rate is None else (rate,)
            claims[student_id].append(Claim(scheme.account, rates, scheme.cap))
    found: list[Conceded] = []
    some = claims.keys() | (given or {}).keys()  # most students claim nothing
    if not some:
        return found
    for student_id, by_head in _in_order(session, [c for c in charges if c.student_id in some]).items():
        wanted = forgiven(by_head, claims.get(student_id, ()))
        if given and student_id in given:
            wanted = kept_where_given(by_head, wanted, given[student_id])
        found += [Conceded(student_id, *key, amount) for key, amount in wanted.items()]
    return found


def _in_order(session: Session, charges: Iterable[HeadCharge]) -> dict[int, dict[str, int]]:
    """By student and fee head, heads in the order of the bill."""
    position = {
        row.account: row.position for row in session.execute(select(FeeHead.account, FeeHead.position))
    }
    found: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for charge in sorted(charges, key=lambda c: (position.get(c.head, 0), c.head)):
        heads = found[charge.student_id]
        heads[charge.head] = heads.get(charge.head, 0) + charge.amount_minor
    return dict(sorted(found.items()))


def _schemes(session: Session) -> list[_Scheme]:
    rates: defaultdict[str, list[Rate]] = defaultdict(list)
    for row in session.execute(
        select(ConcessionRate).where(ConcessionRate.active).order_by(ConcessionRate.id)
    ).scalars():
        rates[row.scheme].append(Rate(row.head, row.share_bp, row.amount, row.ordinal))
    query = (
        select(ConcessionScheme.account, ConcessionScheme.kind, ConcessionScheme.cap_bp, ConcessionScheme.cap)
        .join(Account, Account.code == ConcessionScheme.account)
        .where(ConcessionScheme.active, Account.active)
        .order_by(Account.position, Account.code)
    )
    return [_Scheme(*row, tuple(rates[row.account])) for row in session.execute(query)]


def in_force(since: date, until: date) -> ColumnElement[bool]:
    """Of grants: counts on any of these days."""
    return and_(
        Grant.state.in_(("granted", "ended")),
        Grant.valid_from <= until,
        or_(Grant.valid_until.is_(None), Grant.valid_until >= since),
        or_(Grant.ended_on.is_(None), and_(Grant.ended_on >= since, Grant.ended_on >= Grant.valid_from)),
    )


def is_in_force(grant: Grant, since: date, until: date) -> bool:
    """The same of one grant."""
    last = min((day for day in (grant.valid_until, grant.ended_on) if day), default=None)
    never = grant.ended_on is not None and grant.ended_on < grant.valid_from
    counts = grant.state in ("granted", "ended") and not never
    return counts and grant.valid_from <= until and (last is None or last >= since)


def _grants(
    session: Session, term: Term, student_ids: Iterable[int]
) -> dict[str, list[tuple[int, Rate | None]]]:
    """By scheme: students with what their grant says of its own, or None for what the scheme's rates say."""
    found: defaultdict[str, list[tuple[int, Rate | None]]] = defaultdict(list)
    counts = in_force(term.starts_on, term.ends_on)
    rows = session.execute(
        select(Grant.scheme, Grant.student_id, Grant.head, Grant.share_bp, Grant.amount)
        .where(among(Grant.student_id, student_ids), counts)
        .order_by(Grant.id)
    )
    for scheme, student_id, head, share_bp, amount in rows:
        own = share_bp is not None or amount is not None
        found[scheme].append((student_id, Rate(head, share_bp, amount) if own else None))
    return found


def _ranks(session: Session, term: Term, student_ids: Iterable[int]) -> dict[int, int]:
    """The rank of each of these students in its family, from 1; those who are not at school have none."""
    ranks: dict[int, int] = {}
    counts: defaultdict[int, int] = defaultdict(int)
    families = set(students.family_ids(session, student_ids).values())
    for student_id, family_id in session.execute(_at_school(term, families)):
        counts[family_id] += 1
        ranks[student_id] = counts[family_id]
    wanted = set(student_ids)
    return {student_id: rank for student_id, rank in ranks.items() if student_id in wanted}


def _at_school(term: Term, families: Iterable[int]) -> Any:
    """Students of these families who are at school in the term, the first of each family first."""
    return (
        select(Student.id, Student.family_id)
        .outerjoin(Enrolment, and_(Enrolment.student_id == Student.id, Enrolment.year_id == term.year_id))
        .outerjoin(SchoolClass, SchoolClass.id == func.coalesce(Enrolment.class_id, Student.class_id))
        .where(
            among(Student.family_id, families),
            or_(Student.joined_on.is_(None), Student.joined_on <= term.ends_on),
            or_(
                Student.status == "enrolled",
                and_(Student.status == "left", Student.left_on >= term.starts_on),
            ),
        )
        .order_by(
            Student.family_id,
            func.coalesce(SchoolClass.position, -1).desc(),
            func.coalesce(Student.joined_on, date.min),
            Student.admission_no,
            Student.id,
        )
    )
