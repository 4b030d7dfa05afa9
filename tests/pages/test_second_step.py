"""After the right password a code is asked for; nothing is open before, and nothing stale gets through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from school import clock
from school.access import passwords, second_factors, service, sign_ins
from school.access.models import SignIn, SignInAttempt, User
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.settings import ROOT
from school.ui import proof, second_step
from tests import make, people
from tests.pages.conftest import Open
from tests.pages.test_payments import errors
from tests.pages.test_profile import code, enrol, user_id

GOOD = passwords.Chosen(people.cheap_hash("seven quiet otters"))


def first_step(at: AppTest, name: str = "finn") -> AppTest:
    at.text_input(key="sign_in.name").set_value(name)
    at.text_input(key="sign_in.password").set_value(people.PASSWORD)
    return at.button(key="sign_in.send").click().run()


def show(at: AppTest, typed: str) -> AppTest:
    at.text_input(key="second_step.code").set_value(typed)
    return at.button(key="second_step.send").click().run()


def is_signed_in(at: AppTest) -> bool:
    return any(button.key == "frame.sign_out" for button in at.button)


def asks_for_password(at: AppTest) -> bool:
    return any(field.key == "sign_in.password" for field in at.text_input)


def asks_for_code(at: AppTest) -> bool:
    return any(field.key == "second_step.code" for field in at.text_input)


def opened(books: Database, name: str = "finn") -> int:
    """How many sign-ins this user has had since the factor was set up."""
    with books.reading() as session:
        mine = select(func.count()).select_from(SignIn).join(User).where(User.name == name)
        return session.scalar(mine.where(SignIn.created_at >= make.NOON)) or 0


def wrong_attempts(books: Database, name: str = "finn") -> int:
    with books.reading() as session:
        wrong = select(func.count()).select_from(SignInAttempt)
        return session.scalar(wrong.where(SignInAttempt.name == name, ~SignInAttempt.succeeded)) or 0


def test_the_password_alone_opens_nothing_and_the_code_opens_the_page_asked_for(
    books: Database, open_page: Open
) -> None:
    secret, _ = enrol(books, "finn")

    at = first_step(open_page("students"))
    assert asks_for_code(at)
    assert not is_signed_in(at)
    assert opened(books) == 0
    show(at, code(secret))

    assert is_signed_in(at)
    assert [title.value for title in at.title] == ["Students"]
    assert opened(books) == 1
    assert wrong_attempts(books) == 0


def test_a_recovery_code_opens_it_once(books: Database, open_page: Open) -> None:
    _, recovery = enrol(books, "finn")

    assert is_signed_in(show(first_step(open_page("today")), recovery[3].lower()))
    again = show(first_step(open_page("today")), recovery[3])

    assert not is_signed_in(again)
    assert errors(again) == [second_factors.WRONG]


def test_a_code_that_was_used_is_refused_in_another_browser(books: Database, open_page: Open) -> None:
    secret, _ = enrol(books, "finn")
    mine, theirs = first_step(open_page("today")), first_step(open_page("today"))

    assert is_signed_in(show(mine, code(secret)))

    assert not is_signed_in(show(theirs, code(secret)))


def test_wrong_codes_are_counted_and_locked_out_and_the_right_one_waits_too(
    books: Database, open_page: Open
) -> None:
    secret, _ = enrol(books, "finn")
    at = first_step(open_page("today"))

    for n in range(4):
        show(at, f"{n}")
        assert errors(at) == [second_factors.WRONG]
    assert wrong_attempts(books) == 5, "the password without its code counts as one"
    show(at, code(secret))

    assert "Too many attempts" in errors(at)[0]
    assert not is_signed_in(at)
    assert "Too many attempts" in errors(first_step(open_page("today")))[0]


def test_beginning_again_does_not_forgive_wrong_codes(books: Database, open_page: Open) -> None:
    enrol(books, "finn")
    at = open_page("today")

    for n in range(2):
        show(first_step(at), f"{n}")
        at.button(key="second_step.again").click().run()
        assert asks_for_password(at)
    first_step(at)

    assert wrong_attempts(books) == 5
    assert "Too many attempts" in errors(first_step(open_page("today")))[0]


def test_an_empty_code_is_no_attempt(books: Database, open_page: Open) -> None:
    enrol(books, "finn")

    at = show(first_step(open_page("today")), " ")

    assert errors(at) == ["Type the code first."]
    assert wrong_attempts(books) == 1


def test_the_first_step_counts_for_five_minutes(books: Database, open_page: Open) -> None:
    secret, _ = enrol(books, "finn")
    at = first_step(open_page("today"))

    with clock.set_to(make.NOON + second_step.LIFE):
        show(at, code(secret))

    assert asks_for_password(at)
    assert [warning.value for warning in at.warning] == [second_step.TOO_LATE]
    assert opened(books) == 0


def disabled(session: Session, user_id: int) -> None:
    service.disable(session, actor=COMMAND_LINE, user_id=user_id, reason="test")


def password_changed(session: Session, user_id: int) -> None:
    service.reset_password(session, actor=COMMAND_LINE, user_id=user_id, password=GOOD)


def factor_removed(session: Session, user_id: int) -> None:
    second_factors.remove(session, actor=COMMAND_LINE, user_id=user_id, reason="test")


@pytest.mark.parametrize("happens", [disabled, password_changed, factor_removed])
def test_what_changes_between_the_steps_begins_them_again(
    books: Database, open_page: Open, happens: Callable[[Session, int], None]
) -> None:
    _, recovery = enrol(books, "finn")
    at = first_step(open_page("today"))

    with books.writing() as session:
        happens(session, user_id(books, "finn"))
    show(at, recovery[0])

    assert asks_for_password(at)
    assert [warning.value for warning in at.warning] == [proof.CHANGED]
    assert opened(books) == 0


def test_who_sets_up_a_factor_is_asked_for_it_by_a_password_that_was_right_just_before(
    books: Database, open_page: Open
) -> None:
    with books.writing() as session:
        attempt = sign_ins.begin(session, name="finn", address="")
    enrol(books, "finn")

    caller = proof.Caller("", "", None)

    open_page("today")  # the program is pointed at these books
    assert proof.open_without_code(attempt, by=caller) is None


def test_another_users_pending_step_is_not_taken_over(books: Database, open_page: Open) -> None:
    secret, _ = enrol(books, "finn")
    enrol(books, "hope")
    at = first_step(open_page("today"), "finn")
    at.button(key="second_step.again").click().run()

    show(first_step(at, "hope"), code(secret))

    assert not is_signed_in(at)
    assert errors(at) == [second_factors.WRONG]


def test_a_session_that_was_wiped_asks_for_the_password(books: Database, open_page: Open) -> None:
    enrol(books, "finn")
    first_step(open_page("today"))

    assert asks_for_password(open_page("today"))


def test_two_runs_with_one_code_are_one_sign_in(books: Database, open_page: Open) -> None:
    secret, _ = enrol(books, "finn")
    at = first_step(open_page("today"))
    waiting = at.session_state["guard.second_step"]

    first, second = waiting.show(code(secret)), waiting.show(code(secret))

    assert first == second
    assert opened(books) == 1
    assert is_signed_in(at.run()), "the run after one that was stopped goes on where it was"


def test_nothing_of_the_first_step_is_in_the_address_or_on_the_page(books: Database, open_page: Open) -> None:
    enrol(books, "finn")

    at = first_step(AppTest.from_file(ROOT / "school" / "ui" / "main.py", default_timeout=30).run())

    assert dict(at.query_params) == {}
    assert not any(field.value for field in at.text_input)
    with clock.set_to(make.NOON + timedelta(minutes=1)):
        assert asks_for_code(at.run())
