"""A year turns once: everybody goes where the dry run said, debts and history stay, on both engines."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from school import clock
from school.access.rules import COMMAND_LINE
from school.audit import events
from school.audit import queries as audit
from school.checks import ledger as checks
from school.db import Database
from school.errors import BadInput, RuleBroken, SchoolError
from school.ledger import queries as ledger
from school.ledger.models import Line
from school.reports import rolls
from school.students import next_year, promotion, queries
from school.students import service as students
from school.students.models import Enrolment
from school.students.next_year import LEAVES, NewYear
from school.students.promotion import Plan
from school.students.queries import ClassFacts, TermFacts, YearFacts
from tests import make

YEAR_2028 = date(2028, 1, 1), date(2028, 12, 31)
NEXT = NewYear("2027", date(2027, 1, 1), date(2027, 12, 31))


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    """Ann in Form 1; Ben, who owes 70.00, and Cat in Form 2; Dan, who left; Eve, who joins in 2027."""
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            for name, class_name in (("Ann", "Form 1"), ("Ben", "Form 2"), ("Cat", "Form 2")):
                make.student(session, name, admission_no=name, class_name=class_name)
            make.student(session, "Dan", admission_no="Dan", status="left")
            students.add_student(
                session,
                actor=COMMAND_LINE,
                admission_no="Eve",
                name="Eve",
                class_name="Form 1",
                joined_on=date(2027, 1, 5),
            )
            make.bill(session, who(session, "Ben"), (7_000, make.TODAY))
        yield database


def who(session, admission_no: str) -> int:
    return queries.student_by_admission_no(session, admission_no).id


def turn(database: Database, request_id: str = "the turn of the year", **how) -> Plan:
    with database.writing() as session:
        return promotion.promote(
            session,
            actor=COMMAND_LINE,
            request_id=request_id,
            from_year_id=how.pop("from_year_id", queries.years(session)[0].id),
            into=how.pop("into", NEXT),
            mapping=next_year.next_classes(queries.classes(session)),
            **how,
        )


def standing(database: Database) -> dict[str, tuple[str, str, date | None]]:
    with database.reading() as session:
        found = [queries.student_by_admission_no(session, no) for no in ("Ann", "Ben", "Cat", "Dan", "Eve")]
    return {s.admission_no: (s.class_name, s.status, s.left_on) for s in found}


def test_everybody_goes_to_the_next_class_and_the_last_class_leaves_with_the_old_year(
    books: Database,
) -> None:
    plan = turn(books)

    assert (plan.moved, plan.stayed, plan.left) == (1, 1, 2)
    end = date(2026, 12, 31)
    assert standing(books) == {
        "Ann": ("Form 2", "enrolled", None),
        "Ben": ("Form 2", "left", end),
        "Cat": ("Form 2", "left", end),
        "Dan": ("Form 1", "left", None),
        "Eve": ("Form 1", "enrolled", None),
    }
    with books.reading() as session:
        names = {c.id: c.name for c in queries.classes(session)}
        years = {year.id: year.name for year in queries.years(session)}
        rows = session.execute(
            select(Enrolment.year_id, Enrolment.class_id).where(Enrolment.student_id == who(session, "Ann"))
        )
        assert {years[y]: names[c] for y, c in rows} == {"2026": "Form 1", "2027": "Form 2"}


def test_what_is_owed_stays_and_what_was_posted_keeps_its_class(books: Database) -> None:
    turn(books)

    with books.writing() as session:
        ben = who(session, "Ben")
        assert ledger.balance(session, ben) == 7_000
        assert ledger.statement(session, ben, since=NEXT.starts_on).opening == 7_000
        names = {c.id: c.name for c in queries.classes(session)}
        assert [names[c] for c in session.scalars(select(Line.class_id))] == ["Form 2"]
        make.bill(session, who(session, "Ann"), (100, make.TODAY))
        assert [names[c] for c in session.scalars(select(Line.class_id).order_by(Line.id))][-1] == "Form 2"
    with books.reading() as session:
        assert checks.verify(session) == []


def test_the_dry_run_tells_what_each_class_brings_and_who_leaves_with_a_debt(books: Database) -> None:
    with books.reading() as session:
        mapping = next_year.next_classes(queries.classes(session))
        found = rolls.turn(session, promotion.plan(session, into=NEXT, mapping=mapping))

    assert [(sum(c.going.values()), c.owed) for c in found.classes] == [(2, 0), (2, 7_000)]
    assert [(student.name, owed) for student, owed in found.leavers] == [("Ben", 7_000)]
    assert (found.owed, found.leavers_owing, found.leavers_owe) == (7_000, 1, 7_000)


def test_single_students_repeat_or_leave_against_their_class(books: Database) -> None:
    with books.reading() as session:
        ann, cat = who(session, "Ann"), who(session, "Cat")
        form_2 = queries.student(session, cat).class_id

    turn(books, exceptions={ann: LEAVES, cat: form_2})

    found = standing(books)
    assert (found["Ann"][1], found["Cat"]) == ("left", ("Form 2", "enrolled", None))


def test_the_same_press_again_changes_nothing_and_another_is_refused(books: Database) -> None:
    turn(books)
    before = standing(books)

    assert turn(books).moves == []
    with books.reading() as session:
        year = queries.years(session)[-1]
    with pytest.raises(RuleBroken, match="to 2027 by command line already"):
        turn(books, "another press", into=year.id)

    with pytest.raises(BadInput, match="2027 has not begun"):
        turn(books, "a third press", from_year_id=year.id, into=NewYear("2028", *(YEAR_2028)))

    assert standing(books) == before
    with books.reading() as session:
        assert [(d.moved, d.stayed, d.left) for d in promotion.all_done(session)] == [(1, 1, 2)]


def test_what_was_not_looked_at_is_not_done(books: Database) -> None:
    with books.reading() as session:
        mapping = next_year.next_classes(queries.classes(session))
        seen = promotion.plan(session, into=NEXT, mapping=mapping).digest
    with books.writing() as session:
        make.student(session, "Late")

    with pytest.raises(RuleBroken, match="since you looked"):
        turn(books, seen=seen)

    with books.reading() as session:
        assert [year.name for year in queries.years(session)] == ["2026"]


def test_who_is_noted_for_the_new_year_already_stays_out_of_it(books: Database) -> None:
    with books.writing() as session:
        students.add_year(
            session, actor=COMMAND_LINE, name="2027", starts_on=NEXT.starts_on, ends_on=NEXT.ends_on
        )
    with clock.set_to(make.NOON.replace(year=2027)), books.writing() as session:
        students.change_student(
            session,
            actor=COMMAND_LINE,
            student_id=who(session, "Cat"),
            class_id=queries.classes(session)[0].id,
        )
        years = {year.name: year.id for year in queries.years(session)}

        assert rolls.waiting(session, from_year_id=years["2026"], into_year_id=years["2027"]) == 3
    plan = turn(books, into=years["2027"])

    assert (plan.moved, plan.stayed, plan.left) == (1, 1, 1)
    assert standing(books)["Cat"] == ("Form 1", "enrolled", None)


def test_two_people_at_once_turn_the_year_once(books: Database) -> None:
    with books.writing() as session:
        year_id = students.add_year(
            session, actor=COMMAND_LINE, name="2027", starts_on=NEXT.starts_on, ends_on=NEXT.ends_on
        )
    both, outcomes = threading.Barrier(2), []

    def press(request_id: str) -> None:
        both.wait()
        try:
            outcomes.append(len(turn(books, request_id, into=year_id).moves))
        except SchoolError as error:
            outcomes.append(error.sentence)

    people = [threading.Thread(target=press, args=(f"press number {n}",)) for n in range(2)]
    for one in people:
        one.start()
    for one in people:
        one.join()

    assert sorted(map(str, outcomes)) == [
        "4",
        "The students were moved to 2027 by command line already.",
    ]
    with books.reading() as session:
        assert audit.count(session) == len({row.subject for row in audit.page(session, limit=99)}) + 4
        turned = audit.latest(session, events.YEAR_TURNED, f"year:{year_id}")
    assert turned is not None
    assert turned.after == {"year": "2027", "moved": 1, "stayed": 1, "left": 2}


def test_a_turn_is_neither_changed_nor_removed_by_hand(books: Database) -> None:
    turn(books)

    for statement in ("UPDATE promotion SET moved = 9", "DELETE FROM promotion"):
        with pytest.raises(DatabaseError, match="never"), books.writing() as session:
            session.execute(text(statement))


def test_a_year_comes_after_the_one_it_is_turned_from(books: Database) -> None:
    with pytest.raises(BadInput, match="does not come after"):
        turn(books, into=NewYear("2025", date(2025, 1, 1), date(2025, 12, 31)))


@pytest.mark.parametrize(
    ("names", "goes"),
    [
        (["Form 1A", "Form 1B", "Form 2A", "Form 2B"], ["Form 2A", "Form 2B", None, None]),
        (["Form 1A", "Form 1B", "Form 2A"], ["Form 2A", "Form 2A", None]),
        (["6eA", "6eB", "5eA", "5eB", "4eA"], ["5eA", "5eB", "4eA", "4eA", None]),
        (["Nursery", "PP 1", "PP 2", "Grade 1"], ["PP 1", "PP 2", "Grade 1", None]),
    ],
    ids=["streams", "a stream that ends", "counted down", "names of their own"],
)
def test_the_next_class_is_found_by_number_stream_and_order(names: list[str], goes: list[str | None]) -> None:
    classes = [ClassFacts(n, name, n) for n, name in enumerate(names, start=1)]

    found = next_year.next_classes(classes)

    called = {c.id: c.name for c in classes}
    assert [called.get(found[c.id]) for c in classes] == goes


@pytest.mark.parametrize(
    ("name", "called"), [("2026", "2027"), ("2026/27", "2027/28"), ("2099/00", "2100/01"), ("One", "One +1")]
)
def test_the_year_after_has_its_name_and_days_twelve_months_later(name: str, called: str) -> None:
    year = YearFacts(1, name, date(2027, 9, 1), date(2028, 2, 29))
    term = TermFacts(1, "Term 1", 1, name, date(2027, 9, 1), date(2027, 12, 17))

    after = next_year.year_after(year, [term])

    assert after == NewYear(
        called,
        date(2028, 9, 1),
        date(2029, 2, 28),
        [("Term 1", date(2028, 9, 1), date(2028, 12, 17))],
    )
