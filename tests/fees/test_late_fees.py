"""Being late costs what the rule says: once, by the day, within its cap, and never for a late fee itself."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE
from school.checks.ledger import verify
from school.db import Database
from school.errors import BadDate, RuleBroken
from school.fees import late_fee_run as running
from school.fees import runs, waivers
from school.fees.late_fee_rules import add_rule, end_rule
from school.fees.lateness import Account, Movement, RuleTerms, cost, still_to_charge
from school.fees.register import register
from school.fees.rules import LateFee
from school.ledger import guards, service
from school.ledger import queries as ledger
from school.students import service as students
from tests import make

DUE = date(2026, 1, 5)
DAY = timedelta(days=1)


def at(day: date) -> Any:
    return clock.set_to(datetime.combine(day, make.NOON.timetz()))


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    with at(DUE):
        with database.writing() as session:
            make.school(session)
        yield database


def rule(session: Session, name: str = "Late", **how: Any) -> int:
    return add_rule(session, actor=COMMAND_LINE, name=name, **{"due_from": date(2026, 1, 1), **how})


def student(session: Session, amount: int = 100_00, name: str = "Ann") -> int:
    found = make.student(session, name)
    make.bill(session, found, (amount, DUE), on=DUE)
    return found


def begin(books: Database, day: date) -> int:
    with books.writing() as session:
        return running.begin(session, actor=COMMAND_LINE, request_id=make.request_id(), date=day)


def finish(books: Database, run_id: int, students_max: int = 1) -> None:
    progress = running.Progress(run_id, 0, 0, is_finished=False)
    while not progress.is_finished:
        with books.writing() as session:
            progress = running.go_on(
                session, actor=COMMAND_LINE, run_id=run_id, after=progress.after, students_max=students_max
            )


def run(books: Database, day: date) -> int:
    with at(day):
        run_id = begin(books, day)
        finish(books, run_id)
    return run_id


def owed(books: Database, student_id: int) -> int:
    with books.reading() as session:
        return ledger.balance(session, student_id)


def test_ten_and_ten_percent_a_year_on_a_hundred_after_fifteen_days_make_110_41(books: Database) -> None:
    with books.writing() as session:
        rule(session, flat_minor=10_00, rate_bp_a_year=10_00)
        ann = student(session)

    run(books, DUE + 15 * DAY)

    assert owed(books, ann) == 110_41
    with books.reading() as session:
        (_, late) = ledger.open_charges(session, ann)
    assert (late.account, late.open) == ("LATE", 10_41)
    assert late.memo == "Late: Tuition due 5 Jan 2026, 15 days late"


def test_a_run_charges_only_what_is_new_and_never_for_a_late_fee(books: Database) -> None:
    with books.writing() as session:
        rule(session, flat_minor=10_00, rate_bp_a_year=10_00)
        ann = student(session)

    run(books, DUE + 15 * DAY)
    run(books, DUE + 15 * DAY)
    run(books, DUE + 10 * DAY)
    assert owed(books, ann) == 110_41

    run(books, DUE + 73 * DAY)
    assert owed(books, ann) == 100_00 + 10_00 + 2_00


def test_a_late_fee_that_disagrees_with_its_record_is_found(books: Database) -> None:
    with books.writing() as session:
        rule(session, flat_minor=10_00)
        student(session)
    run(books, DUE + 15 * DAY)
    tampered = {
        "nothing": "SELECT 1",
        "amount": "UPDATE late_fee_line SET interest = interest + 1",
        "day": "UPDATE late_fee_line SET through = '2026-01-21'",
        "charge": "UPDATE late_fee_line SET charge_id = line_id",
        "lost": "DELETE FROM late_fee_line",
        "run": "UPDATE run SET kind = 'billing', term_id = (SELECT MIN(id) FROM term)",
    }
    found = {}
    for name, statement in tampered.items():
        with suppress(ZeroDivisionError), books.writing() as session:
            guards.remove(session.connection())
            session.execute(text(statement))
            guards.install(session.connection())
            found[name] = [(one.check, one.message) for one in verify(session)]
            raise ZeroDivisionError

    said = "A late fee and the record of what it is for do not agree: line 2."
    assert found == {name: [] if name == "nothing" else [("late_fees", said)] for name in tampered}


def test_grace_the_least_that_is_open_and_the_day_a_rule_begins_are_kept(books: Database) -> None:
    with books.writing() as session:
        rule(session, "Within grace", flat_minor=1_00, grace_days=15)
        rule(session, "Too little", flat_minor=2_00, least_open_minor=100_01)
        rule(session, "Begins later", flat_minor=4_00, due_from=DUE + DAY)
        ended = rule(session, "Ended", flat_minor=8_00)
        kept = rule(session, "Kept", flat_minor=16_00)
        end_rule(session, actor=COMMAND_LINE, rule_id=ended)
        end_rule(session, actor=COMMAND_LINE, rule_id=kept, due_until=DUE)
        ann = student(session)

    run(books, DUE + 15 * DAY)

    assert owed(books, ann) == 116_00


def test_a_charge_costs_no_more_than_the_cap_however_often_it_is_run(books: Database) -> None:
    with books.writing() as session:
        rule(session, flat_minor=10_00, rate_bp_a_year=100_00, cap_minor=12_00)
        ann = student(session)

    for days in (1, 5, 20, 60):
        run(books, DUE + days * DAY)

    assert owed(books, ann) == 112_00


def test_what_was_paid_meanwhile_bears_interest_only_while_it_was_open(books: Database) -> None:
    with books.writing() as session:
        rule(session, rate_bp_a_year=36_50)
        ann, ben = student(session), student(session)
    with at(DUE + 10 * DAY), books.writing() as session:
        make.pay(session, ann, 50_00)
        make.pay(session, ben, 100_00)

    run(books, DUE + 20 * DAY)

    assert owed(books, ann) == 50_00 + 10 * 1_0 + 10 * 5
    assert owed(books, ben) == 0


def test_a_run_taken_back_leaves_nothing_and_can_be_run_again_the_same_day(books: Database) -> None:
    with books.writing() as session:
        rule(session, flat_minor=10_00)
        everybody = [student(session, name=f"S{n}") for n in range(3)]
    run_id = run(books, DUE + DAY)

    with at(DUE + DAY):
        with books.writing() as session:
            runs.undo(session, actor=COMMAND_LINE, run_id=run_id, reason="the bank was closed")
        with books.writing() as session:
            runs.undo_on(session, actor=COMMAND_LINE, run_id=run_id)
            with pytest.raises(RuleBroken, match="taken back"):
                running.go_on(session, actor=COMMAND_LINE, run_id=run_id)
        assert [owed(books, one) for one in everybody] == [100_00] * 3

        run(books, DUE + DAY)
    assert [owed(books, one) for one in everybody] == [110_00] * 3


def test_a_run_waits_until_the_one_before_is_finished_and_until_it_is_wholly_taken_back(
    books: Database,
) -> None:
    with books.writing() as session:
        rule(session, flat_minor=10_00)
        student(session), student(session, name="Ben")
    day = DUE + 5 * DAY
    with at(day):
        left = begin(books, day)
        with pytest.raises(
            RuleBroken, match="The run of late fees that you began on 10 Jan 2026 is not finis"
        ):
            begin(books, day)
        finish(books, left)
        with books.writing() as session:
            runs.undo(session, actor=COMMAND_LINE, run_id=left, reason="Too early")
            runs.undo_on(session, actor=COMMAND_LINE, run_id=left, entries_max=1)
        with pytest.raises(RuleBroken, match="The run of late fees of 10 Jan 2026 is not wholly taken back"):
            begin(books, day)
        with books.writing() as session:
            runs.undo_on(session, actor=COMMAND_LINE, run_id=left)
        assert begin(books, day) != left


def test_a_run_that_was_left_is_finished_from_the_beginning_and_charges_nobody_twice(books: Database) -> None:
    with books.writing() as session:
        rule(session, flat_minor=10_00)
        everybody = [student(session, name=f"S{n}") for n in range(3)]
    with at(DUE + DAY):
        run_id = begin(books, DUE + DAY)
        with books.writing() as session:
            running.go_on(session, actor=COMMAND_LINE, run_id=run_id, students_max=2)
        with pytest.raises(RuleBroken, match="not finished"):
            begin(books, DUE + DAY)
        finish(books, run_id)

    assert [owed(books, one) for one in everybody] == [110_00] * 3


def test_a_waived_late_fee_is_a_concession_and_the_charge_costs_nothing_more(books: Database) -> None:
    with books.writing() as session:
        rule(session, flat_minor=10_00, rate_bp_a_year=10_00)
        ann = student(session)
    run(books, DUE + 15 * DAY)
    with at(DUE + 15 * DAY), books.writing() as session:
        charge = ledger.open_charges(session, ann)[0].line_id
        assert waivers.waive(session, actor=COMMAND_LINE, charge_id=charge, reason="hospital") == 10_41
        with pytest.raises(RuleBroken, match="waived already"):
            waivers.waive(session, actor=COMMAND_LINE, charge_id=charge, reason="again")

    run(books, DUE + 80 * DAY)

    assert owed(books, ann) == 100_00
    with books.reading() as session:
        (cost,) = register(session, since=DUE, until=date(2026, 12, 31))
        assert ledger.open_charges(session, ann)[0].open == 100_00
    assert (cost.name, cost.students, cost.amount) == ("Late fees waived", 1, 10_41)


def test_what_was_conceded_of_a_late_fee_by_hand_is_not_waived_twice(books: Database) -> None:
    with books.writing() as session:
        rule(session, flat_minor=10_00)
        ann = student(session)
    run(books, DUE + DAY)
    with at(DUE + DAY), books.writing() as session:
        charge, late = (one.line_id for one in ledger.open_charges(session, ann))
        service.concession(
            session,
            actor=COMMAND_LINE,
            request_id=make.request_id(),
            student_id=ann,
            amount_minor=4_00,
            reason="kindness",
            pays=late,
        )
        make.pay(session, ann, 6_00, pays=late)

        assert waivers.waive(session, actor=COMMAND_LINE, charge_id=charge, reason="hospital") == 6_00

    assert owed(books, ann) == 94_00


def test_who_left_bears_no_late_fee_and_a_run_needs_a_rule_and_a_day_that_has_come(books: Database) -> None:
    with pytest.raises(RuleBroken, match="no rule"):
        begin(books, DUE)
    with books.writing() as session:
        rule(session, flat_minor=10_00)
        ann = student(session)
        students.change_student(session, actor=COMMAND_LINE, student_id=ann, status="left")
    with pytest.raises(BadDate, match="still to come"):
        begin(books, DUE + DAY)

    run(books, DUE + DAY)

    assert owed(books, ann) == 100_00


def test_two_people_going_on_with_the_same_run_charge_everybody_once(books: Database) -> None:
    with books.writing() as session:
        rule(session, flat_minor=10_00)
        everybody = [student(session, name=f"S{n}") for n in range(12)]
    with at(DUE + DAY):
        run_id = begin(books, DUE + DAY)
        with ThreadPoolExecutor(2) as people:
            list(people.map(lambda _: finish(books, run_id, students_max=2), range(2)))

    assert [owed(books, one) for one in everybody] == [110_00] * 12


def test_what_was_open_on_each_day_is_what_the_ledger_says(books: Database) -> None:
    with books.writing() as session:
        ann = student(session, 100_00)
        make.bill(session, ann, (60_00, DUE + 3 * DAY), (40_00, DUE + 1 * DAY), on=DUE)
    with at(DUE + 9 * DAY), books.writing() as session:
        second = ledger.open_charges(session, ann)[2].line_id
        make.pay(session, ann, 70_00, on=DUE + 2 * DAY)
        make.pay(session, ann, 70_00, on=DUE + 4 * DAY, pays=second)
        make.pay(session, ann, 5_00, on=DUE + 6 * DAY)

    with at(DUE + 9 * DAY), books.reading() as session:
        lines = [
            (line, entry.date)
            for entry in (ledger.entry(session, n + 1) for n in range(ledger.last_entry(session)))
            for line in entry.lines
        ]
        account = Account(Movement(i.line_id, day, i.amount, i.due_date, i.pays) for i, day in lines)
        for days in range(9):
            day = DUE + days * DAY
            told = {one.line_id: one.open for one in ledger.open_charges(session, ann, as_at=day)}
            assert told == {i.line_id: o for i, _ in lines if (o := account.open_on(i.line_id, day))}


Amounts = st.integers(1, 10**8)
Payments = st.lists(st.tuples(st.integers(0, 100), Amounts), max_size=6)
Terms = st.builds(
    RuleTerms,
    id=st.just(1),
    name=st.just("Late"),
    due_from=st.just(DUE),
    due_until=st.none(),
    grace_days=st.integers(0, 20),
    flat=st.integers(0, 10**5),
    rate_bp_a_year=st.integers(0, 5_000),
    cap=st.none() | st.integers(1, 10**6),
    least_open=st.just(0),
)


@given(Amounts, Payments, Terms, st.sets(st.integers(1, 99), max_size=8))
def test_late_fees_add_up_to_the_minor_unit_however_the_runs_are_spaced(
    amount: int, payments: list[tuple[int, int]], terms: RuleTerms, runs_on: set[int]
) -> None:
    charge = Movement(1, DUE, amount, DUE, None)
    paid = [Movement(n, DUE + day * DAY, -part, None, None) for n, (day, part) in enumerate(payments, 2)]
    account = Account([charge, *paid])

    def through(day: int) -> LateFee:
        return cost(
            terms,
            open_minor=account.open_on(1, DUE + day * DAY),
            days_overdue=day,
            minor_days=account.minor_days(1, DUE, DUE + day * DAY),
        )

    charged = LateFee(0, 0)
    for day in sorted({*runs_on, 100}):
        new = still_to_charge(through(day), charged)
        assert min(new.flat, new.interest) >= 0
        charged = LateFee(charged.flat + new.flat, charged.interest + new.interest)

    assert terms.cap is None or charged.total <= terms.cap
    if account.open_on(1, DUE + 100 * DAY):
        assert charged == through(100)
        exact = sum(account.open_on(1, DUE + day * DAY) for day in range(100)) * terms.rate_bp_a_year
        assert terms.cap or abs(charged.interest * 10_000 * 365 - exact) * 2 <= 10_000 * 365
