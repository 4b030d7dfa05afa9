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

REASON, SURE, YEARS = "settings.erase_reason", "settings.erase_sure", "settings.erase_years"


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


@pytest.mark.parametrize("typed", ["0", "51", "9" * 5_000, "seven"])
def test_a_number_of_years_that_is_none_is_refused_beside_its_field(open_page: Open, typed: str) -> None:
    page = open_page("settings", name="ada", **{"settings.view": "Privacy"})

    page.text_input(key=YEARS).set_value(typed)
    page.button(key="settings.keep_years").click().run()

    assert [e.value for e in page.error] == ["Type a number of years between 1 and 50."]


def test_it_erases_once_the_word_is_typed_and_not_before(open_page: Open, books: Database, gone: str) -> None:
    page = open_page("settings", name="ada", **{"settings.view": "Privacy"})
    page.text_input(key=REASON).set_value("The law asks no longer")
    page.text_input(key=SURE).set_value("yes")
    page.button(key="settings.erase_now").click().run()

    assert "Type ERASE in capital letters if you are sure." in [e.value for e in page.error]
    assert page.text_input(key=REASON).value == "The law asks no longer"

    page.text_input(key=SURE).set_value("ERASE")
    page.button(key="settings.erase_now").click().run()

    assert page.success[0].value.startswith("Erased for good: 1 student, 0 guardians, 1 family")
    with books.reading() as session:
        assert gone not in session.scalars(select(Student.name)).all()
