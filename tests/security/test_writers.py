"""Every writer refuses whoever may not, by the right error and before anything is written, on both engines.

The writers are found by looking; the table in `writers` says what each takes, and a new one must stand there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import ADMINISTRATOR, CAPABILITIES, FINANCE, HEAD, ROLES, Actor
from school.audit.models import AuditEvent
from school.db import Base, Database
from school.errors import NotAllowed, RuleBroken, SignInNeeded
from school.ledger.models import Entry
from tests import databases, make
from tests.security import writers
from tests.security.standings import ENDED, STATES, becomes, moment, somebody
from tests.security.writers import FACTOR, INNER, OWN, PASSWORD, WRITERS, World, Writer

DONE, NOT_ALLOWED, SIGN_IN, NOTHING_THERE = "done", "not allowed", "sign in", "nothing there"


OWNER_ALONE = {"school.checks.service.rebuild"}  # takes guards off for a moment: not the program's own role


class Undo(Exception):
    """Takes back what an allowed call wrote, so that all calls meet the same world."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """On PostgreSQL as the program's own role sees it: so no writer needs more than its rights."""
    with databases.fresh(request.param, role=databases.APP) as fresh:
        yield fresh


@pytest.fixture
def noon() -> Iterator[None]:
    with clock.set_to(make.NOON):
        yield


def test_every_writer_of_every_room_has_a_row_and_every_row_a_writer() -> None:
    assert writers.found() == WRITERS.keys() | INNER.keys()
    assert {writer.capability for writer in WRITERS.values()} <= CAPABILITIES | OWN


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", [ADMINISTRATOR, FINANCE, HEAD])
def test_every_writer_knows_whom_to_refuse(database: Database, noon: None, role: str, state: str) -> None:
    with database.writing() as session:
        about = writers.world(session)
        actor = somebody(session, role)
        if state == "forged":  # ids of sign-ins are nothing the program may change
            actor = replace(actor, sign_in_id="another")
        else:
            becomes(session, actor, state)
    before = content(database)
    asked = {n: w for n, w in WRITERS.items() if database.is_sqlite or n not in OWNER_ALONE}

    with clock.set_to(moment(state)):
        seen = {name: outcome(database, writer, actor, about) for name, writer in asked.items()}

    assert seen == {name: expected(writer, role, state) for name, writer in asked.items()}
    assert content(database) == before


UNTOLD = {
    "school.access.preferences.choose": "how one's own screens look changes nothing of the school's",
    "school.access.second_factors.begin_enrolment": "a secret that counts from its confirmation on",
    "school.drafts.service.keep": "a draft is no fact",
    "school.drafts.service.forget": "a draft is no fact",
    "school.drafts.service.set_aside": "a draft is no fact",
    "school.letters.writing.remind": "nobody of the world is overdue",
    "school.students.calendar.make_school": "the world has a school",
    "school.students.calendar.change_currency": "the world has entries in its currency",
}


def test_every_writer_leaves_a_line_in_the_audit_log_or_an_entry(
    sqlite_database: Database, noon: None
) -> None:
    with sqlite_database.writing() as session:
        about = writers.world(session)

    silent = {name for name, writer in WRITERS.items() if not _tells(sqlite_database, writer, about)}

    assert silent == UNTOLD.keys() & WRITERS.keys()


def _tells(database: Database, writer: Writer, about: World) -> bool:
    told = []
    with suppress(Undo), database.writing() as session:
        actor = somebody(session, next((r for r in ROLES if writer.capability in ROLES[r]), HEAD))
        session.flush()
        before = _last(session)
        writer.call(session, actor, about)
        session.flush()
        told.append(_last(session) != before)
        raise Undo
    return told == [True]


def _last(session: Session) -> tuple[int | None, int | None]:
    return session.scalar(select(func.max(AuditEvent.id))), session.scalar(select(func.max(Entry.id)))


def outcome(database: Database, writer: Writer, actor: Actor, about: World) -> str:
    try:
        with database.writing() as session:
            writer.call(session, actor, about)
            session.flush()
            raise Undo
    except Undo:
        return DONE
    except SignInNeeded:
        return SIGN_IN
    except NotAllowed:
        return NOT_ALLOWED
    except RuleBroken:
        return NOTHING_THERE


def expected(writer: Writer, role: str, state: str) -> str:
    if state in ENDED:
        return SIGN_IN
    if writer.capability in OWN:
        return _expected_of_own(writer, state)
    if state != "live":
        return NOT_ALLOWED
    return DONE if writer.capability in ROLES[role] else NOT_ALLOWED


def _expected_of_own(writer: Writer, state: str) -> str:
    if state == "must change password" and writer.capability != PASSWORD:
        return NOT_ALLOWED
    return NOTHING_THERE if state == "must enrol" and writer.capability == FACTOR else DONE


def content(database: Database) -> dict[str, list[Any]]:
    """Every row of every table."""
    tables: list[Table] = Base.metadata.sorted_tables
    with database.reading() as session:
        return {table.name: sorted(map(repr, session.execute(select(table)))) for table in tables}
