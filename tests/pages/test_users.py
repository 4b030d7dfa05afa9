"""Administrators invite, change, reset and disable; every act is asked about first, done once and told."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from school.access import invitations, listing, passwords, queries, second_factors, sign_ins
from school.access.models import Invitation, SignIn, SignInAttempt, User
from school.access.rules import COMMAND_LINE, FINANCE
from school.db import Database
from tests import make, people
from tests.pages.conftest import Open
from tests.pages.test_payments import errors, text

BEA = {"full_name": "Bea Bell", "name": "bea", "email": "bea@example.org"}


def id_of(books: Database, name: str) -> int:
    with books.reading() as session:
        return session.scalars(select(User.id).where(User.name == name)).one()


def state(books: Database, user_id: int) -> str:
    with books.reading() as session:
        return listing.user(session, user_id).state


def count(books: Database, table: type) -> int:
    with books.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def of(books: Database, open_page: Open, name: str, **address: str) -> AppTest:
    return open_page("users", name="ada", user=str(id_of(books, name)), **address)


def press(at: AppTest, **fields: object) -> AppTest:
    """Fills in the open dialog and presses its button."""
    for name, value in fields.items():
        at.get_by_key(f"users.{name}").set_value(value)
    at.button(key="users.press").click().run()
    assert not at.exception
    return at


def invite(open_page: Open, **fields: object) -> AppTest:
    at = open_page("users", name="ada", do="invite")
    return press(at, **{**BEA, "roles": [FINANCE], **fields})


def code(at: AppTest) -> str:
    """The code on the screen; there is one."""
    found = re.findall(r"\?code=(\S+)", at.code[0].value)
    assert len(found) == 1
    return str(found[0])


def column(at: AppTest, heading: str) -> list[str]:
    return list(at.dataframe[0].value[heading]) if at.dataframe else []


def test_everybody_stands_with_state_and_roles(books: Database, open_page: Open) -> None:
    at = open_page("users", name="ada")

    assert not at.exception
    assert column(at, "User") == ["Ada", "Finn", "Hope"]
    assert column(at, "Roles") == ["Administrator", "Finance", "Head teacher"]
    assert "**3 users**, of them 1 signed in" in text(at)


FILTERS = {
    "a name": ({"users.search": "fin"}, ["Finn"]),
    "a role": ({"users.role": "Head teacher"}, ["Hope"]),
    "a state": ({"users.state": "Active"}, ["Ada", "Finn", "Hope"]),
    "nobody": ({"users.state": "Disabled"}, []),
    "what is not there": ({"users.role": "God"}, ["Ada", "Finn", "Hope"]),
}


@pytest.mark.parametrize(("address", "names"), FILTERS.values(), ids=FILTERS)
def test_users_are_filtered_by_the_address(
    open_page: Open, address: dict[str, str], names: list[str]
) -> None:
    at = open_page("users", name="ada", **address)

    assert not at.exception
    assert column(at, "User") == names


@pytest.mark.parametrize("name", ["finn", "hope"])
def test_the_page_is_for_who_manages_users(open_page: Open, name: str) -> None:
    at = open_page("users", name=name, do="invite")

    assert at.title[0].value == "Not for your role"
    assert not at.dataframe


@pytest.mark.parametrize("wanted", ["999", "9" * 17])
def test_no_such_user_is_said_kindly(open_page: Open, wanted: str) -> None:
    at = open_page("users", name="ada", user=wanted)

    assert not at.exception
    assert "There is no such user." in text(at)


def test_an_invitation_shows_a_code_that_works(books: Database, open_page: Open) -> None:
    at = invite(open_page)

    assert at.title[0].value == "Bea Bell"
    assert [told.value for told in at.success] == ["Bea Bell is invited\\."]
    with books.reading() as session:
        found = invitations.facts(session, code(at))
    assert found is not None
    assert (found.name, found.purpose) == ("bea", "welcome")
    assert "do" not in at.query_params


def test_a_code_is_shown_until_it_is_handed_over_and_to_nobody_else(books: Database, open_page: Open) -> None:
    at = invite(open_page)

    again = of(books, open_page, "bea")
    at.button(key="users.handed_over").click().run()

    assert not again.code
    assert not at.code
    assert state(books, id_of(books, "bea")) == "invited"


def test_a_second_press_makes_neither_a_second_user_nor_a_second_code(
    books: Database, open_page: Open
) -> None:
    at = open_page("users", name="ada", do="invite")
    doing = at.session_state["users.doing"]
    press(at, **BEA, roles=[FINANCE])
    first = code(at)
    at.session_state["users.doing"] = doing
    at.query_params["do"], at.query_params["action"] = "invite", doing.request_id
    at.run()

    assert code(at) == first
    assert count(books, Invitation) == 1


def test_an_invitation_of_somebody_who_is_there_is_refused_beside_the_name(
    books: Database, open_page: Open
) -> None:
    at = invite(open_page, name="Finn")

    assert errors(at) == ["There is already a user called finn. Choose another name."]
    assert at.text_input(key="users.name").value == "Finn"
    assert at.text_input(key="users.full_name").value == "Bea Bell"
    assert count(books, User) == 3


def test_changes_of_name_and_roles_are_one_fact_and_stand_in_the_history(
    books: Database, open_page: Open
) -> None:
    at = of(books, open_page, "finn", do="change")
    press(at, full_name="Finn Ferry", roles=[FINANCE, "head"])

    again = of(books, open_page, "finn", **{"users.of": "History"})

    assert at.title[0].value == "Finn Ferry"
    assert column(again, "What") == ["Changed roles", "Changed a user"]
    assert column(again, "Before and after") == [
        "roles: finance → finance, head",
        "name in full: Finn → Finn Ferry",
    ]


def test_a_change_without_a_role_changes_nothing_at_all(books: Database, open_page: Open) -> None:
    at = of(books, open_page, "finn", do="change")
    press(at, full_name="Finn Ferry", roles=[])

    assert errors(at) == ["Choose at least one role."]
    with books.reading() as session:
        assert listing.user(session, id_of(books, "finn")).full_name == "Finn"


def test_the_last_administrator_cannot_be_demoted(books: Database, open_page: Open) -> None:
    at = of(books, open_page, "ada", do="change")
    press(at, roles=[FINANCE])

    assert "This is the last administrator. Make somebody else an administrator first." in errors(at)


def test_a_reset_ends_sign_ins_kills_the_password_and_shows_a_code(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        cookie = people.cookie(session, id_of(books, "finn"))

    at = press(of(books, open_page, "finn", do="reset"))

    with books.reading() as session:
        assert queries.sign_in_of_token(session, cookie) is None
        row = session.get_one(User, id_of(books, "finn"))
        assert not passwords.matches(people.PASSWORD, row.password_hash)
        found = invitations.facts(session, code(at))
    assert found is not None
    assert found.purpose == "reset"


def test_a_user_is_disabled_with_a_reason_and_let_in_again(books: Database, open_page: Open) -> None:
    finn = id_of(books, "finn")

    at = press(of(books, open_page, "finn", do="disable"))
    refused = errors(at)
    press(at, reason="left the school")
    disabled = state(books, finn)
    press(of(books, open_page, "finn", do="enable"))

    assert refused == ["Say why. The reason is kept in the history."]
    assert (disabled, state(books, finn)) == ("disabled", "active")


@pytest.mark.parametrize("do", ["disable", "reset", "remove_factor", "enable", "nonsense", "end"])
def test_what_does_not_fit_is_not_offered_to_oneself(books: Database, open_page: Open, do: str) -> None:
    at = of(books, open_page, "ada", do=do)

    assert not at.exception
    assert "users.press" not in {button.key for button in at.button}


def test_one_sign_in_is_ended_and_the_others_stay(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        finn = session.scalars(select(User.id).where(User.name == "finn")).one()
        here, there = people.signed_in(session, finn), people.signed_in(session, finn)

    at = of(books, open_page, "finn")
    at.button(key=f"users.end_{there.sign_in_id}").click().run()
    press(at)

    with books.reading() as session:
        alive = [queries.is_alive(session, str(actor.sign_in_id)) for actor in (here, there)]
    assert alive == [True, False]
    assert column(at, "Why") == ["an administrator ended it"]


def test_all_sign_ins_of_somebody_are_ended_at_once(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        finn = session.scalars(select(User.id).where(User.name == "finn")).one()
        people.signed_in(session, finn)
        people.signed_in(session, finn)

    press(of(books, open_page, "finn", do="end_all"))

    with books.reading() as session:
        assert listing.open_count(session, finn) == 0
        assert (
            session.scalars(select(SignIn.revoked_why).where(SignIn.user_id == finn)).all()
            == ["an administrator ended it"] * 2
        )


def test_a_code_is_taken_back(books: Database, open_page: Open) -> None:
    invite(open_page)

    press(of(books, open_page, "bea", do="revoke"))

    assert state(books, id_of(books, "bea")) == "lapsed"


def test_two_administrators_on_one_user_do_not_overwrite_each_other(books: Database, open_page: Open) -> None:
    first = of(books, open_page, "finn", do="change")
    press(of(books, open_page, "finn", do="change"), roles=["head"])

    press(first, roles=[FINANCE, "administrator"])

    assert "Somebody else has changed these roles in the meantime. Look again, then decide." in errors(first)
    with books.reading() as session:
        assert listing.user(session, id_of(books, "finn")).roles == ("head",)


def test_failed_attempts_say_whose_name_it_was(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        for name in ("finn", "finn", "zed", invitations.guess_name("0000-1111-2222-3333")):
            session.add(SignInAttempt(at=make.NOON, name=name, address="10.0.0.9", succeeded=False))

    at = open_page("users", name="ada", **{"users.view": "Failed attempts"})
    one = of(books, open_page, "finn", **{"users.of": "Failed attempts"})

    assert "**4 failed attempts** under 3 names from 1 address" in text(at)
    told = list(zip(column(at, "Name"), column(at, "User"), column(at, "Attempts"), strict=True))
    assert told == [
        ("A code", "No such code", "1"),
        ("finn", "Finn", "2"),
        ("zed", "Nobody is called so", "1"),
    ]
    assert column(one, "Address") == ["10.0.0.9", "10.0.0.9"]


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ("Failed attempts", "Nobody was refused in this time."),
        ("Open sign-ins", "**1 open sign-in** of 1 user"),
    ],
)
def test_a_quiet_school_is_said_to_be_quiet(open_page: Open, view: str, said: str) -> None:
    at = open_page("users", name="ada", **{"users.view": view})

    assert not at.exception
    assert said in text(at)


def test_a_second_factor_is_asked_of_a_role(books: Database, open_page: Open) -> None:
    at = open_page("users", name="ada", **{"users.view": "Second factor"})
    at.checkbox(key="users.factor_finance").check()
    at.button(key="users.keep_factors").click().run()

    assert not at.exception
    assert "1 of 1 would have to set one up: Finn." in text(at)
    with books.reading() as session:
        assert second_factors.required_roles(session) == {"finance"}


def test_a_hostile_name_is_shown_as_it_is(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        invitations.invite(
            session,
            actor=COMMAND_LINE,
            name="eve",
            full_name="**Eve** :red[x] <b> $y$",
            email="",
            roles=[FINANCE],
        )
        sign_ins.open_sign_in(session, user_id=id_of(books, "hope"))

    at = of(books, open_page, "eve")

    assert not at.exception
    assert at.title[0].value == r"\*\*Eve\*\* \:red\[x\] \<b\> \$y\$"
