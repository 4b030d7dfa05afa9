"""A password is used exactly as typed, kept only as a hash, and hard to guess from the day it is chosen."""

from __future__ import annotations

import statistics
import time

import pytest

from school.access import passwords
from school.errors import BadInput


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        pytest.param("short", "at least 10", id="too short"),
        pytest.param("1234567890", "easy to guess", id="a row of the keyboard"),
        pytest.param("hillsideschool", "easy to guess", id="the name of the school"),
        pytest.param("x" * 9 + "ü" * 32, "shorter", id="73 bytes although 41 characters"),
        pytest.param("nul\0in the middle of it", "shorter", id="a character bcrypt cannot read"),
    ],
)
def test_a_new_password_that_protects_nothing_is_refused_with_what_to_do(typed: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as refused:
        passwords.choose(typed, about=["hillside school", "hillsideschool"], field="users.password")

    assert refused.value.field == "users.password"


def test_spaces_and_capitals_of_a_password_count() -> None:
    chosen = passwords.choose(" Seven Quiet Otters ")

    assert passwords.matches(" Seven Quiet Otters ", chosen.hash)
    assert not passwords.matches("Seven Quiet Otters", chosen.hash)
    assert not passwords.matches(" seven quiet otters ", chosen.hash)


@pytest.mark.parametrize("typed", ["", "x" * 73, "nul\0", "\ud800 half a character", "x" * 100_000])
def test_nothing_that_can_be_typed_opens_an_account_or_breaks_the_check(typed: str) -> None:
    chosen = passwords.choose("seven quiet otters")

    assert not passwords.matches(typed, chosen.hash)
    assert not passwords.matches(typed, None)


def test_nobody_has_the_password_that_stands_in_for_unknown_users() -> None:
    assert not passwords.matches("nobody has this password", None)


def test_the_first_72_bytes_of_a_longer_password_are_not_enough() -> None:
    kept = passwords.hash_of("otter " * 12)

    assert passwords.matches("otter " * 12, kept)
    assert not passwords.matches("otter " * 12 + "!", kept)


def test_an_unknown_user_is_answered_with_as_much_work() -> None:
    chosen = passwords.choose("seven quiet otters")
    passwords.matches("warm up", None)

    def work(password_hash: str | None) -> float:
        begun = time.process_time()
        passwords.matches("wrong", password_hash)
        return time.process_time() - begun

    known = statistics.median(work(chosen.hash) for _ in range(5))
    unknown = statistics.median(work(None) for _ in range(5))

    assert unknown > known / 2, "the unknown user answers before anything was hashed"
