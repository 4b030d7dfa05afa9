"""What a paper says in words and codes, computed from plain values."""

from __future__ import annotations

from school.languages import Language

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: nothing to mistake when read aloud
CHECK_DIGITS = 10  # of 5 bits each


def check_code(entry_hash_hex: str) -> str:
    """The first 50 bits of an entry's SHA-256, as a person can read them out: `7KQ2-M4XP-19`.

    Raises ValueError for anything that is not 64 hexadecimal digits.
    """
    digest = bytes.fromhex(entry_hash_hex)
    if len(digest) != 32:
        raise ValueError("a SHA-256 has 64 hexadecimal digits")
    bits = int.from_bytes(digest[:8]) >> (64 - 5 * CHECK_DIGITS)
    digits = [CROCKFORD[bits >> 5 * place & 31] for place in reversed(range(CHECK_DIGITS))]
    return "-".join("".join(digits[start : start + 4]) for start in (0, 4, 8))


def balance_in_words(balance_minor: int, amount: str, language: Language) -> str:
    """`owes 1,250.00`, `in credit 40.00` or `settled`: never a sign, nor has `amount` one. Positive owes."""
    if balance_minor == 0:
        return language.say("settled")
    if balance_minor > 0:
        return language.say("owes {amount}", amount=amount)
    return language.say("in credit {amount}", amount=amount)
