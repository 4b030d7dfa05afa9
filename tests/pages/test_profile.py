"""Everybody looks after their own password, second factor, devices, language and theme, and nobody else's."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from school import clock
from school.access import listing, passwords, preferences, queries, second_factors
from school.access.models import SignIn, SignInAttempt, User
from school.access.rules import COMMAND_LINE, FINANCE, Actor
from school.db import Database
from school.settings import ROOT
from tests import make, people
from tests.pages.conftest import Open
from tests.pages.test_payments import errors, text

NEW = "seven quiet otters swim"


def user_id(books: Database, name: str) -> int:
    with books.reading() as session:
        return session.scalars(select(User.id).where(User.name == name)).one()


def another_sign_in(books: Database, name: str) -> Actor:
    with books.writing() as session:
        return people.signed_in(session, user_id(books, name))


def is_alive(books: Database, actor: Actor) -> bool:
    with books.reading() as session:
        return queries.is_alive(session, str(actor.sign_in_id))


def enrol(books: Database, name: str) -> tuple[str, tuple[str, ...]]:
    """A confirmed second factor, set up a while ago; the secret and the recovery codes."""
    with clock.set_to(make.NOON - timedelta(days=1)), books.writing() as session:
        actor = people.signed_in(session, user_id(books, name))
        secret = second_factors.begin_enrolment(session, actor=actor, issuer="Hill School").secret
        return secret, second_factors.confirm(
            session, actor=actor, code=pyotp.TOTP(secret).at(make.NOON - timedelta(days=1))
        )


def code(secret: str) -> str:
    return pyotp.TOTP(secret).at(clock.now())


def change_password(at: AppTest, old: str, new: str, again: str | None = None) -> AppTest:
    turn = at.session_state.get("profile.turn", 0)
    for name, typed in (("old", old), ("new", new), ("again", again if again is not None else new)):
        at.text_input(key=f"profile.{name}_{turn}").set_value(typed)
    return at.button(key="profile.change_password").click().run()


def prove(at: AppTest, password: str = people.PASSWORD, shown: str | None = None) -> AppTest:
    at.text_input(key="profile.password").set_value(password)
    if shown is not None:
        at.text_input(key="profile.code").set_value(shown)
    return at.button(key="profile.prove").click().run()


def secret_shown(at: AppTest) -> str:
    return at.code[0].value.replace(" ", "")


def confirm(at: AppTest, shown: str) -> AppTest:
    at.text_input(key="enrolment.code").set_value(shown)
    return at.button(key="enrolment.send").click().run()


@pytest.mark.parametrize("name", ["ada", "finn", "hope"])
def test_everybody_has_a_profile(open_page: Open, name: str) -> None:
    at = open_page("profile", name=name)

    assert not at.exception
    assert [title.value for title in at.title] == ["Your profile"]


def test_a_changed_password_opens_the_door_and_ends_every_other_sign_in(
    books: Database, open_page: Open
) -> None:
    at = open_page("profile", name="finn")
    elsewhere = another_sign_in(books, "finn")

    change_password(at, people.PASSWORD, NEW)

    assert "Your password is changed." in at.success[0].value
    assert not is_alive(books, elsewhere)
    assert [field.value for field in at.text_input if field.label == "New password"] == [""]
    with books.reading() as session:
        kept = session.scalars(select(User.password_hash).where(User.name == "finn")).one()
    assert passwords.matches(NEW, kept)


@pytest.mark.parametrize(
    ("old", "new", "again", "sentence"),
    [
        ("wrong", NEW, NEW, "This is not your password."),
        (people.PASSWORD, "short", "short", "at least 10 characters"),
        (people.PASSWORD, "password1234", "password1234", "easy to guess"),
        (people.PASSWORD, NEW, NEW + "!", "not the same"),
        (people.PASSWORD, people.PASSWORD, people.PASSWORD, "present password"),
    ],
)
def test_a_password_that_cannot_be_changed_is_refused_beside_the_field(
    books: Database, open_page: Open, old: str, new: str, again: str, sentence: str
) -> None:
    at = open_page("profile", name="finn")
    elsewhere = another_sign_in(books, "finn")

    change_password(at, old, new, again)

    assert len(errors(at)) == 1
    assert sentence in errors(at)[0]
    assert at.text_input(key="profile.new_0").value == new
    assert is_alive(books, elsewhere)


def test_guessing_the_old_password_is_counted_like_at_the_door(books: Database, open_page: Open) -> None:
    at = open_page("profile", name="finn")

    for n in range(6):
        change_password(at, f"guess {n}", NEW)

    assert "Too many attempts" in errors(at)[0]
    with books.reading() as session:
        counted = select(func.count()).select_from(SignInAttempt).where(SignInAttempt.name == "finn")
        assert session.scalar(counted) == 5


def test_a_second_factor_is_set_up_with_the_password_a_picture_and_a_first_code(
    books: Database, open_page: Open
) -> None:
    at = open_page("profile", name="finn")
    elsewhere = another_sign_in(books, "finn")

    prove(at, "wrong")
    assert "This is not your password." in errors(at)
    assert not at.code
    prove(at)
    secret = secret_shown(at)
    confirm(at, "12")
    assert "This code is not right." in errors(at)[0]
    confirm(at, code(secret))

    assert [title.value for title in at.title] == ["Keep these recovery codes"]
    shown = at.code[0].value.split("\n")
    assert len(shown) == 10
    at.switch_page(str(ROOT / "pages" / "students.py")).run()
    assert at.code[0].value.split("\n") == shown, "kept on the screen wherever one goes"
    at.button(key="enrolment.kept").click().run()
    assert not at.code
    assert not is_alive(books, elsewhere)
    with books.writing() as session:
        assert second_factors.accepts(session, user_id=user_id(books, "finn"), code=shown[0])


def test_a_reload_shows_the_same_secret_after_the_password(books: Database, open_page: Open) -> None:
    first = secret_shown(prove(open_page("profile", name="finn")))

    again = open_page("profile", name="finn")
    assert not again.code

    assert secret_shown(prove(again)) == first


def test_who_took_too_long_gets_another_secret(books: Database, open_page: Open) -> None:
    at = prove(open_page("profile", name="finn"))
    secret = secret_shown(at)

    with clock.set_to(make.NOON + timedelta(minutes=4)):
        with books.writing() as session:
            actor = people.signed_in(session, user_id(books, "finn"))
            second_factors.begin_enrolment(session, actor=actor, issuer="S")
            second_factors.confirm(session, actor=actor, code=code(secret))
        at = open_page("profile", name="finn")

    assert "On since" in text(at)


def test_what_was_proven_counts_for_five_minutes_and_on_this_page(books: Database, open_page: Open) -> None:
    secret, _ = enrol(books, "finn")
    at = prove(open_page("profile", name="finn"), shown=code(secret))
    assert at.button(key="profile.codes")

    with clock.set_to(make.NOON + timedelta(minutes=5)):
        at.run()

    assert [button.key for button in at.button if button.key == "profile.codes"] == []


def test_with_a_second_factor_changes_want_a_code_too(books: Database, open_page: Open) -> None:
    secret, old = enrol(books, "finn")
    at = open_page("profile", name="finn")
    prove(at, shown="000000" if code(secret) != "000000" else "111111")
    assert "This code is not right" in errors(at)[0]

    prove(at, shown=code(secret))
    at.button(key="profile.codes").click().run()
    new = at.code[0].value.split("\n")
    at.button(key="enrolment.kept").click().run()

    assert "10 recovery codes left." in text(at)
    assert not set(new) & set(old)


def test_few_recovery_codes_are_warned_of(books: Database, open_page: Open) -> None:
    _, recovery = enrol(books, "finn")
    with books.writing() as session:
        for used in recovery[:9]:
            assert second_factors.accepts(session, user_id=user_id(books, "finn"), code=used)

    at = open_page("profile", name="finn")

    assert "1 recovery code left." in at.warning[0].value


def test_it_is_switched_off_unless_the_role_asks_for_it(books: Database, open_page: Open) -> None:
    secret, _ = enrol(books, "finn")
    at = prove(open_page("profile", name="finn"), shown=code(secret))
    with books.writing() as session:
        second_factors.require_for(session, actor=COMMAND_LINE, roles=[FINANCE])
    at.button(key="profile.remove").click().run()
    assert "Your role asks for a second factor" in text(at)
    with books.writing() as session:
        second_factors.require_for(session, actor=COMMAND_LINE, roles=[])
    at.run()

    at.button(key="profile.remove").click().run()

    assert "The second factor is off." in at.success[0].value
    with books.reading() as session:
        assert second_factors.state(session, user_id(books, "finn")) is None


@pytest.mark.parametrize("screen", ["today", "payments", "profile", "users"])
def test_whose_role_asks_for_a_factor_sees_its_set_up_in_place_of_any_page(
    books: Database, open_page: Open, screen: str
) -> None:
    with books.writing() as session:
        second_factors.require_for(session, actor=COMMAND_LINE, roles=[FINANCE])

    at = open_page(screen, name="finn")
    assert [title.value for title in at.title] == ["Set up your second factor"]
    assert not at.exception


def test_devices_are_told_apart_and_ended(books: Database, open_page: Open) -> None:
    elsewhere, third = another_sign_in(books, "finn"), another_sign_in(books, "finn")
    hers = another_sign_in(books, "hope")
    at = open_page("profile", name="finn")
    assert text(at).count("This device") == 1

    at.button(key=f"profile.end_{elsewhere.sign_in_id}").click().run()
    assert [is_alive(books, one) for one in (elsewhere, third, hers)] == [False, True, True]
    at.button(key="profile.end_others").click().run()

    assert [is_alive(books, one) for one in (elsewhere, third, hers)] == [False, False, True]
    assert "Signed out on 1 other device." in at.success[0].value
    assert not any(button.key == "profile.end_others" for button in at.button)


def test_one_press_signs_out_on_every_device_and_on_this_one(books: Database, open_page: Open) -> None:
    elsewhere, hers = another_sign_in(books, "finn"), another_sign_in(books, "hope")
    at = open_page("profile", name="finn")

    at.button(key="profile.end_all").click().run()

    assert [told.value for told in at.info] == ["You are signed out."]
    assert not at.title or at.title[0].value != "Your profile"
    assert [is_alive(books, one) for one in (elsewhere, hers)] == [False, True]
    with books.reading() as session:
        assert listing.open_count(session, user_id(books, "finn")) == 0


def test_numbers_and_dates_are_as_chosen_on_every_page_and_only_for_this_person(
    books: Database, open_page: Open
) -> None:
    at = open_page("profile", name="finn")

    at.selectbox(key="profile.language").set_value("de-DE")
    at.button(key="profile.keep").click().run()

    assert "20.03.2026" in text(open_page("today", name="finn"))
    assert "20.03.2026" not in text(open_page("today", name="hope"))
    assert open_page("profile", name="finn").selectbox(key="profile.language").value == "de-DE"


def test_the_theme_goes_to_the_browser_with_the_person_and_leaves_with_them(
    books: Database, open_page: Open
) -> None:
    at = open_page("profile", name="finn")
    at.radio(key="profile.theme").set_value("dark")
    at.button(key="profile.keep").click().run()
    assert at.session_state["guard.theme"] == "dark"

    at.button(key="frame.sign_out").click().run()

    assert "guard.theme" not in at.session_state or at.session_state["guard.theme"] == ""


@pytest.mark.parametrize(("language", "theme"), [("<script>", ""), ("en-GB; x", ""), ("", "pink")])
def test_a_preference_nobody_offers_is_refused(books: Database, language: str, theme: str) -> None:
    actor = another_sign_in(books, "finn")
    with books.writing() as session, pytest.raises(Exception, match="Choose one"):
        preferences.choose(session, actor=actor, language=language, theme=theme)


def test_nobody_ends_anothers_sign_in_from_their_profile(books: Database, open_page: Open) -> None:
    hers = another_sign_in(books, "hope")

    at = open_page("profile", name="finn")

    assert not any(str(button.key).endswith(str(hers.sign_in_id)) for button in at.button)
    with books.reading() as session:
        assert session.scalar(select(SignIn.revoked_at).where(SignIn.id == hers.sign_in_id)) is None
