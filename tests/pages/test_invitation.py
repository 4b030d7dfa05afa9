"""What a code opens is for its person alone: a refusal stands beside its field, and nothing else is told."""

from __future__ import annotations

import re

import pyotp
import pytest
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from school import clock
from school.access import invitations, passwords, second_factors, sign_ins
from school.access.models import SignIn, SignInAttempt, User
from school.access.rules import COMMAND_LINE, FINANCE, LONGEST_WAIT
from school.db import Database
from tests import make, people
from tests.pages.conftest import Open
from tests.pages.test_payments import errors, text

GOOD = "seven quiet otters swim"
GUESS = "0123-4567-89AB-CDEF"


@pytest.fixture
def code(books: Database) -> str:
    """A code for Bea Bell."""
    with books.writing() as session:
        return invitations.invite(
            session, actor=COMMAND_LINE, name="bea", full_name="Bea Bell", email="", roles=[FINANCE]
        ).code


def choose(at: AppTest, first: str, again: str | None = None) -> AppTest:
    at.text_input(key="invitation.first").set_value(first)
    at.text_input(key="invitation.again").set_value(first if again is None else again)
    at.button(key="invitation.keep").click().run()
    assert not at.exception
    return at


def password_of(books: Database, name: str) -> str:
    with books.reading() as session:
        return session.scalars(select(User.password_hash).where(User.name == name)).one()


def counted(books: Database, name: str) -> int:
    with books.reading() as session:
        attempts = select(func.count()).select_from(SignInAttempt).where(SignInAttempt.name == name)
        return session.scalar(attempts.where(~SignInAttempt.succeeded)) or 0


def test_a_code_says_for_whom_it_is_and_signs_in_with_the_password_chosen(
    books: Database, open_page: Open, code: str
) -> None:
    at = open_page("today", code=code)
    assert at.header[0].value == "Welcome, Bea Bell"
    assert at.title[0].value == "Hill School"

    choose(at, GOOD)

    assert at.title[0].value.startswith("Today")
    assert "code" not in at.query_params
    assert passwords.matches(GOOD, password_of(books, "bea"))


WRONG = {
    "too short": (("otters", None), "Choose a password of at least 10 characters."),
    "easy to guess": (("password12", None), "This password is easy to guess."),
    "the own name": (("bea bell bea", None), "This password is easy to guess."),
    "the school's name": (("hill school", None), "This password is easy to guess."),
    "not the same": ((GOOD, GOOD + "!"), "The two are not the same."),
    "nothing": (("", None), "Choose a password of at least 10 characters."),
}


@pytest.mark.parametrize(("typed", "sentence"), WRONG.values(), ids=WRONG)
def test_a_password_that_will_not_do_is_refused_and_the_code_stays_good(
    books: Database, open_page: Open, code: str, typed: tuple[str, str | None], sentence: str
) -> None:
    at = choose(open_page("today", code=code), *typed)
    (refused,) = errors(at)

    choose(at, GOOD)

    assert refused.startswith(sentence)
    assert at.title[0].value.startswith("Today")


@pytest.mark.parametrize("typed", [GUESS, "half a code", "x" * 5_000, "' OR 1=1", "<b>**x**"])
def test_whatever_is_wrong_with_a_code_the_sentence_is_one(open_page: Open, code: str, typed: str) -> None:
    at = open_page("today", code=typed)

    assert not at.exception
    assert errors(at) == [invitations.USELESS]
    assert not [field for field in at.text_input if field.key != "invitation.code"]


def test_a_guess_is_counted_once_however_often_the_page_runs(books: Database, open_page: Open) -> None:
    at = open_page("today", code=GUESS)
    at.run()
    at.run()

    assert counted(books, invitations.guess_name(GUESS)) == 1


def test_an_old_code_is_no_guess(books: Database, open_page: Open, code: str) -> None:
    with books.writing() as session:
        user_id = session.scalars(select(User.id).where(User.name == "bea")).one()
        invitations.revoke(session, actor=COMMAND_LINE, user_id=user_id)

    at = open_page("today", code=code)

    assert errors(at) == [invitations.USELESS]
    assert counted(books, invitations.guess_name(code)) == 0


def test_who_guesses_on_is_told_to_wait(books: Database, open_page: Open) -> None:
    for _ in range(5):
        with books.writing() as session:
            sign_ins.begin(session, name=invitations.guess_name(GUESS), address="")

    at = open_page("today", code=GUESS)

    (told,) = errors(at)
    assert re.match(r"Too many attempts with a wrong code. Wait .* and try again.", told)


def test_while_one_waits_no_code_is_looked_at_and_then_it_is(
    books: Database, open_page: Open, code: str
) -> None:
    for _ in range(5):
        with books.writing() as session:
            sign_ins.begin(session, name=invitations.guess_name(code), address="")

    at = open_page("today", code=code)

    assert "Too many attempts with a wrong code." in errors(at)[0]
    assert "Bea" not in text(at)
    assert counted(books, invitations.guess_name(code)) == 5
    with clock.set_to(make.NOON + LONGEST_WAIT):
        assert at.run().header[0].value == "Welcome, Bea Bell"


def test_a_reset_does_not_lead_past_the_second_factor(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        finn = session.scalars(select(User.id).where(User.name == "finn")).one()
        actor = people.signed_in(session, finn)
        secret = second_factors.begin_enrolment(session, actor=actor, issuer="Hill School").secret
        second_factors.confirm(session, actor=actor, code=pyotp.TOTP(secret).at(clock.now()))
        code = invitations.reset(session, actor=COMMAND_LINE, user_id=finn).code

    at = choose(open_page("today", code=code), GOOD)

    assert at.header[0].value == "Second step"
    with books.reading() as session:
        assert (
            session.scalars(select(SignIn).where(SignIn.user_id == finn, SignIn.revoked_at.is_(None))).all()
            == []
        )
    with clock.set_to(make.NOON.replace(minute=make.NOON.minute + 2)):
        at.text_input(key="second_step.code").set_value(pyotp.TOTP(secret).at(clock.now()))
        at.button(key="second_step.send").click().run()
        assert at.title[0].value.startswith("Today")


def test_where_somebody_is_signed_in_the_code_waits(books: Database, open_page: Open, code: str) -> None:
    at = open_page("today", name="finn", code=code)
    assert [told.value for told in at.info] == ["You are signed in as Finn. This code is for Bea Bell."]

    at.button(key="invitation.sign_out").click().run()

    assert at.header[0].value == "Welcome, Bea Bell"


def test_who_stays_signed_in_goes_on_where_they_were(books: Database, open_page: Open, code: str) -> None:
    at = open_page("students", name="finn", code=code)

    at.button(key="invitation.stay").click().run()

    assert at.title[0].value == "Students"
    assert password_of(books, "bea") == ""


def test_an_empty_code_asks_for_one_without_a_reproach(open_page: Open) -> None:
    at = open_page("today")
    at.button(key="invitation.offer").click().run()

    assert at.header[0].value == "Your code"
    assert errors(at) == []
    assert "your administrator gave you" in text(at)
