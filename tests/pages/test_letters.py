"""Reminders are previewed, some left out, then sent, printed or rehearsed once; every letter can be found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from school.access.rules import COMMAND_LINE
from school.db import Database
from school.letters import queries
from school.letters.queries import LetterFacts
from school.settings import settings
from school.students import service as students
from school.students.service import NewGuardian
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
