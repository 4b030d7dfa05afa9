"""Whoever asks what was changed finds it by name, person, event, reason and day, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from school import clock
from school.access import service as access
from school.access.rules import COMMAND_LINE, HEAD
from school.audit import events, wording
from school.db import Database
from school.fees import grants, schemes
from school.reports import audit_facts, audit_log
from school.reports.audit_log import Asked
from school.students import queries
from school.students import service as students
from school.ui.audit_view import csv_file
from tests import make, people
from tests.fees import structure


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    """On 20 March a school with Zoë and hope; on the 21st ada moves Zoë and disables hope: "left us"."""
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        zoe = make.student(session, "Zoë Abel")
        people.everybody(session)
        ada = people.signed_in(session, 1)
        hope = people.user(session, HEAD, name="hope.2")
    with clock.set_to(make.NOON + timedelta(days=1)):
        with database.writing() as session:
            ada = people.signed_in(session, 1)
            form_2 = queries.classes(session)[1].id
            students.change_student(session, actor=ada, student_id=zoe, class_id=form_2)
            access.disable(session, actor=ada, user_id=hope, reason="left us")
        yield database


def found(database: Database, **asked: object) -> list[tuple[str, str]]:
    with database.reading() as session:
        rows = audit_log.page(session, Asked(**asked))  # type: ignore[arg-type]
    return [(row.event, row.about) for row in rows]


MOVED, DISABLED = (events.STUDENT_CHANGED, "Zoë Abel"), (events.USER_DISABLED, "Hope.2")
ADDED = (events.STUDENT_ADDED, "Zoë Abel")


def test_it_is_found_by_every_word_of_name_person_event_and_reason(books: Database) -> None:
    assert found(books, text="zoe") == [MOVED, ADDED]
    assert found(books, text="ABEL changed") == [MOVED]
    assert found(books, text="left us hope") == [DISABLED]
    assert found(books, text="ada") == [DISABLED, MOVED]
    assert found(books, text="form") == [
        (events.CLASS_ADDED, "Form 2"),
        (events.CLASS_ADDED, "Form 1"),
    ]
    assert found(books, text="100% nobody_") == []


def test_what_has_a_number_is_told_found_and_explained_by_its_name(books: Database) -> None:
    with clock.set_to(make.NOON + timedelta(days=2)), books.writing() as session:
        structure.fees(session)
        form_1 = queries.classes(session)[0].id
        structure.set_fee(session, "MEALS", 300_00, class_id=form_1, term_id=structure.term_id(session))
        code = schemes.add_scheme(session, actor=COMMAND_LINE, name="Board bursary", kind="bursary")
        grants.request(
            session,
            actor=COMMAND_LINE,
            request_id=make.request_id(),
            student_id=1,
            scheme=code,
            share_bp=50_00,
            reason="board decision",
            valid_from=make.TODAY,
        )

    assert found(books, text="meals form")[0] == (events.FEE_SET, "Meals, Form 1, Term 2 2026")
    assert found(books, event=events.PLAN_SET) == [(events.PLAN_SET, "Three parts")]
    assert found(books, text="zoe")[0] == (events.GRANT_REQUESTED, "Board bursary for Zoë Abel")
    with books.reading() as session:
        (fee,) = audit_log.page(session, Asked(event=events.FEE_SET), limit=1)
    assert fee.after is not None
    assert [fee.after[key] for key in ("year_id", "term_id", "class_id", "account", "plan_id")] == [
        "2026",
        "Term 2 2026",
        "Form 1",
        "Meals",
        None,
    ]


def test_it_is_filtered_by_person_event_subject_and_day(books: Database) -> None:
    assert found(books, actor="ada") == [DISABLED, MOVED]
    assert found(books, event=events.STUDENT_ADDED) == [ADDED]
    assert found(books, subject="student:1") == [MOVED, ADDED]
    assert found(books, since=date(2026, 3, 21), until=date(2026, 3, 21)) == [DISABLED, MOVED]
    assert found(books, until=date(2026, 3, 19)) == []
    assert found(books, actor="ada", event=events.STUDENT_ADDED) == []


def test_amounts_shares_and_years_are_told_as_people_write_them(books: Database) -> None:
    kept = {"year_id": 1, "amount": 650_00, "share_bp": 2_500, "position": 3, "active": True}
    with books.reading() as session:
        told = audit_facts.names(session, [kept]).told(kept)

    assert told == {"year_id": "2026", "amount": "650.00", "share_bp": "25 %", "position": 3, "active": True}
    said = "year: 2026; amount: 650.00; share: 25 %; position: 3; active: yes"
    assert wording.difference(None, told) == said


def test_classes_are_told_by_name_and_the_file_holds_what_matches(books: Database) -> None:
    with books.reading() as session:
        (moved,) = audit_log.page(session, Asked(event=events.STUDENT_CHANGED))
        rows = list(audit_log.everything(session, Asked(actor="ada"), most=9))

    assert (moved.before, moved.after) == ({"class_id": "Form 1"}, {"class_id": "Form 2"})
    file = csv_file(rows).decode("utf-8-sig").splitlines()
    assert file[0].startswith("at,who,what")
    assert len(file) == 3
    assert "left us" in file[1]


def test_pages_follow_one_another_without_a_gap_while_the_log_grows(books: Database) -> None:
    with books.reading() as session:
        everything = [row.id for row in audit_log.everything(session, Asked(), most=999)]
        first = [row.id for row in audit_log.page(session, Asked(), limit=3)]
    with books.writing() as session:
        students.add_class(session, actor=COMMAND_LINE, name="Form 3")
    with books.reading() as session:
        second = [row.id for row in audit_log.page(session, Asked(), older_than=first[-1], limit=3)]
        in_threes = [row.id for row in audit_log.everything(session, Asked(), most=5, chunk=3)]

    assert first + second == everything[:6]
    assert len(in_threes) == 5
