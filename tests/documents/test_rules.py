"""Codes and words on paper are the same for everyone who works them out."""

import hashlib

import pytest

from school.documents.rules import balance_in_words, check_code
from school.languages import ENGLISH


def test_a_check_code_is_the_first_fifty_bits_in_crockford_digits():
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    assert check_code(empty) == "WERC-8GMR-ZG"
    assert check_code(empty.upper()) == "WERC-8GMR-ZG"


def test_a_check_code_keeps_leading_zeros():
    assert check_code("00" * 32) == "0000-0000-00"
    assert check_code("ff" * 32) == "ZZZZ-ZZZZ-ZZ"


def test_the_fiftieth_bit_counts_and_the_fifty_first_does_not():
    zero = 0

    assert check_code(f"{zero | 1 << 206:064x}") == "0000-0000-01"
    assert check_code(f"{zero | 1 << 205:064x}") == "0000-0000-00"


@pytest.mark.parametrize("not_a_hash", ["", "e3b0", "z" * 64, hashlib.sha512(b"").hexdigest()])
def test_what_is_no_hash_has_no_check_code(not_a_hash):
    with pytest.raises(ValueError):
        check_code(not_a_hash)


def test_a_balance_is_said_in_words_and_never_with_a_sign():
    assert balance_in_words(125_000, "1,250.00", ENGLISH) == "owes 1,250.00"
    assert balance_in_words(-4_000, "40.00", ENGLISH) == "in credit 40.00"
    assert balance_in_words(0, "0.00", ENGLISH) == "settled"
