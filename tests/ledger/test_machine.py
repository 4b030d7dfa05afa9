"""Whatever is done to the books, in whatever order, they agree with somebody who counts coins."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from school import clock
from school.access.rules import COMMAND_LINE
from school.checks.ledger import verify
from school.errors import (
    AlreadyReversed,
    BadDate,
    PeriodLocked,
    RequestReused,
    RuleBroken,
    SchoolError,
    TooMuch,
)
from school.ledger import projecting
from school.ledger import service as ledger
from school.ledger.models import Entry, Line
from school.ledger.projections import ClassTotal, DayTotal, DueTotal, OpenItem, RollTotal, StudentBalance
from school.ledger.service import ChargeItem, Posted, Share, TenderPart
from school.students import service as students
from tests import databases, make
from tests.ledger.naive import Charge, Coins, Naive, Page, hand_over

TENDERS = ["CASH", "BANK", "CARD"]
HEADS = ["TUITION", "MEALS"]
amounts = st.integers(1, 60)
days = st.integers(0, 90).map(lambda n: make.TODAY - timedelta(days=n))
due_dates = st.sampled_from([-40, -5, 20]).map(lambda n: make.TODAY + timedelta(days=n))  # few, so they tie
students_ = st.integers(0, 3)  # which of those there are, counted round
one_in_four = st.integers(0, 3).map(lambda n: n == 0)


class Books(RuleBasedStateMachine):
    """Rules do the same to the real books and to the naive ones; refusals are foretold."""

    engine = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(clock.set_to(make.NOON))
        self.database = self.stack.enter_context(databases.fresh(self.engine))
        self.naive = Naive()
        self.sent: list[tuple[str, dict[str, Any], Posted]] = []
        with self.database.writing() as session:
            make.school(session)
        for name in ("Ann", "Ben"):
            self.add(name)

    def add(self, name: str) -> None:
        with self.database.writing() as session:
            student = make.student(session, name, guardian="Mrs Kin")  # credit moves within a family alone
        self.naive.classes[student], self.naive.statuses[student] = 1, "enrolled"

    @precondition(lambda self: len(self.naive.classes) < 4)
    @rule()
    def a_student_joins(self) -> None:
        self.add("Cy")

    @rule(n=students_, class_id=st.integers(1, 2), status=st.sampled_from(["enrolled", "left", "applicant"]))
    def a_student_moves(self, n: int, class_id: int, status: str) -> None:
        student = self.student(n)
        with self.database.writing() as session:
            students.change_student(
                session, actor=COMMAND_LINE, student_id=student, class_id=class_id, status=status
            )
        self.naive.classes[student], self.naive.statuses[student] = class_id, status

    @rule(day=days)
    def the_books_are_closed(self, day: date) -> None:
        with self.database.writing() as session:
            ledger.lock_period(session, actor=COMMAND_LINE, through=day - timedelta(days=60), reason="closed")
        self.naive.closed = day - timedelta(days=60)

    @rule(
        n=students_,
        day=days,
        items=st.lists(
            st.tuples(st.sampled_from(HEADS), amounts, due_dates, one_in_four), min_size=1, max_size=3
        ),
    )
    def a_bill(self, n: int, day: date, items: list[tuple[str, int, date, bool]]) -> None:
        student, coins, charges = self.student(n), [], []
        number = len(self.naive.pages) + 1
        for head, amount, due, conceded in items:
            part = amount // 2 if conceded else 0
            charges.append(ChargeItem(head, amount, due, concession_minor=part))
            coins.append(Coins(student, head, amount, due))
            if part:
                coins.append(Coins(student, "CONC", -part, pays=(number, len(coins))))
        self.post("charge", "bill", day, coins, student_id=student, items=charges)

    @rule(n=students_, day=days, amount=amounts, due=due_dates)
    def a_late_fee(self, n: int, day: date, amount: int, due: date) -> None:
        student = self.student(n)
        coins = [Coins(student, "LATE", amount, due)]
        self.post("late_fee", "late_fee", day, coins, student_id=student, amount_minor=amount, due_date=due)

    @rule(n=students_, day=days, amount=amounts, due=due_dates, credit=st.booleans())
    def an_opening(self, n: int, day: date, amount: int, due: date, credit: bool) -> None:
        student, signed = self.student(n), -amount if credit else amount
        coins = [Coins(student, "OPEN", signed, None if credit else due)]
        self.post(
            "opening_balance", "opening", day, coins, student_id=student, amount_minor=signed, due_date=due
        )

    @rule(
        day=days,
        shares=st.lists(st.tuples(students_, amounts, st.integers(0, 8)), min_size=1, max_size=3),
        cut=st.integers(0, 100),
        kinds=st.permutations(TENDERS),
    )
    def a_payment(self, day: date, shares: list[tuple[int, int, int]], cut: int, kinds: list[str]) -> None:
        wanted = [(self.student(n), amount, self.pin(self.student(n), pick)) for n, amount, pick in shares]
        total = sum(amount for _, amount, _ in wanted)
        first = total * cut // 100
        tenders = [(kind, part) for kind, part in zip(kinds, (first, total - first), strict=False) if part]
        coins = [
            Coins(student, account, -amount, pays=pays)
            for (student, pays, account), amount in hand_over(wanted, tenders).items()
        ]
        self.post(
            "record_payment",
            "payment",
            day,
            coins,
            shares=[Share(student, amount, self.line(pays)) for student, amount, pays in wanted],
            tenders=[TenderPart(*tender) for tender in tenders],
        )

    @rule(
        name=st.sampled_from(["concession", "credit_note", "write_off"]),
        n=students_,
        day=days,
        amount=amounts,
        pick=st.integers(0, 8),
    )
    def a_credit(self, name: str, n: int, day: date, amount: int, pick: int) -> None:
        student = self.student(n)
        pays = self.pin(student, pick)
        account = {"concession": "CONC", "credit_note": "MEALS", "write_off": "BAD"}[name]
        more = {"account": account} if name == "credit_note" else {}
        self.post(
            name,
            name,
            day,
            [Coins(student, account, -amount, pays=pays)],
            student_id=student,
            amount_minor=amount,
            pays=self.line(pays),
            reason="why",
            **more,
        )

    @rule(n=students_, day=days, amount=amounts, tender=st.sampled_from(TENDERS))
    def a_refund(self, n: int, day: date, amount: int, tender: str) -> None:
        student = self.student(n)
        coins = [Coins(student, tender, amount, day)]
        self.post(
            "refund",
            "refund",
            day,
            coins,
            student_id=student,
            amount_minor=amount,
            tender=tender,
            reason="why",
        )

    @rule(n=students_, m=st.integers(1, 3), day=days, amount=amounts)
    def a_transfer(self, n: int, m: int, day: date, amount: int) -> None:
        giver, taker = self.student(n), self.student(n + m)
        if giver == taker:
            return
        coins = [Coins(giver, "CLEAR", amount, day), Coins(taker, "CLEAR", -amount)]
        self.post(
            "transfer",
            "transfer",
            day,
            coins,
            from_student_id=giver,
            to_student_id=taker,
            amount_minor=amount,
            reason="why",
        )

    @precondition(lambda self: self.naive.pages)
    @rule(n=st.integers(0, 200), day=days)
    def a_reversal(self, n: int, day: date) -> None:
        number = n % len(self.naive.pages) + 1
        page = self.naive.pages[number - 1]
        foretold = self.refusal_of_reversal(page, day)
        if self.send("reverse", foretold, day, entry_id=number, reason="why"):
            self.naive.undo(number, day, set(TENDERS))

    @precondition(lambda self: self.sent)
    @rule(n=st.integers(0, 200))
    def the_same_again(self, n: int) -> None:
        name, values, before = self.sent[n % len(self.sent)]

        with self.database.writing() as session:
            again = getattr(ledger, name)(session, **values)

        assert again.already
        assert (again.entry_id, again.document) == (before.entry_id, before.document)

    @precondition(lambda self: self.sent)
    @rule(n=st.integers(0, 200))
    def another_fact_under_the_same_request(self, n: int) -> None:
        name, values, _ = self.sent[n % len(self.sent)]

        with pytest.raises((RequestReused, PeriodLocked)), self.database.writing() as session:
            getattr(ledger, name)(session, **{**values, "date": values["date"] - timedelta(days=1)})

    def student(self, n: int) -> int:
        known = sorted(self.naive.classes)
        return known[n % len(known)]

    def pin(self, student: int, pick: int) -> Charge | None:
        """Any charge of the student that was ever entered, or none."""
        charges = [
            (number, place)
            for number, page in enumerate(self.naive.pages, start=1)
            for place, coins in enumerate(page.coins, start=1)
            if coins.student == student and coins.due is not None
        ]
        return charges[pick] if pick < len(charges) else None

    def line(self, charge: Charge | None) -> int | None:
        if charge is None:
            return None
        with self.database.reading() as session:
            return session.scalar(select(Line.id).where(Line.entry_id == charge[0], Line.n == charge[1]))

    def post(self, name: str, kind: str, day: date, coins: list[Coins], **values: Any) -> None:
        if self.send(name, self.refusal(kind, day, coins), day, **values):
            page = self.naive.write(kind, day, coins)
            assert self.sent[-1][2].document == page.document

    def send(self, name: str, foretold: type[SchoolError] | None, day: date, **values: Any) -> bool:
        """True when the fact was recorded, as foretold; the refusals are of exactly the foretold class."""
        values |= {"actor": COMMAND_LINE, "request_id": make.request_id(), "date": day}
        if foretold is None:
            with self.database.writing() as session:
                posted = getattr(ledger, name)(session, **values)
            assert posted.entry_id == len(self.naive.pages) + 1
            self.sent.append((name, values, posted))
            return True
        with pytest.raises(SchoolError) as refused, self.database.writing() as session:
            getattr(ledger, name)(session, **values)
        assert refused.type is foretold
        return False

    def refusal(self, kind: str, day: date, coins: list[Coins]) -> type[SchoolError] | None:
        if day <= self.naive.closed:
            return PeriodLocked
        if kind in ("bill", "late_fee") and self.naive.statuses[coins[0].student] == "left":
            return RuleBroken
        balance = self.naive.balance(coins[0].student)
        if kind in ("refund", "transfer") and balance + coins[0].amount > 0:
            return TooMuch
        if kind == "write_off" and balance + coins[0].amount < 0:
            return TooMuch
        return None

    def refusal_of_reversal(self, page: Page, day: date) -> type[SchoolError] | None:
        if day <= self.naive.closed:
            return PeriodLocked
        if page.undoes is not None:
            return RuleBroken
        if page.undone_by is not None:
            return AlreadyReversed
        return BadDate if day < page.day else None

    @invariant()
    def the_books_agree(self) -> None:
        assert self.read() == self.expected()

    def read(self) -> dict[str, Any]:
        with self.database.reading() as session:
            places = {
                row.id: (row.entry_id, row.n)
                for row in session.execute(select(Line.id, Line.entry_id, Line.n, Line.due_date))
            }
            return {
                "entries": [
                    tuple(row) for row in session.execute(select(Entry.id, Entry.kind).order_by(Entry.id))
                ],
                "balances": dict(
                    session.execute(select(StudentBalance.student_id, StudentBalance.balance)).all()
                ),
                "open": {
                    places[row.line_id]: (row.student_id, row.open)
                    for row in session.execute(select(OpenItem.line_id, OpenItem.student_id, OpenItem.open))
                },
                "due": _but_nothing(dict(session.execute(select(DueTotal.due_date, DueTotal.open)).all())),
                "days": _but_nothing(
                    {(row.date, row.account): row.amount for row in session.scalars(select(DayTotal))}
                ),
                "classes": _but_nothing(
                    {
                        (r.term_id, r.class_id, r.account): r.amount
                        for r in session.scalars(select(ClassTotal))
                    }
                ),
                "roll": _but_nothing(
                    {
                        (row.class_id, row.status): (row.students, row.owing, row.owed, row.credit)
                        for row in session.scalars(select(RollTotal))
                    }
                ),
            }

    def expected(self) -> dict[str, Any]:
        naive = self.naive
        return {
            "entries": [(number, page.kind) for number, page in enumerate(naive.pages, start=1)],
            "balances": {student: naive.balance(student) for student in naive.classes},
            "open": {
                charge: (student, left)
                for student in naive.classes
                for charge, left in naive.open(student).items()
            },
            "due": _but_nothing(naive.by_due_date()),
            "days": _but_nothing(naive.by_day()),
            "classes": _but_nothing(naive.by_class()),
            "roll": _but_nothing(naive.by_roll()),
        }

    def teardown(self) -> None:
        try:
            with self.database.writing() as session:
                projecting.rebuild(session)
            assert self.read() == self.expected()
            with self.database.reading() as session:
                assert verify(session) == []
        finally:
            self.stack.close()


def _but_nothing(totals: Mapping[Any, Any]) -> dict[Any, Any]:
    """Rows that are all 0 say the same as no row."""
    return {key: value for key, value in totals.items() if value not in (0, (0, 0, 0, 0))}


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_the_books_agree_with_somebody_who_counts_coins(engine: str) -> None:
    machine = type("Books", (Books,), {"engine": engine})
    examples = {"sqlite": 20, "postgresql": 10}[engine]

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
