"""How often a case of the interruptions is repeated on each engine.

Two or three times in every run of the tests; with `SCHOOL_REPETITIONS=6` as docs/interruptions.md counts.
"""

from __future__ import annotations

import math
import os

TIMES = int(os.environ.get("SCHOOL_REPETITIONS", "2"))
TABS = 3
ROUNDS = math.ceil(TIMES / TABS)  # of three tabs at once
