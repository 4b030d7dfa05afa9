"""Whoever looks after users sees everybody, where each is signed in, and who tried to get in, as of now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from school import clock
from school.access import attempts, invitations, listing, passwords, service, sign_ins
from school.access.attempts import AttemptGroup, AttemptTotals
from school.access.models import SignInAttempt, User
from school.access.rules import ADMINISTRATOR, COMMAND_LINE, FINANCE, HEAD
from school.db import Database
from school.errors import NotFound
from school.settings import settings
from tests import people

MORNING = datetime(2026, 3, 20, 8, tzinfo=UTC)
IDLE = timedelta(minutes=settings().idle_minutes_max)
SINCE = MORNING - timedelta(days=7)


@pytest.fixture(autouse=True)
def morning() -> Any:
    with clock.set_to(MORNING):
        yield


def tried(session: Session, name: str, address: str, *, days_ago: int = 0, right: bool = False) -> None:
    at = MORNING - timedelta(days=days_ago)
    session.add(SignInAttempt(at=at, name=name, address=address, succeeded=right))
    session.flush()


def invited(session: Session) -> int:
    made = invitations.invite(
        session, actor=COMMAND_LINE, name="bea", full_name="Bea Bell", email="", roles=[FINANCE]
    )
    return made.user_id


def nothing(session: Session, user_id: int) -> None:
    pass


def take_code(session: Session, user_id: int) -> None:
    invitations.revoke(session, actor=COMMAND_LINE, user_id=user_id)


def wait(session: Session, user_id: int) -> None:
    clock._set_to = MORNING + timedelta(hours=settings().invitation_hours_max)


def choose(session: Session, user_id: int) -> None:
    made = invitations.reset(session, actor=COMMAND_LINE, user_id=user_id)
    invitations.accept(session, code=made.code, password=passwords.Chosen(people.cheap_hash("otters")))


def disable(session: Session, user_id: int) -> None:
    service.disable(session, actor=COMMAND_LINE, user_id=user_id, reason="left")


def throw_away(session: Session, user_id: int) -> None:
    choose(session, user_id)
    session.get_one(User, user_id).is_demo = True


STATES: list[tuple[Callable[[Session, int], None], str, bool]] = [
    (nothing, "invited", True),
    (take_code, "lapsed", False),
    (wait, "lapsed", True),
    (choose, "active", False),
    (disable, "disabled", True),
    (throw_away, "demo", False),
]


@pytest.mark.parametrize(("happens", "state", "code"), STATES)
def test_the_state_of_a_user_is_one_word(
    database: Database, happens: Callable[[Session, int], None], state: str, code: bool
) -> None:
    with database.writing() as session:
        people.user(session, ADMINISTRATOR)
        user_id = invited(session)
        happens(session, user_id)

    with database.reading() as session:
        found = listing.user(session, user_id)
    assert (found.state, found.code_expires_at is not None) == (state, code)


def test_everybody_stands_with_roles_and_open_sign_ins_by_name(database: Database) -> None:
    with database.writing() as session:
        people.user(session, ADMINISTRATOR, name="zoe")
        amy = people.user(session, HEAD, FINANCE, name="amy")
        people.signed_in(session, amy)
        sign_ins.sign_out(session, sign_in_id=str(people.signed_in(session, amy).sign_in_id))
        people.signed_in(session, amy)

    with database.reading() as session:
        found = listing.users(session)
    told = [(u.called, u.roles, u.open_sign_ins, u.last_seen_at, u.second_factor) for u in found]
    assert told == [
        ("Amy", ("finance", "head"), 2, MORNING, False),
        ("Zoe", ("administrator",), 0, None, False),
    ]


def test_a_list_of_many_costs_as_many_statements_as_a_list_of_one(database: Database) -> None:
    asked: list[str] = []
    with database.writing() as session:
        for i in range(60):
            people.signed_in(session, people.user(session, FINANCE, name=f"u{i}"))
            tried(session, f"u{i}", "10.0.0.1")

    with database.reading() as session:
        session.connection()
        event.listen(database.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
        assert len(listing.users(session)) == 60
        assert len(listing.open_sign_ins(session)) == 60
        assert len(attempts.grouped(session, SINCE)) == 60
        assert len(attempts.singly(session, SINCE)) == 60

    assert len(asked) == 5


def test_nobody_is_not_found(database: Database) -> None:
    with database.reading() as session, pytest.raises(NotFound):
        listing.user(session, 99)


def test_a_sign_in_says_when_and_why_it_ended(database: Database) -> None:
    with database.writing() as session:
        finn = people.user(session, FINANCE)
        ended = people.signed_in(session, finn)
        idle = people.signed_in(session, finn)
        sign_ins.sign_out(session, sign_in_id=str(ended.sign_in_id))
    clock._set_to = MORNING + IDLE
    with database.writing() as session:
        fresh = sign_ins.open_sign_in(session, user_id=finn, address="10.0.0.7", user_agent="Agent")

    with database.reading() as session:
        first, *rest = listing.sign_ins_of(session, finn)
        open_now = listing.open_sign_ins(session)
        count = listing.open_count(session, finn)
    assert (first.id, first.is_open, first.address, first.user_agent) == (fresh.id, True, "10.0.0.7", "Agent")
    assert {(s.id, s.ended_at, s.ended_why) for s in rest} == {
        (ended.sign_in_id, MORNING, "signed out"),
        (idle.sign_in_id, MORNING + IDLE, "it was left unused"),
    }
    assert ([s.id for s in open_now], count) == ([fresh.id], 1)


def test_failed_attempts_are_grouped_by_name_and_address_the_latest_first(database: Database) -> None:
    with database.writing() as session:
        finn = people.user(session, FINANCE)
        for _ in range(3):
            tried(session, "finn", "10.0.0.1", days_ago=2)
        tried(session, "finn", "10.0.0.2", days_ago=1)
        tried(session, "nobody", "10.0.0.2")
        tried(session, "finn", "10.0.0.2", right=True)
        tried(session, "finn", "10.0.0.1", days_ago=8)

    with database.reading() as session:
        found = attempts.grouped(session, SINCE)
        in_all = attempts.totals(session, SINCE)
        of_finn = attempts.singly(session, SINCE, name="finn")
    assert found == [
        AttemptGroup("nobody", None, "", "10.0.0.2", 1, MORNING),
        AttemptGroup("finn", finn, "Finn", "10.0.0.2", 1, MORNING - timedelta(days=1)),
        AttemptGroup("finn", finn, "Finn", "10.0.0.1", 3, MORNING - timedelta(days=2)),
    ]
    assert in_all == AttemptTotals(count=5, names=2, addresses=2)
    assert [(a.at, a.address) for a in of_finn] == [
        (MORNING - timedelta(days=1), "10.0.0.2"),
        *[(MORNING - timedelta(days=2), "10.0.0.1")] * 3,
    ]


def test_guessed_codes_are_one_group_without_a_name(database: Database) -> None:
    with database.writing() as session:
        for i in range(4):
            tried(session, invitations.guess_name(f"0000-1111-2222-333{i}"), "10.0.0.9")

    with database.reading() as session:
        found = attempts.grouped(session, SINCE)
    assert found == [AttemptGroup("", None, "", "10.0.0.9", 4, MORNING)]
