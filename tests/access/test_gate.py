"""Passwords are looked at a few at once, in turns by address; whoever finds no place is told so at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from school.access import gate
from school.access.gate import Gate
from school.errors import NotAllowed
from tests import people

HERE, THERE = "10.0.0.1", "203.0.113.7"


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if is_so():
            return
        time.sleep(0.005)
    raise AssertionError("what was waited for did not come to be")


class Crowd:
    """Callers at a gate of one turn, whose first caller is inside until `open` is set."""

    def __init__(self, waiting_max: int) -> None:
        self.gate = Gate(at_once=1, waiting_max=waiting_max)
        self.open = threading.Event()
        self.served: list[str] = []
        self._pool = ThreadPoolExecutor(50)
        self.calls: list[Future[None]] = []

    def call(self, who: str, address: str) -> Future[None]:
        """One more caller, who is inside, in line, or refused when this returns."""
        call = self._pool.submit(self._serve, who, address)
        self.calls.append(call)
        until(lambda: self._refused() + 1 + self.gate.waiting == len(self.calls))
        return call

    def _refused(self) -> int:
        return sum(call.done() for call in self.calls)

    def _serve(self, who: str, address: str) -> None:
        with self.gate.turn(address):
            self.open.wait(30)
            self.served.append(who)

    def finish(self) -> None:
        self.open.set()
        self._pool.shutdown(wait=True)


@contextmanager
def crowd(waiting_max: int = 10) -> Iterator[Crowd]:
    found = Crowd(waiting_max)
    try:
        yield found
    finally:
        found.finish()


def test_addresses_take_turns_so_that_one_long_line_delays_nobody_elsewhere() -> None:
    with crowd() as callers:
        for n in range(6):
            callers.call(f"guess {n}", THERE)
        callers.call("bursar", HERE)

    assert callers.served[:3] == ["guess 0", "guess 1", "bursar"]
    assert callers.served[3:] == ["guess 2", "guess 3", "guess 4", "guess 5"]


def test_when_the_lines_are_full_the_longest_makes_room_for_another_address() -> None:
    with crowd(waiting_max=4) as callers:
        inside = [callers.call(f"guess {n}", THERE) for n in range(5)]
        bursar = callers.call("bursar", HERE)
        until(inside[-1].done)

    with pytest.raises(NotAllowed, match="Try again in a few seconds"):
        inside[-1].result()
    assert bursar.exception() is None
    assert sorted(callers.served) == ["bursar", "guess 0", "guess 1", "guess 2", "guess 3"]


def test_a_line_that_is_full_of_its_own_address_refuses_the_next_at_once() -> None:
    with crowd(waiting_max=3) as callers:
        for n in range(4):
            callers.call(f"guess {n}", THERE)

        with pytest.raises(NotAllowed, match="Try again in a few seconds"):
            callers.gate.refuse_when_full(THERE)
        with pytest.raises(NotAllowed), callers.gate.turn(THERE):
            pass
        callers.gate.refuse_when_full(HERE)


def test_no_crowd_makes_the_gate_keep_more_than_its_places() -> None:
    with crowd(waiting_max=8) as callers:
        for n in range(40):
            callers.call(f"guess {n}", f"203.0.113.{n}")
            assert callers.gate.waiting <= 8
            assert len(callers.gate._lines) <= 8

    assert len(callers.served) == 9
    assert callers.gate.waiting == 0
    assert not callers.gate._lines


def test_a_mistake_while_inside_lets_the_next_one_in() -> None:
    one = Gate(at_once=1)

    with pytest.raises(ZeroDivisionError), one.turn(HERE):
        _ = 1 // 0

    with one.turn(HERE):
        one.refuse_when_full(THERE)


def test_never_more_inside_than_allowed_and_everybody_is_served() -> None:
    several = Gate(at_once=2, waiting_max=100)
    inside, most = 0, 0
    count = threading.Lock()

    def call(n: int) -> None:
        nonlocal inside, most
        with several.turn(f"10.0.0.{n % 5}"):
            with count:
                inside += 1
                most = max(most, inside)
            time.sleep(0.002)
            with count:
                inside -= 1

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(call, range(60)))

    assert most == 2
    assert several.waiting == 0


@pytest.mark.parametrize("nobody", [None, ""])
def test_right_is_right_and_nobody_has_a_password(nobody: str | None) -> None:
    kept = people.cheap_hash(people.PASSWORD)

    assert gate.right(people.PASSWORD, kept, address=HERE)
    assert not gate.right("another", kept, address=HERE)
    assert not gate.right(people.PASSWORD, nobody, address=HERE)
    assert not gate.right("", nobody, address="")


def test_a_processor_is_left_for_pages_where_there_is_more_than_one() -> None:
    assert gate.at_once() >= 1
