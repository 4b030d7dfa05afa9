"""Runs of pages take turns, and nobody waits for a run that is itself waiting."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from school.ui.turns import Turns

LONG_S = 0.2
PATIENCE_S = 10


class Run:
    """A run of a page that has begun when it says so, and ends when it is told to."""

    def __init__(self, turns: Turns, pool: ThreadPoolExecutor, order: list[str], name: str) -> None:
        self.began, self.end = threading.Event(), threading.Event()
        self._ended = pool.submit(self._go, turns, order, name)

    def _go(self, turns: Turns, order: list[str], name: str) -> None:
        with turns.one(pressed=name.startswith("pressed")):
            order.append(name)
            self.began.set()
            assert self.end.wait(PATIENCE_S)

    def finish(self) -> None:
        self.end.set()
        self._ended.result(PATIENCE_S)


def test_runs_go_one_after_the_other_in_the_order_they_came() -> None:
    turns, order = Turns(long_s=PATIENCE_S), []
    with ThreadPoolExecutor(8) as pool:
        first = Run(turns, pool, order, "0")
        assert first.began.wait(PATIENCE_S)
        others = []
        for number in range(1, 6):
            others.append(Run(turns, pool, order, str(number)))
            while len(turns._waiting) < number:  # the next comes after this one stands in the queue
                pass
        assert order == ["0"]
        for run in [first, *others]:
            assert run.began.wait(PATIENCE_S)
            run.finish()
    assert order == [str(number) for number in range(6)]


def test_who_has_pressed_a_button_goes_before_who_opens_a_page() -> None:
    turns, order = Turns(long_s=PATIENCE_S), []
    with ThreadPoolExecutor(8) as pool:
        runs = [Run(turns, pool, order, "first")]
        assert runs[0].began.wait(PATIENCE_S)
        for number, name in enumerate(("a page", "pressed once", "another page", "pressed twice"), start=1):
            runs.append(Run(turns, pool, order, name))
            while len(turns._waiting) + len(turns._pressed) < number:
                pass
        for run in (runs[0], runs[2], runs[4], runs[1], runs[3]):
            assert run.began.wait(PATIENCE_S)
            run.finish()
    assert order == ["first", "pressed once", "pressed twice", "a page", "another page"]


def test_nobody_waits_longer_for_a_run_that_itself_waits_for_something() -> None:
    turns, order = Turns(long_s=LONG_S), []
    with ThreadPoolExecutor(3) as pool:
        runs = [Run(turns, pool, order, name) for name in ("stuck", "one", "two")]
        for run in runs:
            assert run.began.wait(PATIENCE_S)
        for run in runs:
            run.finish()


def test_a_run_that_fails_hands_its_turn_on() -> None:
    turns = Turns(long_s=PATIENCE_S)
    with pytest.raises(ZeroDivisionError), turns.one():
        1 / 0  # noqa: B018
    with ThreadPoolExecutor(1) as pool:
        after = Run(turns, pool, [], "after")
        assert after.began.wait(LONG_S)
        after.finish()
