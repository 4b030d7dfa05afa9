"""Whose books these are: the school's name, at the top of the sign-in and in the menu."""

from __future__ import annotations

import time
from functools import lru_cache

from school import db
from school.db import Database
from school.students import queries

NAME_LIFE_S = 60


def school_name() -> str:
    """The name of the school, at most a minute old."""
    return _name_in(db.database(), time.monotonic() // NAME_LIFE_S)


@lru_cache(maxsize=1)
def _name_in(books: Database, _minute: float) -> str:
    with books.reading() as session:
        return queries.school(session).name
