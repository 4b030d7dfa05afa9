"""How often a case of the interruptions is repeated on each engine, and what is tried on which engine.

Once or twice in every run of the tests; with `SCHOOL_REPETITIONS=6` as docs/interruptions.md counts, and then
every journey and every page is tried on both engines, and with all of the cases that differ in little.
"""

from __future__ import annotations

import math
import os
import zlib
from collections.abc import Sequence
from typing import TypeVar

import pytest

T = TypeVar("T")
TIMES = int(os.environ.get("SCHOOL_REPETITIONS", "1"))
TABS = min(max(TIMES, 2), 3)
ROUNDS = math.ceil(TIMES / TABS)  # of so many tabs at once
THOROUGH = TIMES > 1

POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgres)
ENGINES = ["sqlite", POSTGRESQL] if THOROUGH else ["sqlite"]
on_sqlite_first = pytest.mark.parametrize(
    "books", ENGINES, indirect=True
)  # for what happens in the browser and the server, far from the books

only_if_thorough = pytest.mark.thorough  # an ordinary run keeps its promise in another form, which is named


def first(cases: Sequence[T], count: int = 1) -> Sequence[T]:
    """So many of the cases, which differ in little; all of them where it is to be thorough."""
    return cases if THOROUGH else cases[:count]


def on_one_of_both(request: pytest.FixtureRequest) -> str:
    """The engine this test names, or else the one its name falls to: half of the tests run on each.

    A room's own tests run on both; what stands above the rooms sees no engine.
    """
    odd = zlib.crc32(request.function.__qualname__.encode()) % 2
    return str(getattr(request, "param", ("sqlite", "postgresql")[odd]))
