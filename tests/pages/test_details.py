"""A student is added and put right without a file: once, by who may, and only what was touched is written."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from school.access.rules import COMMAND_LINE
from school.db import Database
from school.students import queries, service
from school.students.models import Student
from school.students.queries import StudentFacts
from school.students.rules import NewGuardian
from tests import make
from tests.pages.conftest import Open
from tests.pages.test_payments import errors, text


@pytest.fixture
def ann(books: Database) -> int:
    """Ann Abel of Form 1, whose mother has a phone and whose uncle has e-mail."""
    with books.writing() as session:
        return service.add_student(
            session,
            actor=COMMAND_LINE,
            admission_no="A-17",
            first_name="Ann",
            last_name="Abel",
            class_name="Form 1",
            guardians=[
                NewGuardian("Mrs Abel", "+254 700 100 200"),
                NewGuardian("Uncle Bo", "", "bo@home.example"),
            ],
        )


def facts(books: Database, student_id: int) -> tuple[StudentFacts, list[tuple[str, str, str]]]:
    with books.reading() as session:
        people = queries.guardians(session, student_id)
        return queries.student(session, student_id), [(g.name, g.phone, g.email) for g in people]


def students(books: Database) -> int:
    with books.reading() as session:
        return session.scalar(select(func.count()).select_from(Student)) or 0


def fill(at: AppTest, **fields: str) -> AppTest:
    for name, value in fields.items():
        at.text_input(key=f"details.{name.replace('__', '.')}").set_value(value)
    return at.run()


def keep(at: AppTest) -> AppTest:
    at.button(key="details.keep").click().run()
    assert not at.exception
    return at


def test_a_student_is_added_with_guardians_and_the_account_comes_next(
    books: Database, open_page: Open, ann: int
) -> None:
    at = open_page("details", name="ada")
    fill(at, admission_no="A-18", first_name="Abe", last_name="Abel", guardian__0="Mrs Abel")
    fill(at, guardian_phone__0="0700 100 200", guardian__1="Mr Abel")
    with books.reading() as session:
        form_1 = next(c.id for c in queries.classes(session) if c.name == "Form 1")
    at.selectbox(key="details.class").set_value(str(form_1)).run()
    keep(at)

    assert at.title[0].value == "Abe Abel"
    assert [said.value for said in at.success] == [
        "Abe Abel is added to Form 1, in one family account with Ann Abel."
    ]
    abe, people = facts(books, ann + 1)
    assert (abe.admission_no, abe.class_name, abe.joined_on) == ("A-18", "Form 1", make.TODAY)
    assert [name for name, *_ in people] == ["Mrs Abel", "Mr Abel"]


def change(books: Database, student_id: int, **changes: Any) -> None:
    """Another does, in the meantime."""
    with books.writing() as session:
        service.change_student(session, actor=COMMAND_LINE, student_id=student_id, **changes)


def test_what_nobody_touched_stays_as_another_has_changed_it_meanwhile(
    books: Database, open_page: Open, ann: int
) -> None:
    at = open_page("details", name="ada", student=str(ann))
    aunt = [NewGuardian("Mrs Abel", "+254 700 100 200"), NewGuardian("Uncle Bo", "", "uncle@home.example")]
    change(books, ann, class_id=None, first_name="Anna", guardians=aunt)
    keep(fill(at, guardian_phone__0="+254 700 999 999", guardian__2="Aunt Cy"))

    changed, people = facts(books, ann)
    assert (changed.name, changed.class_id) == ("Anna Abel", None)
    assert people == [
        ("Mrs Abel", "+254 700 999 999", ""),
        ("Uncle Bo", "", "uncle@home.example"),
        ("Aunt Cy", "", ""),
    ]
    assert [said.value for said in at.success] == ["Anna Abel is changed."]


def test_what_two_have_changed_is_asked_about_before_one_goes_over_the_other(
    books: Database, open_page: Open, ann: int
) -> None:
    at = open_page("details", name="ada", student=str(ann))
    change(books, ann, last_name="Abele", class_id=None)
    keep(fill(at, last_name="Abelson"))

    assert errors(at) == [
        "Somebody else has changed this to “Abele” meanwhile. What you typed still stands: "
        "press again to keep it in place of that."
    ]
    assert at.text_input(key="details.last_name").value == "Abelson"
    assert facts(books, ann)[0].name == "Ann Abele"
    keep(at)
    assert facts(books, ann)[0].name == "Ann Abelson"


def test_a_class_that_another_chose_is_called_by_its_name(books: Database, open_page: Open, ann: int) -> None:
    at = open_page("details", name="ada", student=str(ann))
    change(books, ann, class_id=None)
    with books.reading() as session:
        other = next(c.id for c in queries.classes(session) if c.name != "Form 1")
    at.selectbox(key="details.class").set_value(str(other)).run()
    keep(at)
    assert "“No class”" in errors(at)[0]


def test_a_contact_that_is_emptied_is_gone_and_who_is_emptied_answers_no_longer(
    books: Database, open_page: Open, ann: int
) -> None:
    keep(fill(open_page("details", name="ada", student=str(ann)), guardian_phone__0=""))
    assert facts(books, ann)[1] == [("Mrs Abel", "", ""), ("Uncle Bo", "", "bo@home.example")]
    with books.reading() as session:
        assert not queries.search(session, "700100200")

    keep(fill(open_page("details", name="ada", student=str(ann)), guardian__1="", guardian_email__1=""))
    assert facts(books, ann)[1] == [("Mrs Abel", "", "")]


def test_who_leaves_has_left_on_the_day_that_was_chosen(books: Database, open_page: Open, ann: int) -> None:
    at = open_page("details", name="ada", student=str(ann))
    at.selectbox(key="details.status").set_value("left").run()
    at.date_input(key="details.left_on").set_value(make.TODAY.replace(day=1)).run()
    keep(at)

    gone, _ = facts(books, ann)
    assert (gone.status, gone.left_on) == ("left", make.TODAY.replace(day=1))
    assert gone.class_name == "Form 1"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"admission_no": "A-17", "last_name": "Bell"}, "The admission number A-17 belongs to Ann Abel."),
        ({"admission_no": "B-1"}, "Give the student's name."),
        ({"last_name": "Bell"}, "Give the admission number"),
        ({"admission_no": "B-1", "last_name": "Bell", "guardian_email__0": "bell"}, "“bell” is not"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_said_beside_it_and_stays(
    books: Database, open_page: Open, ann: int, typed: dict[str, str], said: str
) -> None:
    at = keep(fill(open_page("details", name="ada"), **typed))

    assert [message for message in errors(at) if said in message]
    assert students(books) == 1
    for name, value in typed.items():
        assert at.text_input(key=f"details.{name.replace('__', '.')}").value == value


def test_a_form_that_was_written_is_empty_when_its_address_is_opened_again(
    books: Database, open_page: Open
) -> None:
    at = fill(open_page("details", name="ada"), admission_no="B-1", last_name="Bell")
    request_id = at.query_params["details"]
    keep(at)

    again = open_page("details", name="ada", details=request_id)
    assert again.text_input(key="details.admission_no").value == ""


def test_a_form_left_half_typed_is_there_again(books: Database, open_page: Open, ann: int) -> None:
    at = open_page("details", name="ada", student=str(ann))
    fill(at, last_name="Abelson", guardian__2="Aunt Cy")
    request_id = at.query_params["details"]

    back = open_page("details", name="ada", student=str(ann), details=request_id)
    assert back.text_input(key="details.last_name").value == "Abelson"
    assert back.text_input(key="details.guardian.2").value == "Aunt Cy"
    assert back.text_input(key="details.first_name").value == "Ann"
    keep(back)
    assert facts(books, ann)[0].name == "Ann Abelson"


def test_a_form_gone_on_with_puts_back_nothing_that_its_user_did_not_type(
    books: Database, open_page: Open, ann: int
) -> None:
    at = fill(open_page("details", name="ada", student=str(ann)), last_name="Abelson", guardian_phone__0="")
    request_id = at.query_params["details"]
    change(books, ann, class_id=None, first_name="Anna")

    keep(open_page("details", name="ada", student=str(ann), details=request_id))
    changed, people = facts(books, ann)
    assert (changed.name, changed.class_id, people[0]) == ("Anna Abelson", None, ("Mrs Abel", "", ""))


def test_a_student_begun_in_a_tab_that_was_closed_is_offered_and_gone_on_with(
    books: Database, open_page: Open
) -> None:
    begun = fill(open_page("details", name="ada"), admission_no="B-1", last_name="Bell", guardian__0="Mr B")
    request_id = begun.query_params["details"]

    at = open_page("details", name="ada")
    assert "Begun and not added" in text(at)
    at.button(key=f"details.go_on.{request_id}").click().run()
    assert at.text_input(key="details.guardian.0").value == "Mr B"
    keep(at)
    assert students(books) == 1

    again = open_page("details", name="ada")
    assert "Begun and not added" not in text(again)


def test_only_who_may_change_students_is_offered_the_form(open_page: Open, ann: int) -> None:
    assert open_page("details", name="finn", student=str(ann)).title[0].value == "Not for your role"
    offered = {
        name: [
            link.proto.label for link in open_page("student", name=name, student=str(ann)).get("page_link")
        ]
        for name in ("ada", "finn")
    }
    assert "Details" in offered["ada"]
    assert "Details" not in offered["finn"]
