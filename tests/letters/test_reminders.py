"""Each reminder follows the one before, in its own time, to whom it concerns; two presses write once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from io import BytesIO
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import text

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.delivery import papers
from school.delivery.worker import deliver
from school.errors import BadDate, BadInput
from school.ledger.service import ChargeItem
from school.letters import queries, reminders, rules, service, writing
from school.letters.reminders import Preview
from school.letters.rules import DEFAULT_STAGES, Stage
from school.letters.service import Written
from school.students.models import FamilyPayer, Guardian, Student
from tests import make

DAY = make.TODAY
DAYS = st.integers(0, 400)


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("oldest", "last", "wanted"),
    [
        (6, None, None),
        (7, None, 1),
        (400, None, 1),  # however old: nobody begins with the last reminder
        (30, (1, 13), None),  # the second comes 14 days after the first
        (30, (1, 14), 2),
        (20, (1, 14), None),  # and when the debt is 21 days old
        (80, (2, 23), None),
        (80, (2, 24), 3),
        (400, (3, 300), None),
        (10, (3, 300), 1),  # what came up since begins anew
        (10, (1, 10), 1),
    ],
)
def test_each_reminder_follows_the_one_before_in_its_own_time(
    oldest: int, last: tuple[int, int] | None, wanted: int | None
) -> None:
    before = (last[0], ago(last[1])) if last else None

    assert rules.next_stage(DEFAULT_STAGES, ago(oldest), DAY, before) == wanted


@given(DAYS, st.integers(1, 3), DAYS)
def test_no_family_gets_two_reminders_a_day_nor_skips_one(oldest: int, stage: int, since: int) -> None:
    wanted = rules.next_stage(DEFAULT_STAGES, ago(oldest), DAY, (stage, ago(since)))

    assert wanted in (None, 1, stage + 1)
    assert since > 0 or oldest <= since or wanted is None


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"body": "Dear {gardian}"}, "body", "There is no placeholder {gardian}"),
        ({"subject": "{total} is due"}, "subject", "There is no placeholder {total}"),
        ({"body": " \n "}, "body", "Type what the letter says"),
        ({"days_overdue": 7}, "days", "type more than 7"),
        ({"days_overdue": 45}, "days", "type fewer than 45"),
        ({"days_overdue": 0}, "days", "from 1 to 999"),
    ],
)
def test_words_that_cannot_be_kept_are_told_beside_their_field(
    change: dict[str, object], field: str, says: str
) -> None:
    with pytest.raises(BadInput) as refused:
        rules.checked_stage(Stage(**{**vars(DEFAULT_STAGES[1]), **change}), DEFAULT_STAGES)  # type: ignore[arg-type]

    assert refused.value.field == field
    assert says in refused.value.sentence


def test_what_a_value_holds_is_no_placeholder() -> None:
    assert rules.fill("{guardian} {amount}", {"guardian": "{amount}", "amount": "5"}) == "{amount} 5"


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
        yield database


def owes(books: Database, name: str, *amounts: int, guardian: str = "", since: int = 10) -> int:
    """A student with charges overdue since so many days; the id of the family."""
    with books.writing() as session:
        student = make.student(session, name, guardian=guardian)
        items = [ChargeItem("TUITION", amount, ago(since)) for amount in amounts]
        if items:
            make.bill(session, student, *items, on=ago(since))
        return session.get_one(Student, student).family_id


def seen(books: Database) -> Preview:
    with books.reading() as session:
        return reminders.preview(session)


def remind(books: Database, how: service.How = "print", request: str | None = None) -> Written:
    expected = {row.family_id: row.stage for row in seen(books).rows}
    with books.writing() as session:
        return writing.remind(
            session,
            actor=COMMAND_LINE,
            request_id=request or make.request_id(),
            expected=expected,
            pay_by=DAY + timedelta(days=365),
            how=how,
        )


def on(day: date) -> object:
    return clock.set_to(datetime.combine(day, make.NOON.timetz()))


def test_families_are_reminded_for_all_their_children_together(books: Database) -> None:
    owes(books, "Ann", 100_00, 20_00, guardian="Gil")
    owes(books, "Ben", 50_00, guardian="Gil")
    owes(books, "Cy", 10_00, since=3)
    owes(books, "Di")

    (row,) = seen(books).rows

    assert (row.students, row.total, row.days, row.stage) == (("Ann", "Ben"), 170_00, 10, 1)
    assert [to.name for to in row.to] == ["Gil"]
    assert seen(books).waiting == 1


def test_who_has_credit_enough_with_another_child_is_not_reminded(books: Database) -> None:
    owes(books, "Ann", 100_00, guardian="Gil")
    with books.writing() as session:
        make.pay(session, make.student(session, "Ben", guardian="Gil"), 100_00)

    assert seen(books).rows == ()


def test_every_guardian_who_pays_is_written_to_and_nobody_else(books: Database) -> None:
    family = owes(books, "Ann", 100_00, guardian="Gil")
    with books.writing() as session:
        for name, share in (("Gus", 6_000), ("Gwen", 4_000)):
            guardian = Guardian(family_id=family, name=name, folded=name, email=f"{name}@home.example")
            session.add(guardian)
            session.flush()
            session.add(FamilyPayer(family_id=family, guardian_id=guardian.id, share_bp=share))

    assert [to.name for to in seen(books).rows[0].to] == ["Gus", "Gwen"]
    assert remind(books).new == 2


def test_the_three_reminders_follow_each_other_and_then_there_is_none(books: Database) -> None:
    owes(books, "Ann", 100_00)
    stages = []
    for days in range(0, 70, 5):
        with on(DAY + timedelta(days=days)):
            stages += [row.stage for row in seen(books).rows]
            if seen(books).rows:
                remind(books)

    assert stages == [1, 2, 3]
    with on(DAY + timedelta(days=200)):
        assert (seen(books).rows, seen(books).had_all) == ((), 1)


def test_a_dry_run_reminds_nobody_and_a_cancelled_letter_counts_as_never_written(books: Database) -> None:
    owes(books, "Ann", 100_00)
    remind(books)
    with books.writing() as session:
        service.cancel(session, actor=COMMAND_LINE, letter_id=1)

    assert [row.stage for row in seen(books).rows] == [1]


def test_two_people_who_remind_at_once_write_once(books: Database) -> None:
    owes(books, "Ann", 100_00)
    expected = {row.family_id: row.stage for row in seen(books).rows}
    done = []
    for request in ("one-press", "one-press", "another-press"):
        with books.writing() as session:
            done.append(
                writing.remind(
                    session,
                    actor=COMMAND_LINE,
                    request_id=request,
                    expected=expected,
                    pay_by=DAY + timedelta(days=7),
                    how="print",
                )
            )

    assert done == [Written(1), Written(0, already=1), Written(0, not_due=1)]


def test_a_day_gone_by_is_no_day_to_pay_by(books: Database) -> None:
    owes(books, "Ann", 100_00)
    with pytest.raises(BadDate), books.writing() as session:
        writing.remind(
            session, actor=COMMAND_LINE, request_id="one-press", expected={1: 1}, pay_by=DAY, how="print"
        )


def test_one_file_holds_every_printed_letter_in_its_own_words(books: Database) -> None:
    owes(books, "Ann Abel", 100_00, guardian="Mrs Abel")
    owes(books, "Ben Bell", 50_00, guardian="Mr Bell")
    remind(books, request="one-press")

    with books.reading() as session:
        letters = queries.of_run(session, "one-press")
        file = PdfReader(BytesIO(papers.reminders(session, letters)))

    bell, abel = (" ".join(page.extract_text().split()) for page in file.pages)
    assert "Dear Mr Bell" in bell
    assert "Dear Mrs Abel" in abel
    assert "USD 100.00 for Ann Abel" in abel


@pytest.mark.parametrize(("paid", "becomes"), [(0, "rehearsed"), (1_00, "cancelled")])
def test_who_pays_while_the_letter_waits_is_not_reminded_of_it(
    books: Database, paid: int, becomes: str
) -> None:
    owes(books, "Ann", 100_00)
    with books.writing() as session:
        session.add(Guardian(family_id=1, name="Gil", folded="gil", email="gil@home.example"))
        session.flush()
        session.add(FamilyPayer(family_id=1, guardian_id=1, share_bp=10_000))
    remind(books, how="rehearse")
    if paid:
        with books.writing() as session:
            make.pay(session, 1, paid)

    deliver(books, None, Event())

    with books.reading() as session:
        assert queries.letter(session, 1).state == becomes


def test_statements_and_invoices_are_written_to_who_pays(books: Database) -> None:
    family = owes(books, "Ann Abel", 100_00, guardian="Mrs Abel")
    for write, what in (
        (writing.statements, {"family_ids": [family], "since": None, "until": DAY}),
        (writing.invoices, {"entry_ids": [1]}),
    ):
        with books.writing() as session:
            done = write(session, actor=COMMAND_LINE, request_id=make.request_id(), how="print", **what)  # type: ignore[operator]
            assert done == Written(1)

    with books.reading() as session:
        for letter in queries.page(session).rows:
            (page,) = PdfReader(BytesIO(papers.of_letter(session, letter).pdf)).pages
            assert "Mrs Abel" in page.extract_text()
            assert "Ann Abel" in page.extract_text()


def test_the_schools_own_words_are_kept_and_the_change_is_told(books: Database) -> None:
    words = Stage(2, 30, "Second", "Dear {guardian},\r\nplease pay {amount}.")
    with books.writing() as session:
        assert service.save_stage(session, actor=COMMAND_LINE, stage=words)
    with books.writing() as session:
        assert not service.save_stage(session, actor=COMMAND_LINE, stage=words)

    with books.reading() as session:
        kept = queries.stages(session)
    assert kept[1] == Stage(2, 30, "Second", "Dear {guardian},\nplease pay {amount}.")
    assert (kept[0], kept[2]) == (DEFAULT_STAGES[0], DEFAULT_STAGES[2])


def test_the_database_keeps_what_a_letter_says_and_what_became_of_it(books: Database) -> None:
    owes(books, "Ann", 100_00)
    owes(books, "Ben", 100_00)
    remind(books)
    with books.writing() as session:
        service.cancel(session, actor=COMMAND_LINE, letter_id=2)
    for which, change in (
        (1, "state = 'waiting', next_try_at = sent_at"),
        (1, "to_address = 'other@home.example'"),
        (2, "state = 'sent'"),
        (2, "error = 'nobody cancelled it'"),
    ):
        with pytest.raises(Exception, match="ledger: what"), books.writing() as session:
            session.execute(text(f"UPDATE letter SET {change} WHERE id = {which}"))
