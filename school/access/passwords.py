"""A password is long enough, hard to guess, and kept only as a bcrypt hash.

It is used exactly as typed: never stripped, never lowered. Checking one takes the same time for a user who
does not exist.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import bcrypt

from school.errors import BadInput

LENGTH_MIN = 10
BYTES_MAX = 72  # bcrypt reads no further, so a longer one would promise more than it keeps
STRENGTH_MIN = 3  # zxcvbn's "safely unguessable", of 0 to 4
ROUNDS = 12  # about 0.3 s: slow for a thief, bearable once a day
# Words of this place, which a guesser tries first; the user's and the school's names come with each choice.
CONTEXT_WORDS = (
    *("school", "fee", "fees", "tuition", "ledger", "bursar", "finance", "head", "teacher", "headteacher"),
    *("administrator", "admin", "office", "receipt", "payment", "student", "balance", "account"),
)


@dataclass(frozen=True)
class Chosen:
    """A new password that was found good, already hashed: hashing takes too long for a transaction."""

    hash: str


def choose(password: str, *, about: Sequence[str] = (), field: str | None = None) -> Chosen:
    """The password hashed, in a third of a second. Raises BadInput as `check_new` does."""
    check_new(password, about=about, field=field)
    return Chosen(hash_of(password))


def check_new(password: str, *, about: Sequence[str] = (), field: str | None = None) -> None:
    """Raises BadInput with what to do when a new password is too short, too long or easy to guess.

    `about` holds words a guesser would try first: the user's and the school's name.
    """
    if len(password) < LENGTH_MIN:
        raise BadInput(f"Choose a password of at least {LENGTH_MIN} characters.", field=field)
    if not _can_be_hashed(password):
        raise BadInput(f"Choose a shorter password: {BYTES_MAX} letters and digits at most.", field=field)
    from zxcvbn import zxcvbn  # its word lists are read only when a password is chosen

    if (
        zxcvbn(password, user_inputs=[word for word in (*about, *CONTEXT_WORDS) if word])["score"]
        < STRENGTH_MIN
    ):
        raise BadInput("This password is easy to guess. Three or four unrelated words do well.", field=field)


def hash_of(password: str) -> str:
    """The bcrypt hash to keep."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(ROUNDS)).decode()


def matches(password: str, password_hash: str | None) -> bool:
    """True when this is the password behind the hash; None or "" stand for nobody's, in the same time."""
    usable = _can_be_hashed(password)
    typed = password.encode() if usable else b"-"
    right = bcrypt.checkpw(typed, (password_hash or _nobody()).encode())
    return right and usable and bool(password_hash)


def _can_be_hashed(password: str) -> bool:
    try:
        return len(password.encode()) <= BYTES_MAX and "\0" not in password
    except UnicodeEncodeError:
        return False  # half a character, which no keyboard types


@lru_cache
def _nobody() -> str:
    return hash_of(secrets.token_urlsafe(32))
