"""What is cut by days, by instalments or by concessions adds up to what it was cut from."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school.fees import costing
from school.fees.costing import Days, Due, Part
from school.money import split

STARTS = date(2026, 3, 2)
AMOUNTS = st.integers(1, 10**9)
SHARES = st.lists(st.integers(1, 50), min_size=1, max_size=8).map(lambda weights: split(10_000, weights))


@st.composite
def spans(draw: st.DrawFn) -> list[Days]:
    """A term cut into spans that follow each other."""
    lengths = draw(st.lists(st.integers(1, 60), min_size=1, max_size=6))
    found, first = [], STARTS
    for length in lengths:
        found.append(Days(first, first + timedelta(days=length - 1)))
        first += timedelta(days=length)
    return found


@given(AMOUNTS, spans())
def test_the_costs_of_the_spans_of_a_term_add_up_to_the_term(amount: int, parts: list[Days]) -> None:
    term = Days(parts[0].first, parts[-1].last)

    costs = [costing.prorated(amount, part, term) for part in parts]

    assert sum(costs) == amount
    for cost, part in zip(costs, parts, strict=True):
        assert abs(cost - Fraction(amount * costing.length(part), costing.length(term))) <= 1


def test_days_outside_the_term_cost_nothing_and_days_without_an_end_are_those_of_the_term() -> None:
    term = Days(date(2026, 3, 2), date(2026, 3, 31))

    assert costing.prorated(3_000, Days(date(2026, 4, 1), None), term) == 0
    assert costing.prorated(3_000, Days(None, None), term) == 3_000
    assert costing.prorated(3_000, Days(date(2026, 3, 22), None), term) == 1_000
    assert costing.prorated(3_000, Days(date(2025, 1, 1), date(2026, 3, 2)), term) == 100


@given(AMOUNTS, SHARES, st.data())
def test_instalments_add_up_to_the_fee_and_none_is_due_too_early(
    amount: int, shares: list[int], data: st.DataObject
) -> None:
    parts = tuple(Part(share, due_days=data.draw(st.integers(-30, 200))) for share in shares if share)
    earliest = STARTS + timedelta(days=data.draw(st.integers(-20, 100)))

    dues = costing.instalments(amount, parts, starts_on=STARTS, earliest=earliest)

    assert sum(due.amount_minor for due in dues) == amount
    assert all(due.amount_minor > 0 and due.due_date >= earliest for due in dues)
    assert list(dues) == sorted(dues, key=lambda due: due.due_date)


def test_instalments_are_due_on_their_dates_the_largest_remainder_first() -> None:
    thirds = (Part(3_334, due_days=0), Part(3_333, due_on=date(2026, 5, 1)), Part(3_333, due_days=90))

    dues = costing.instalments(100, thirds, starts_on=STARTS, earliest=STARTS)

    assert dues == (Due(34, STARTS), Due(33, date(2026, 5, 1)), Due(33, date(2026, 5, 31)))


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**5), max_size=6))
def test_nothing_is_spread_where_there_is_no_room(amount: int, rooms: list[int]) -> None:
    parts = costing.spread(amount, rooms)

    assert sum(parts) == min(amount, sum(rooms))
    assert all(0 <= part <= room for part, room in zip(parts, rooms, strict=True))


GIVEN = st.dictionaries(st.sampled_from(["STAFF", "SIBLING"]), st.integers(0, 500))


@given(st.integers(0, 1_000), st.integers(0, 1_000), GIVEN, GIVEN)
def test_a_decision_brings_what_is_owed_to_what_it_should_be_and_then_rests(
    target: int, charged: int, conceded: dict[str, int], before: dict[str, int]
) -> None:
    how = {"by_hand": 0, "takes_charges": True, "credit_notes": True}

    made = costing.decide(target, charged=charged, conceded=conceded, given=before, **how)  # type: ignore[arg-type]
    charged += made.charge - made.credit
    after = {name: before.get(name, 0) + made.concessions.get(name, 0) for name in {**before, **conceded}}
    again = costing.decide(target, charged=charged, conceded=conceded, given=after, **how)  # type: ignore[arg-type]

    assert charged - sum(after.values()) == target - sum(conceded.values()) - made.over
    assert (again.charge, again.credit, dict(again.concessions)) == (0, 0, {})


@pytest.mark.parametrize(
    ("term_id", "class_id", "amount"), [(1, 1, 4), (1, 2, 3), (2, 1, 2), (2, 2, 1), (2, None, 1)]
)
def test_the_row_that_says_most_counts(term_id: int, class_id: int | None, amount: int) -> None:
    rows = [_Row(None, None, 1), _Row(None, 1, 2), _Row(1, None, 3), _Row(1, 1, 4)]

    found = costing.counts(rows, term_id=term_id, class_id=class_id)

    assert found is not None
    assert found.amount == amount


class _Row:
    def __init__(self, term_id: int | None, class_id: int | None, amount: int) -> None:
        self.term_id, self.class_id, self.amount = term_id, class_id, amount
