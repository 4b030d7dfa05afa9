"""What is open of each charge is what counting coins gives, as at every date, whatever was posted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.ledger import queries, service
from school.ledger.queries.allocation import open_items
from tests import make

FIRST = date(2026, 1, 1)
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAYS = st.integers(0, 60)
AMOUNTS = st.integers(1, 9)

charges = st.tuples(st.just("charge"), DAYS, AMOUNTS, DAYS)
payments = st.tuples(st.just("pay"), DAYS, AMOUNTS, st.none() | st.integers(0, 9))
reversals = st.tuples(st.just("reverse"), DAYS, st.integers(0, 9), st.none())
stories = st.lists(charges | payments | reversals, min_size=1, max_size=12)


@dataclass(frozen=True)
class Coin:
    """A line as this test remembers it; `pays` is the place of a charge in the story."""

    day: int
    amount: int
    due: int | None = None
    pays: int | None = None


@dataclass
class Purse:
    """The story told with coins: it never asks the books."""

    coins: list[Coin] = field(default_factory=list)
    reversed: set[int] = field(default_factory=set)

    def reversal_of(self, place: int, day: int) -> Coin:
        coin = self.coins[place]
        return Coin(day, -coin.amount, pays=place if coin.due is not None else coin.pays)

    def left(self, day: int) -> tuple[dict[int, int], int]:
        """What is open of each charge, by its place in the story, and the credit left over."""
        known = {place: coin for place, coin in enumerate(self.coins) if coin.day <= day}
        open_ = {place: coin.amount for place, coin in known.items() if coin.due is not None}
        pool = 0
        for coin in known.values():
            if coin.due is None:
                if coin.pays in open_:
                    open_[coin.pays] += coin.amount
                else:
                    pool -= coin.amount
        for place in open_:
            pool += max(0, -open_[place])
            open_[place] = max(0, open_[place])
        for place in sorted(open_, key=lambda p: (self.coins[p].due, p)):
            taken = min(pool, open_[place])
            open_[place] -= taken
            pool -= taken
        return {place: left for place, left in open_.items() if left}, pool


def tell(
    session: Session, student_id: int, story: list[tuple[str, int, int, int | None]]
) -> tuple[Purse, list[int]]:
    """Post the story; the purse, and the line of each of its coins."""
    purse, lines, entries = Purse(), [], []
    for verb, day, number, extra in story:
        on = FIRST + timedelta(days=day)
        if verb == "charge":
            posted = make.bill(session, student_id, (number, FIRST + timedelta(days=extra or 0)), on=on)
            purse.coins.append(Coin(day, number, due=extra))
        elif verb == "pay":
            bills = [place for place, coin in enumerate(purse.coins) if coin.due is not None]
            pays = bills[extra % len(bills)] if bills and extra is not None else None
            line = None if pays is None else lines[pays]
            posted = make.pay(session, student_id, number, on=on, pays=line)
            purse.coins.append(Coin(day, -number, pays=pays))
        else:
            place = number % len(purse.coins) if purse.coins else None
            if place is None or place in purse.reversed or entries[place] is None:
                continue
            later = max(day, purse.coins[place].day)
            posted = service.reverse(
                session,
                actor=COMMAND_LINE,
                request_id=make.request_id(),
                entry_id=entries[place],
                reason="wrong",
                date=FIRST + timedelta(days=later),
            )
            purse.reversed.add(place)
            purse.coins.append(purse.reversal_of(place, later))
            entries.append(None)
            lines += make.line_ids(session, posted)
            continue
        entries.append(posted.entry_id)
        lines += make.line_ids(session, posted)
    return purse, lines


@pytest.fixture
def school(database: Database) -> Database:
    with clock.set_to(NOW), database.writing() as session:
        make.school(session)
    return database


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=stories)
def test_open_charges_are_those_of_the_purse_on_every_day(
    school: Database, story: list[tuple[str, int, int, int | None]]
) -> None:
    with clock.set_to(NOW), school.writing() as session:
        student_id = make.student(session)
        purse, lines = tell(session, student_id, story)

        for day in sorted({coin.day for coin in purse.coins}):
            as_at = FIRST + timedelta(days=day)
            found = {
                item.line_id: item.open for item in queries.open_charges(session, student_id, as_at=as_at)
            }
            summary = queries.summary(session, student_id, as_at=as_at)

            left, credit = purse.left(day)
            assert found == {lines[place]: open_ for place, open_ in left.items()}
            assert summary.credit == credit
            assert summary.balance == sum(left.values()) - credit


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=stories)
def test_what_is_kept_and_what_is_recomputed_are_the_same(
    school: Database, story: list[tuple[str, int, int, int | None]]
) -> None:
    with clock.set_to(NOW), school.writing() as session:
        student_id = make.student(session)
        tell(session, student_id, story)

        kept = [(item.line_id, item.open) for item in queries.open_charges(session, student_id)]
        recomputed = session.execute(
            open_items(as_at=NOW.date(), students=[student_id]).select().order_by("due_date", "line_id")
        ).all()

    assert kept == [(row.line_id, row.open) for row in recomputed]
