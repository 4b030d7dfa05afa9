"""How often a case of the interruptions is repeated on each engine, and where.

Once or twice in every run of the tests; with `SCHOOL_REPETITIONS=6` as docs/interruptions.md counts, and then
every journey is made on both engines.
"""

from __future__ import annotations

import math
import os

import pytest

TIMES = int(os.environ.get("SCHOOL_REPETITIONS", "1"))
TABS = min(max(TIMES, 2), 3)
ROUNDS = math.ceil(TIMES / TABS)  # of so many tabs at once
THOROUGH = TIMES > 1

POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgres)
on_both_engines = pytest.mark.parametrize("books", ["sqlite", POSTGRESQL], indirect=True)
on_sqlite_first = pytest.mark.parametrize(
    "books", ["sqlite", POSTGRESQL] if THOROUGH else ["sqlite"], indirect=True
)  # for what happens in the browser and the server, far from the books
