"""A draft is what one user left in one form: kept once, gone when it is a fact, given up or a week old."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from school import clock
from school.access.models import SignIn
from school.access.rules import COMMAND_LINE, FINANCE, Actor
from school.db import Database
from school.drafts import queries, service
from school.drafts.models import Draft
from school.errors import BadInput, NotAllowed, SignInNeeded
from tests import people

FORM, REQUEST = "payment", "2f0c1a52-8a9c-4b77-9b57-6f4f8f3f5a11"


def clerk(books: Database, name: str) -> Actor:
    with books.writing() as session:
        return people.signed_in(session, people.user(session, FINANCE, name=name))


def keep(books: Database, actor: Actor, request_id: str = REQUEST, **fields: object) -> None:
    with books.writing() as session:
        service.keep(session, actor=actor, form=FORM, request_id=request_id, fields=fields)


def fields(books: Database, actor: Actor, request_id: str = REQUEST) -> dict[str, object] | None:
    with books.reading() as session:
        return queries.fields(session, user_id=actor.user_id or 0, form=FORM, request_id=request_id)


def unfinished(books: Database, actor: Actor, limit: int = 10) -> list[str]:
    with books.reading() as session:
        found = queries.unfinished(session, user_id=actor.user_id or 0, form=FORM, limit=limit)
    return [one.request_id for one in found]


def rows(books: Database) -> int:
    with books.reading() as session:
        return session.scalar(select(func.count()).select_from(Draft)) or 0


def test_what_is_kept_comes_back_as_it_was(database: Database) -> None:
    finn = clerk(database, "finn")

    keep(database, finn, amount="400", split=True, day="2026-03-20", charge=7, nobody=None)

    expected = {"amount": "400", "split": True, "day": "2026-03-20", "charge": 7, "nobody": None}
    assert fields(database, finn) == expected


def test_the_last_one_kept_stands(database: Database) -> None:
    finn = clerk(database, "finn")

    keep(database, finn, amount="4", reference="QX")
    keep(database, finn, amount="400")

    assert fields(database, finn) == {"amount": "400"}
    assert rows(database) == 1


def test_it_never_reaches_another_user(database: Database) -> None:
    finn, fay = clerk(database, "finn"), clerk(database, "fay")
    keep(database, finn, amount="400")

    keep(database, fay, amount="7")
    with database.writing() as session:
        service.forget(session, actor=fay, form=FORM, request_id=REQUEST)

    assert fields(database, fay) is None
    assert unfinished(database, fay) == []
    assert fields(database, finn) == {"amount": "400"}


def test_what_is_forgotten_is_gone_and_may_be_forgotten_twice(database: Database) -> None:
    finn = clerk(database, "finn")
    keep(database, finn, amount="400")

    for _ in range(2):
        with database.writing() as session:
            service.forget(session, actor=finn, form=FORM, request_id=REQUEST)

    assert fields(database, finn) is None


def test_it_is_forgotten_only_with_the_fact_it_became(database: Database) -> None:
    finn = clerk(database, "finn")
    keep(database, finn, amount="400")

    with suppress(ZeroDivisionError), database.writing() as session:
        service.forget(session, actor=finn, form=FORM, request_id=REQUEST)
        _ = 1 / 0  # the fact it goes with is not recorded after all

    assert fields(database, finn) == {"amount": "400"}


def test_the_next_one_kept_sweeps_this_users_of_last_week_and_no_others(database: Database) -> None:
    finn, fay = clerk(database, "finn"), clerk(database, "fay")
    now = clock.now()
    with clock.set_to(now - timedelta(days=7, seconds=1)):
        keep(database, finn, "old", amount="1")
        keep(database, fay, "old", amount="2")
    with clock.set_to(now - timedelta(days=6)):
        keep(database, finn, "recent", amount="3")

    with clock.set_to(now):
        keep(database, finn, "new", amount="4")

    assert unfinished(database, finn) == ["new", "recent"]
    assert unfinished(database, fay) == ["old"]


def test_the_last_one_left_is_offered_first(database: Database) -> None:
    finn = clerk(database, "finn")
    now = clock.now()
    for minutes in range(5):
        with clock.set_to(now + timedelta(minutes=minutes)):
            keep(database, finn, f"request-{minutes}", amount="1")

    assert unfinished(database, finn, limit=2) == ["request-4", "request-3"]


@pytest.mark.parametrize("stored", ["[1, 2]", "null", '"text"', "17"])
def test_a_row_that_holds_no_fields_hides_no_other(database: Database, stored: str) -> None:
    finn = clerk(database, "finn")
    keep(database, finn, "odd", amount="1")
    keep(database, finn, "sound", amount="2")
    with database.writing() as session:
        session.execute(text("UPDATE draft SET fields = :odd WHERE request_id = 'odd'"), {"odd": stored})

    assert fields(database, finn, "odd") is None
    assert unfinished(database, finn) == ["sound"]


def test_a_row_that_is_no_json_hides_no_other_and_is_replaced(sqlite_database: Database) -> None:
    finn = clerk(sqlite_database, "finn")
    keep(sqlite_database, finn, "odd", amount="1")
    keep(sqlite_database, finn, "sound", amount="2")
    with sqlite_database.writing() as session:
        session.execute(text("UPDATE draft SET fields = '{\"amount' WHERE request_id = 'odd'"))

    assert fields(sqlite_database, finn, "odd") is None
    assert unfinished(sqlite_database, finn) == ["sound"]
    keep(sqlite_database, finn, "odd", amount="3")
    assert fields(sqlite_database, finn, "odd") == {"amount": "3"}


@pytest.mark.parametrize(
    "wrong",
    [{"form": "f" * 65}, {"request_id": "r" * 65}, {"fields": {"payments.reference": "x" * 20_000}}],
    ids=["form", "request id", "fields"],
)
def test_what_no_form_holds_is_refused(database: Database, wrong: dict[str, object]) -> None:
    finn = clerk(database, "finn")
    sound = {"form": FORM, "request_id": REQUEST, "fields": {"amount": "1"}}

    with pytest.raises(BadInput), database.writing() as session:
        service.keep(session, actor=finn, **{**sound, **wrong})  # type: ignore[arg-type]

    assert rows(database) == 0


def test_who_is_signed_out_keeps_and_forgets_nothing(database: Database) -> None:
    finn = clerk(database, "finn")
    keep(database, finn, amount="400")
    with database.writing() as session:
        session.execute(update(SignIn).values(revoked_at=clock.now()))

    with pytest.raises(SignInNeeded):
        keep(database, finn, amount="500")
    with pytest.raises(SignInNeeded), database.writing() as session:
        service.forget(session, actor=finn, form=FORM, request_id=REQUEST)

    assert fields(database, finn) == {"amount": "400"}


def test_who_must_choose_a_password_first_keeps_nothing(database: Database) -> None:
    with database.writing() as session:
        new = people.signed_in(session, people.user(session, FINANCE, name="new", must_change=True))

    with pytest.raises(NotAllowed):
        keep(database, new, amount="1")


def test_the_command_line_leaves_no_drafts(database: Database) -> None:
    with pytest.raises(BadInput):
        keep(database, COMMAND_LINE, amount="1")
