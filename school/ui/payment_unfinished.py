"""Payments this user began and neither recorded nor gave up: a closed tab loses its address, not them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from school import money
from school.access.rules import Actor
from school.errors import BadAmount
from school.ledger import queries as ledger
from school.money import Currency
from school.students import queries as students
from school.ui import begun, drafts, links, unwritten, words
from school.ui.begun import READ_MAX, SHOWN_MAX, Begun
from school.ui.payment_form import DRAFT
from school.ui.payment_search import AMOUNT


@dataclass(frozen=True)
class Unfinished:
    """`amount` is what stood in the field, not yet believed."""

    request_id: str
    student_id: int
    student: str
    amount: str
    saved_at: datetime


def read(session: Session, actor: Actor) -> list[Unfinished]:
    """The last ones first, of this user alone."""
    found = unwritten.unfinished(actor=actor, form=DRAFT.name, limit=READ_MAX)
    meant = {one.request_id: _student_id(one.fields.get(drafts.STUDENT)) for one in found}
    known = students.by_ids(session, {one for one in meant.values() if one})
    real = [one for one in found if meant[one.request_id] in known]
    open_ones = (one for one in real if ledger.entry_of_request(session, one.request_id) is None)
    shown = [one for one, _ in zip(open_ones, range(SHOWN_MAX), strict=False)]
    return [
        Unfinished(
            one.request_id,
            meant[one.request_id],
            known[meant[one.request_id]].name,
            str(one.fields.get(AMOUNT) or ""),
            one.saved_at,
        )
        for one in shown
    ]


def _student_id(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def draw(found: list[Unfinished], unit: Currency, actor: Actor) -> None:
    """Below the search."""
    rows = [
        Begun(
            one.request_id,
            _said(one, unit),
            one.saved_at,
            {"payment": one.request_id, **links.student(one.student_id)},
        )
        for one in found
    ]
    begun.draw(rows, "Begun and not recorded", DRAFT, actor)


def _said(one: Unfinished, unit: Currency) -> str:
    """`400.00 for Zuri Otieno`"""
    try:
        amount = words.amount(money.parse(one.amount, unit, mark=words.mark()), unit)
    except BadAmount:
        amount = "A payment"
    return f"**{amount}** for {words.plain(one.student)}"
