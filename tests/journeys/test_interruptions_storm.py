"""Interruptions mixed at random: what was pressed is in the books once and whole, and nothing else is."""

from __future__ import annotations

import random
import secrets
from types import SimpleNamespace
from typing import cast

import pytest
from playwright.sync_api import Browser, Page

from tests.interruptions import often
from tests.interruptions.desk import Form, Office
from tests.interruptions.interruptions import PRESSES, Interruption
from tests.interruptions.storm import ALONE, Storm, at_their_desks
from tests.interruptions.storm import SERVER_OPTIONS as SERVER_OPTIONS
from tests.interruptions.wire_cutter import WireCutter

COUNT = 5 * often.TIMES


@often.on_sqlite_first
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


@pytest.mark.parametrize("kind", [kind for kind in ALONE if kind in PRESSES])
def test_no_press_of_the_storm_is_left_undisturbed(kind: Interruption, page: Page) -> None:
    page.set_content("<button onclick='pressed = window.pressed + 1 || 1'>Record payment</button>")

    kind(cast(Form, SimpleNamespace(page=page)))

    page.wait_for_function("pressed > 1", timeout=2_000)
