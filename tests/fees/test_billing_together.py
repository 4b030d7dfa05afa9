"""Runs, payments, joiners, leavers and options in any order: each student is charged once, and rightly."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from school import clock
from school.access.rules import COMMAND_LINE
from school.checks.ledger import verify
from school.db import Database
from school.fees import billing, options
from school.students import service as students
from tests import databases, make
from tests.fees import structure
from tests.fees.structure import MEALS, TUITION

FIRST, LAST = date(2026, 3, 2), date(2026, 7, 31)  # of the second term
DAYS = (LAST - FIRST).days + 1
ACTIONS = ("join", "leave", "pay", "option", "end", "chunk", "run", "undo")
STEPS = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 151)), min_size=4, max_size=14)


class Term:
    """A term that is lived through, and beside it what each student has for how many of its days."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.days: dict[int, set[int]] = {}
        self.meals: defaultdict[int, set[int]] = defaultdict(set)
        self.open: dict[int, tuple[int, int]] = {}  # student → option, and its first day
        self.paid: defaultdict[int, int] = defaultdict(int)
        self.left: set[int] = set()
        self.runs: list[int] = []
        self.begun: int | None = None

    def do(self, action: str, day: int) -> None:
        present = sorted(self.days.keys() - self.left)
        student = present[day % len(present)] if present else 0
        if action == "join":
            self.join(day)
        elif action in ("chunk", "run", "undo"):
            getattr(self, action)()
        elif student:
            getattr(self, action)(student, day)

    def join(self, day: int) -> None:
        with self.database.writing() as session:
            student = make.student(session, "Ann")
            students.change_student(
                session, actor=COMMAND_LINE, student_id=student, joined_on=FIRST + timedelta(days=day)
            )
        self.days[student] = set(range(day, DAYS))

    def leave(self, student: int, day: int) -> None:
        last = max(day, min(self.days[student]))
        with self.database.writing() as session:
            students.change_student(
                session,
                actor=COMMAND_LINE,
                student_id=student,
                status="left",
                left_on=FIRST + timedelta(days=last),
            )
        self.left.add(student)
        self.days[student] -= set(range(last + 1, DAYS))

    def pay(self, student: int, day: int) -> None:
        with self.database.writing() as session:
            make.pay(session, student, 100 + day)
        self.paid[student] += 100 + day

    def option(self, student: int, day: int) -> None:
        if student in self.open or any(day <= taken for taken in self.meals[student]):
            return
        with self.database.writing() as session:
            option = options.choose_option(
                session,
                actor=COMMAND_LINE,
                student_id=student,
                account="MEALS",
                from_on=FIRST + timedelta(days=day),
            )
        self.open[student] = option, day
        self.meals[student] |= set(range(day, DAYS))

    def end(self, student: int, day: int) -> None:
        if student not in self.open or day < self.open[student][1]:
            return
        option, _ = self.open.pop(student)
        with self.database.writing() as session:
            options.end_option(
                session, actor=COMMAND_LINE, option_id=option, until_on=FIRST + timedelta(days=day)
            )
        self.meals[student] -= set(range(day + 1, DAYS))

    def chunk(self) -> None:
        """A run is begun, or gone on with, and left again."""
        if self.begun is None:
            self.begun = structure.begin(self.database, credit_notes=True)
        with self.database.writing() as session:
            now = billing.go_on(session, actor=COMMAND_LINE, run_id=self.begun, students_max=1)
        if now.is_finished:
            self.runs.append(self.begun)
            self.begun = None

    def run(self) -> None:
        run_id = self.begun or structure.begin(self.database, credit_notes=True)
        structure.finish(self.database, run_id, students_max=2)
        self.runs.append(run_id)
        self.begun = None

    def undo(self) -> None:
        if self.runs:
            structure.undo(self.database, self.runs.pop(), entries_max=2)


@settings(max_examples=6)
@given(STEPS)
def test_a_term_lived_in_any_order_ends_with_every_student_charged_what_it_comes_to(
    steps: list[tuple[str, int]],
) -> None:
    with clock.set_to(make.NOON), databases.fresh("sqlite") as database:
        with database.writing() as session:
            make.school(session)
            structure.fees(session)
        term = Term(database)
        term.join(0)
        for action, day in steps:
            term.do(action, day)

        term.run()
        term.run()
        lines = structure.count_lines(database)
        term.run()

        assert structure.count_lines(database) == lines
        balances = structure.balances(database)
        for student in term.days.keys() - term.left:
            meals = len(term.meals[student] & term.days[student])
            exact = Fraction(TUITION * len(term.days[student]) + MEALS * meals, DAYS)
            assert abs(balances[student] + term.paid[student] - exact) <= 3
        with database.reading() as session:
            assert verify(session) == []


def test_two_people_run_the_same_term_while_a_cashier_takes_payments(database: Database) -> None:
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            structure.fees(session)
            ids = [make.student(session, f"Ann {n}") for n in range(30)]
        run_id = structure.begin(database)
        refused: list[BaseException] = []

        def bill() -> None:
            try:
                structure.finish(database, run_id, students_max=3)
            except BaseException as error:  # noqa: BLE001
                refused.append(error)

        threads = [threading.Thread(target=bill) for _ in range(2)]
        for thread in threads:
            thread.start()
        for student in ids[:10]:
            with database.writing() as session:
                make.pay(session, student, 500)
        for thread in threads:
            thread.join()

        assert not refused
        assert structure.balances(database) == {
            student: TUITION - 500 * (student in ids[:10]) for student in ids
        }
        with database.reading() as session:
            assert verify(session) == []
