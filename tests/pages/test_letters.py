"""Reminders are previewed, some left out, then sent, printed or rehearsed once; every letter can be found."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from zipfile import ZipFile

import pytest
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from school.access.rules import COMMAND_LINE
from school.db import Database
from school.fees.models import Run, RunEntry
from school.letters import queries, service
from school.letters.queries import LetterFacts
from school.settings import settings
from school.students import service as students
from school.students.service import NewGuardian
from school.ui import letters_reminders
from tests import make
from tests.mail import SENDER
from tests.pages.conftest import Open

DUE = make.TODAY - timedelta(days=10)


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch, books: Database) -> Iterator[None]:
    monkeypatch.setenv("SCHOOL_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("SCHOOL_SMTP_FROM", SENDER)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def owing(books: Database) -> None:
    """Three families that owe since ten days: Abel and Bell have e-mail, Cole has not."""
    with books.writing() as session:
        for n, name in enumerate(("Abel", "Bell", "Cole")):
            mother = NewGuardian(
                f"Mrs {name}", f"+1 555 {n}", "" if name == "Cole" else f"{name}@home.example"
            )
            student = students.add_student(
                session,
                actor=COMMAND_LINE,
                admission_no=f"R-{n}",
                name=f"Ann {name}",
                class_name="Form 1",
                guardians=[mother],
            )
            make.bill(session, student, (100_00 * (n + 1), DUE), on=DUE)


def a_billing_run(session: Session) -> None:
    """The bills of the three, as a run would have posted them."""
    run = Run(
        request_id="billing-run",
        kind="billing",
        term_id=2,
        date=make.TODAY,
        details={},
        at=make.NOON,
        actor="finn",
        finished_at=make.NOON,
    )
    session.add(run)
    session.flush()
    session.add_all(RunEntry(entry_id=n, run_id=run.id, student_id=n) for n in (1, 2, 3))


def written(books: Database) -> list[LetterFacts]:
    with books.reading() as session:
        return queries.page(session).rows


def text(at: AppTest) -> str:
    shown = [*at.title, *at.markdown, *at.success, *at.info, *at.warning, *at.error]
    return "\n".join(str(element.value) for element in shown).replace("\\", "")


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception
    return at


def test_a_reminder_run_writes_to_whom_it_shows_but_for_who_is_left_out(
    books: Database, mail: None, owing: None, open_page: Open
) -> None:
    at = open_page("letters", name="finn")

    assert at.metric[0].value == "3 families"
    assert "USD 600.00 overdue" in at.metric[0].delta
    assert at.button(key="letters.email").label == "Send 2 by e-mail"
    first = {option.split(" ")[1]: option for option in at.multiselect(key="letters.leave_out").options}
    at.multiselect(key="letters.leave_out").select(first["Bell"]).run()
    press(at, "letters.email")

    assert "1 reminder is on the way" in text(at)
    assert [(one.to_name, one.stage, one.state) for one in written(books)] == [("Mrs Abel", 1, "waiting")]
    assert at.metric[0].value == "2 families"


def test_without_a_mail_server_letters_can_be_printed_and_rehearsed(
    books: Database, owing: None, open_page: Open
) -> None:
    at = open_page("letters", name="finn")

    assert "letters.email" not in [button.key for button in at.button]
    assert "E-mail is not set up" in text(at)
    press(at, "letters.print")

    assert "3 reminders are recorded as printed" in text(at)
    assert {one.state for one in written(books)} == {"printed"}
    assert "Nobody is due a reminder today" in text(at)
    assert [button.label for button in at.get("download_button")] == ["All as one PDF"]


def test_a_large_school_goes_through_who_owes_when_asked(
    open_page: Open, owing: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters_reminders, "AT_ONCE", 2)
    at = open_page("letters", name="finn")
    assert not at.metric
    at.button(key="letters.look").click().run()
    assert not at.exception
    assert [m.value for m in at.metric] == ["3 families"]


def test_a_press_cut_off_after_its_write_is_told_of_and_done_with(
    books: Database, owing: None, open_page: Open
) -> None:
    at = open_page("letters", name="finn")
    request_id = at.query_params["remind"]
    press(at, "letters.print")

    again = open_page("letters", name="finn", remind=request_id)

    assert not again.exception
    assert again.query_params["run"] == request_id
    assert again.query_params["remind"] != request_id
    assert len(written(books)) == 3


def test_a_day_to_pay_by_that_is_gone_stands_refused_and_nothing_is_written(
    books: Database, owing: None, open_page: Open
) -> None:
    at = open_page("letters", name="finn")
    at.date_input(key="letters.pay_by").set_value(make.TODAY).run()
    press(at, "letters.print")

    assert [error.value for error in at.error] == ["Choose a date from Mar 21, 2026 on."]
    assert written(books) == []


def test_letters_are_found_opened_cancelled_and_sent_again(
    books: Database, mail: None, owing: None, open_page: Open
) -> None:
    press(open_page("letters", name="finn"), "letters.email")

    at = open_page("letters", name="finn", **{"letters.view": "Queue and sent", "letters.search": "bell"})
    assert [metric.value for metric in at.metric] == ["2", "0", "0", "0"]
    assert at.dataframe[0].value["To"].to_list() == ["Mrs Bell"]

    found = next(one for one in written(books) if one.to_name == "Mrs Bell")
    at = open_page("letters", name="finn", letter=str(found.id))
    assert "Dear Mrs Bell" in text(at)
    press(at, "letters.cancel")
    press(at, "letters.again")

    assert "waits to be sent to Mrs Bell again" in text(at)
    states = [(one.to_name, one.state) for one in written(books) if one.to_name == "Mrs Bell"]
    assert states == [("Mrs Bell", "waiting"), ("Mrs Bell", "cancelled")]


def test_words_with_an_unknown_placeholder_are_refused_by_its_name_and_stay(
    books: Database, open_page: Open
) -> None:
    at = open_page("letters", name="finn", **{"letters.view": "Words", "letters.stage": "Second reminder"})
    at.text_area(key="letters.body.2").set_value("Dear {gardian}, pay.").run()
    press(at, "letters.keep_words")

    assert "There is no placeholder {gardian}" in at.error[0].value
    at.text_area(key="letters.body.2").set_value("Dear {guardian}, pay.").run()
    press(at, "letters.keep_words")

    assert "The words of the second reminder are kept" in text(at)
    with books.reading() as session:
        assert queries.stages(session)[1].body == "Dear {guardian}, pay."


def test_the_fields_of_the_words_show_what_is_kept_whatever_was_pressed_before(
    books: Database, open_page: Open
) -> None:
    with books.reading() as session:
        first, second, *_ = queries.stages(session)
    at = open_page("letters", name="finn", **{"letters.view": "Words", "letters.stage": "First reminder"})

    def stands(n: int) -> tuple[str, str, str]:
        fields = (at.text_input(key=f"letters.days.{n}"), at.text_input(key=f"letters.subject.{n}"))
        return (*(field.value for field in fields), at.text_area(key=f"letters.body.{n}").value)

    at.text_input(key="letters.subject.1").set_value("From {school}").run()
    press(at, "letters.keep_words")
    assert stands(1) == (str(first.days_overdue), "From {school}", first.body)
    at.text_input(key="letters.subject.1").set_value("Once more from {school}").run()
    press(at, "letters.keep_words")
    assert "The words of the first reminder are kept" in text(at)

    for name, n, subject in (("Second", 2, second.subject), ("First", 1, "Once more from {school}")):
        at.segmented_control(key="letters.stage").set_value(f"{name} reminder").run()
        assert stands(n)[1] == subject
        assert all(stands(n))


def test_words_that_two_have_changed_are_asked_about_and_others_stay(
    books: Database, open_page: Open
) -> None:
    at = open_page("letters", name="finn", **{"letters.view": "Words", "letters.stage": "First reminder"})
    with books.writing() as session:
        first = queries.stages(session)[0]
        theirs = replace(first, subject="From us", days_overdue=first.days_overdue + 1)
        service.save_stage(session, actor=COMMAND_LINE, stage=theirs)
    at.text_input(key="letters.subject.1").set_value("From {school}").run()
    press(at, "letters.keep_words")
    assert "changed this to “From us” meanwhile" in at.error[0].value
    press(at, "letters.keep_words")

    with books.reading() as session:
        kept = queries.stages(session)[0]
    assert (kept.subject, kept.days_overdue) == ("From {school}", first.days_overdue + 1)


def test_words_left_half_typed_are_there_again_however_long(books: Database, open_page: Open) -> None:
    here = {"letters.view": "Words", "letters.stage": "First reminder"}
    at = open_page("letters", name="finn", **here)
    at.text_area(key="letters.body.1").set_value("Dear {guardian}, " + "pay. " * 300).run()
    typed = at.text_area(key="letters.body.1").value

    back = open_page("letters", name="finn", words=at.query_params["words"], **here)
    assert back.text_area(key="letters.body.1").value == typed
    assert back.text_input(key="letters.subject.1").value


def test_a_receipt_is_emailed_from_where_it_is_looked_at_once_to_an_address(
    books: Database, mail: None, owing: None, open_page: Open
) -> None:
    with books.writing() as session:
        paid = make.pay(session, 1, 5_00)
    at = open_page("entry", name="finn", entry=str(paid.entry_id))
    assert at.text_input(key="entry.mail_to").value == "Abel@home.example"
    press(at, "entry.mail")
    press(at, "entry.mail")

    assert "was sent to Abel@home.example before" in text(at)
    assert [(one.kind, one.to_name) for one in written(books)] == [("receipt", "Mrs Abel")]


def test_the_invoices_of_a_run_come_as_one_file_to_print(
    owing: None, books: Database, open_page: Open
) -> None:
    with books.writing() as session:
        a_billing_run(session)
    zipped = {"letters.view": "Invoices", "letters.invoices_as": "A PDF each, zipped"}
    at = open_page("letters", name="finn", **zipped)

    at.button(key="letters.invoices.make").click().run()

    assert not at.exception
    _, made = at.session_state["letters.invoices.file"]
    with ZipFile(io.BytesIO(made)) as file:
        names = [name.partition("- invoice")[0] for name in file.namelist()]
    assert names == ["R-0 Ann Abel", "R-1 Ann Bell", "R-2 Ann Cole"]
    assert written(books) == []


@pytest.mark.parametrize("view", ["Statements", "Invoices"])
def test_statements_and_invoices_go_to_who_has_an_address(
    books: Database, mail: None, owing: None, open_page: Open, view: str
) -> None:
    if view == "Invoices":
        with books.writing() as session:
            a_billing_run(session)
    at = open_page("letters", name="finn", **{"letters.view": view})

    assert (at.metric[0].label, at.metric[0].value) == (view, "3")
    press(at, "letters.papers_email")

    assert "2 letters are on the way" in text(at)
    assert "1 reach nobody by e-mail" in text(at)
    press(at, "letters.papers_email")
    assert len(written(books)) == (2 if view == "Invoices" else 4)
