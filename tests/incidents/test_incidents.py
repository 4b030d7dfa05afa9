"""An incident is found by its number and says where, never whose data; an audit event reads as a sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from school import clock
from school.access.rules import COMMAND_LINE
from school.audit import events, wording
from school.audit import queries as audit
from school.audit import service as auditing
from school.db import Database
from school.incidents import queries, service
from tests import make


def note(database: Database, number: str, *, user_id: int | None = 1, page: str = "/payments") -> None:
    with database.writing() as session:
        service.note(
            session,
            number=number,
            user_id=user_id,
            page=page,
            request_id="one two",
            error="KeyError",
            place="pages/payments.py:41",
        )


def test_the_newest_incident_comes_first_and_whole(database: Database) -> None:
    with clock.set_to(make.NOON):
        note(database, "AAA111")
        note(database, "BBB222", user_id=None)

    with database.reading() as session:
        first, second = queries.latest(session, 10)
    assert (first.number, first.user_id) == ("BBB222", None)
    assert (second.number, second.user_id, second.at) == ("AAA111", 1, make.NOON)
    assert (second.page, second.request_id) == ("/payments", "one two")
    assert (second.error, second.place) == ("KeyError", "pages/payments.py:41")


def test_incidents_come_page_by_page(database: Database) -> None:
    for n in range(5):
        note(database, f"N{n}")

    with database.reading() as session:
        assert [one.number for one in queries.latest(session, 2, offset=2)] == ["N2", "N1"]
        assert queries.count(session) == 5


def test_incidents_are_counted_since_a_moment(database: Database) -> None:
    for days, number in ((9, "OLD"), (3, "NEW"), (0, "NOW")):
        with clock.set_to(make.NOON - timedelta(days=days)):
            note(database, number)

    with database.reading() as session:
        assert queries.count(session, make.NOON - timedelta(days=7)) == 2


def test_it_is_known_how_often_one_person_met_one_on_one_page(database: Database) -> None:
    with clock.set_to(make.NOON):
        note(database, "A")
        note(database, "B")
        note(database, "C", user_id=2)
        note(database, "D", page="/students")

    with database.reading() as session:
        found = queries.of_page(session, user_id=1, page="/payments", since=make.NOON)
        later = queries.of_page(session, user_id=1, page="/payments", since=make.NOON + timedelta(seconds=1))
    assert (found, later) == (2, 0)


def test_a_very_long_page_is_noted_all_the_same(database: Database) -> None:
    note(database, "A", page="/" + "x" * 5000)

    with database.reading() as session:
        assert len(queries.latest(session, 1)[0].page) == service.LENGTH_MAX


def test_every_event_of_the_audit_log_has_words() -> None:
    assert set(wording.WHAT) == events.EVENTS


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"roles": ["finance"]}, {"roles": ["finance", "head"]}, "roles: finance → finance, head"),
        ({"status": "enrolled", "notes": ""}, {"status": "left", "notes": ""}, "status: enrolled → left"),
        ({"notes": "late payer"}, {"notes": ""}, "notes: late payer → nothing"),
        (None, {"name": "ada", "email": ""}, "name: ada"),
        (None, {"guardians": [{"name": "Jo", "phone": "1"}]}, "guardians: Jo, 1"),
        ({"active": True}, {"active": False}, "active: yes → no"),
        ({"address": "Road 1\nHill"}, {"address": "Road 2\nHill"}, "address: Road 1 Hill → Road 2 Hill"),
        (None, None, ""),
    ],
)
def test_what_is_different_is_said_in_words(before: dict, after: dict, said: str) -> None:
    assert wording.difference(before, after) == said


def test_a_subject_goes_by_the_name_it_is_known_under() -> None:
    assert wording.to_what("user:3", {"user:3": "Ada Obi"}) == "Ada Obi"
    assert wording.to_what("class:4", {"user:3": "Ada Obi"}) == "class 4"


def test_the_audit_log_is_read_page_by_page_of_one_subject_or_of_all(database: Database) -> None:
    with database.writing() as session:
        for n in range(3):
            for subject in ("user:1", "user:2"):
                auditing.record(
                    session,
                    actor=COMMAND_LINE,
                    event=events.USER_CHANGED,
                    subject=subject,
                    after={"name": f"name {n}"},
                )

    with database.reading() as session:
        assert [row.subject for row in audit.page(session, limit=2, offset=1)] == ["user:1", "user:2"]
        of_one = audit.page(session, limit=10, subject="user:1")
        assert [row.after for row in of_one] == [{"name": f"name {n}"} for n in (2, 1, 0)]
        assert audit.count(session) == 6
