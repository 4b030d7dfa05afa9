"""Statements of families whose charges are shared: one for each payer, with the part that is theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from school.documents.share import PayerShare, Standing
from school.documents.statement import StatementFacts
from school.ledger import queries as ledger
from school.ledger.queries import PayerStanding
from school.reports import statements
from school.students import payers
from school.students.models import Student
from school.students.rules import Payer

NOTHING = Standing(0, 0, 0, 0, 0)


def payer_statements(
    session: Session, family_ids: Sequence[int], since: date | None = None, until: date | None = None
) -> Iterator[StatementFacts]:
    """A statement of each family in the order given, to each of its payers; one of a family as one."""
    shared = payers.numbers_of_payers(session, family_ids)
    for family_id, facts in statements.by_family(session, family_ids, since, until):
        if family_id in shared:
            yield from of_payers(session, family_id, facts, payers.payers(session, family_id)).values()
        else:
            yield facts


def of_payers(
    session: Session, family_id: int, facts: StatementFacts, known: Sequence[Payer]
) -> dict[int, StatementFacts]:
    """The family's statement to each of these payers, by guardian. What is theirs adds up to the family's."""
    children = session.scalars(select(Student.id).where(Student.family_id == family_id)).all()
    ends = ledger.payer_standings(session, children, known, as_at=facts.as_at)
    begins: list[PayerStanding] = []
    if facts.since:
        day_before = facts.since - timedelta(days=1)
        begins = ledger.payer_standings(session, children, known, as_at=day_before)
    own = [_between(begins[at] if begins else None, end) for at, end in enumerate(ends)]
    family = Standing(*(sum(figures) for figures in zip(*own, strict=True))) if own else NOTHING
    return {
        payer.guardian_id: replace(
            facts,
            to=payer.name,
            share=PayerShare(payer.name, payers.percent(payer.share_bp), family, standing),
        )
        for payer, standing in zip(known, own, strict=True)
    }


def _between(begin: PayerStanding | None, end: PayerStanding) -> Standing:
    """What moved from one standing of a payer to the next."""
    if begin is None:
        return Standing(0, end.borne, end.paid, end.of_others, end.owes)
    return Standing(
        begin.owes,
        end.borne - begin.borne,
        end.paid - begin.paid,
        end.of_others - begin.of_others,
        end.owes,
    )
