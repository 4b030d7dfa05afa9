"""What the made-up school charges, set up so that the bills of its newest year are what its fees come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import add_rows
from school.demo.books import Span
from school.demo.families import YEARS, Child, Household
from school.demo.story import ACTIVITIES, INSTALMENTS, LUNCH, RIDE, tuition_of
from school.fees import service
from school.fees.costing import Part
from school.fees.models import ConcessionScheme, Grant, Run, RunEntry, StudentOption
from school.fees.runs import finish
from school.ledger.models import Entry, Line
from school.ledger.service.chart import CONCESSIONS

HEADS = (  # account, optional, prorated
    ("TUITION", False, True),
    ("TRANSPORT", True, True),
    ("MEALS", True, True),
    ("ACTIVITIES", False, False),
)
NEWEST = YEARS - 1
STAFF_PERCENT = 50
LATELY = 8  # children who have taken to the bus since the bills were written
SINCE = timedelta(days=14)


def structure(
    session: Session, year_id: int, terms: Sequence[Span], classes: dict[tuple[int, int], int], unit: int
) -> None:
    """Fee heads, two plans, and the fees of the newest year."""
    for position, (account, optional, prorated) in enumerate(HEADS, start=1):
        service.set_fee_head(
            session,
            actor=COMMAND_LINE,
            account=account,
            optional=optional,
            prorated=prorated,
            position=position,
        )
    three = _plan(session, "Three instalments", INSTALMENTS)
    fortnight = _plan(session, "After two weeks", ((100, 14),))
    month = _plan(session, "After four weeks", ((100, 28),))

    def fee(account: str, amount: int, plan_id: int, **reach: int | None) -> None:
        service.set_fee(
            session,
            actor=COMMAND_LINE,
            year_id=year_id,
            account=account,
            amount_minor=amount * unit,
            plan_id=plan_id,
            **reach,
        )

    for (form, _), class_id in classes.items():
        fee("TUITION", tuition_of(form, NEWEST), three, class_id=class_id)
    fee("TRANSPORT", RIDE, fortnight)
    fee("MEALS", LUNCH, fortnight)
    fee("ACTIVITIES", ACTIVITIES, month, term_id=terms[0].id)


def _plan(session: Session, name: str, parts: Iterable[tuple[int, int]]) -> int:
    return service.set_plan(
        session,
        actor=COMMAND_LINE,
        name=name,
        parts=[Part(percent * 100, due_days=days) for percent, days in parts],
    )


def options(session: Session, homes: Iterable[Household], terms: Sequence[Span], today: date) -> None:
    """The bus and meals of the newest year; and a few who want the bus since the bills were written."""
    present = [child for home in homes for child in home.children if child.form_in(NEWEST)]
    rows = [_option(child, account, terms[0].starts_on) for child, account in _chosen(present)]
    since = max(today - SINCE, terms[0].starts_on)
    rows += [_option(child, "TRANSPORT", since) for child in [c for c in present if not c.rides][:LATELY]]
    add_rows(session, StudentOption, rows)


def _chosen(children: Iterable[Child]) -> Iterator[tuple[Child, str]]:
    for child in children:
        if child.rides:
            yield child, "TRANSPORT"
        if child.eats:
            yield child, "MEALS"


def _option(child: Child, account: str, from_on: date) -> dict[str, Any]:
    return {
        "student_id": child.student_id,
        "account": account,
        "from_on": from_on,
        "until_on": None,
        "amount": None,
        "active": True,
    }


def grants(
    session: Session, homes: Iterable[Household], terms: Sequence[Span], cashier: tuple[int, str]
) -> None:
    """What siblings and children of the staff are forgiven of tuition, as the bills have it."""
    scheme = {"account": CONCESSIONS, "kind": "other", "needs_approval": True, "active": True}
    session.execute(insert(ConcessionScheme), [scheme])
    rows = [
        {
            "request_id": f"demo:grant:{child.student_id}",
            "student_id": child.student_id,
            "scheme": CONCESSIONS,
            "head": "TUITION",
            "share_bp": child.relief_percent * 100,
            "amount": None,
            "valid_from": terms[0].starts_on,
            "valid_until": None,
            "reason": "Staff child" if child.relief_percent == STAFF_PERCENT else "Sibling",
            "state": "granted",
            "at": clock.now(),
            "actor_id": cashier[0],
            "actor": cashier[1],
        }
        for home in homes
        for child in home.children
        if child.relief_percent and child.form_in(NEWEST)
    ]
    add_rows(session, Grant, rows)


def runs(session: Session, terms: Sequence[Span], cashier: tuple[int, str]) -> None:
    """The bills of these terms, and what was forgiven of them, as the runs that posted them."""
    for term in terms:
        posted = session.execute(
            select(Entry.id, func.min(Line.student_id), func.min(Entry.date))
            .join(Line, Line.entry_id == Entry.id)
            .where(Entry.kind.in_(("bill", "concession")), Line.term_id == term.id)
            .group_by(Entry.id)
            .order_by(Entry.id)
        ).all()
        if not posted:
            continue
        day = posted[0][2]
        details = {
            "due_date": day.isoformat(),
            "class_ids": None,
            "credit_notes": False,
            "by_hand": True,
            "students": len({student_id for _, student_id, _ in posted}),
        }
        row = {
            "request_id": f"demo:run:{term.id}",
            "kind": "billing",
            "term_id": term.id,
            "date": day,
            "details": details,
            "at": clock.now(),
            "actor_id": cashier[0],
            "actor": cashier[1],
        }
        run_id = session.scalars(insert(Run).returning(Run.id), [row]).one()
        add_rows(
            session,
            RunEntry,
            [
                {"entry_id": entry_id, "run_id": run_id, "student_id": student_id}
                for entry_id, student_id, _ in posted
            ],
        )
        finish(session, run_id)
