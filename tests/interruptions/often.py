"""How often a case of the interruptions is repeated on each engine.

Three times in every run of the tests; with `SCHOOL_REPETITIONS=6` as often as docs/interruptions.md says.
"""

from __future__ import annotations

import math
import os

TIMES = int(os.environ.get("SCHOOL_REPETITIONS", "3"))
TABS = 3
ROUNDS = math.ceil(TIMES / TABS)  # of three tabs at once
