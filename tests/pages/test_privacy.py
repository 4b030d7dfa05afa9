"""The tab where personal data are erased."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from school import clock
from school.db import Database
from school.students.models import Student
from tests import make
from tests.pages.conftest import Open

REASON, SURE = "settings.erase_reason", "settings.erase_sure"


@pytest.fixture
def gone(books: Database) -> Iterator[str]:
    """Somebody who left, twelve years ago."""
    with books.writing() as session:
        left = make.student(session, "Zebulon Quartermain")
        session.execute(
            update(Student).where(Student.id == left).values(status="left", left_on=make.NOON.date())
        )
    with clock.set_to(make.NOON.replace(year=make.NOON.year + 12)):
        yield "Zebulon Quartermain"


def test_it_erases_once_the_word_is_typed_and_not_before(open_page: Open, books: Database, gone: str) -> None:
    page = open_page("settings", name="ada", **{"settings.view": "Privacy"})
    page.text_input(key=REASON).set_value("The law asks no longer")
    page.text_input(key=SURE).set_value("yes")
    page.button(key="settings.erase_now").click().run()

    assert "Type ERASE in capital letters if you are sure." in [e.value for e in page.error]
    assert page.text_input(key=REASON).value == "The law asks no longer"

    page.text_input(key=SURE).set_value("ERASE")
    page.button(key="settings.erase_now").click().run()

    assert page.success[0].value.startswith("Erased for good: 1 students, 0 guardians, 1 families")
    with books.reading() as session:
        assert gone not in session.scalars(select(Student.name)).all()
