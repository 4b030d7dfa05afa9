"""Interruptions mixed at random: what was pressed is in the books once and whole, and nothing else is."""

from __future__ import annotations

import random
import secrets

from playwright.sync_api import Browser

from tests.interruptions import often
from tests.interruptions.desk import Office
from tests.interruptions.storm import SERVER_OPTIONS as SERVER_OPTIONS
from tests.interruptions.storm import Storm, at_their_desks
from tests.interruptions.wire_cutter import WireCutter

COUNT = 8 * often.TIMES


@often.on_both_engines
def test_a_storm_of_interruptions_loses_nothing(office: Office, wire: WireCutter, browser: Browser) -> None:
    seed = secrets.randbelow(1_000_000)
    print(f"{COUNT} interruptions, seed {seed}")
    clerks = at_their_desks(office, browser)

    tally = Storm(office, wire, clerks, random.Random(seed)).run(COUNT)

    print(tally.table())
    for clerk in clerks:
        clerk.context.close()
    assert tally.wrong == []
    assert tally.total.tried == COUNT
