"""Passwords guessed in a flood over the server's own sockets, and what a signed-in person notices of it."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.bench import served

ADDRESSES = ("203.0.113.1", "203.0.113.2", "198.51.100.3", "192.0.2.4")
VISITS = 60
PAUSE_S = 0.2  # between two page views of a busy person
AT_ONCE = 400
ANSWERS = {
    "not right": "wrong",
    "Too many attempts": "made to wait",
    "Many people": "asked to come back",
}


@dataclass(frozen=True)
class Views:
    """Milliseconds from asking for a page to having it whole."""

    ms: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.ms)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.ms, n=20)[-1]


async def views(server: served.Server, token: str, page: str, enough: Callable[[], bool]) -> Views:
    """One page of a signed-in person again and again until it is enough."""
    taken: list[float] = []
    async with served.visit(server, token) as socket_:
        for _ in range(5):
            await served.rerun(socket_, page)
        while not enough() or len(taken) < 2:
            began = time.perf_counter()
            await served.rerun(socket_, page)
            taken.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(PAUSE_S)
    return Views(taken)


def flood(port: int, tries: int, answers: Connection) -> None:
    """10,000 wrong passwords, many at once; sends what the server answered, counted."""
    os.nice(19)  # the guesser's machine is not the school's
    answers.send(asyncio.run(_flood(port, tries)))


async def _flood(port: int, tries: int) -> dict[str, int]:
    heard: Counter[str] = Counter()
    left = iter(range(tries))

    async def guesser(number: int) -> None:
        address = ADDRESSES[number % len(ADDRESSES)]
        for n in left:
            try:
                await _guess_while_heard(port, address, n, left, heard)
            except (OSError, TimeoutError, websockets.WebSocketException):
                heard["turned away"] += 1

    await asyncio.gather(*(guesser(number) for number in range(AT_ONCE)))
    return dict(heard)


async def _guess_while_heard(port: int, address: str, n: int, left: object, heard: Counter[str]) -> None:
    """One connection that goes on guessing while it is open, half of the time one known name."""
    async with websockets.connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers={"X-Forwarded-For": address},
        max_size=None,
        open_timeout=30,
    ) as socket_:
        form = await _form(socket_)
        while True:
            name = "finance" if n % 2 else f"nobody{n}"
            heard[await _guess(socket_, form, name, f"wrong password {n}")] += 1
            following = next(left, None)  # type: ignore[call-overload]
            if following is None:
                return
            n = following


async def _form(socket_: websockets.ClientConnection) -> dict[str, str]:
    """The widgets of the sign-in form by their keys."""
    found: dict[str, str] = {}
    ask = BackMsg()
    ask.rerun_script.page_name = ""
    await socket_.send(ask.SerializeToString())
    async for message in _until_drawn(socket_):
        element = message.delta.new_element
        for kind in ("text_input", "button"):
            if element.HasField(kind):
                widget = getattr(element, kind)
                found[widget.id.rpartition("-")[2]] = widget.id
    return found


async def _guess(socket_: websockets.ClientConnection, form: dict[str, str], name: str, password: str) -> str:
    ask = BackMsg()
    for key, value in (("sign_in.name", name), ("sign_in.password", password)):
        ask.rerun_script.widget_states.widgets.add(id=form[key], string_value=value)
    ask.rerun_script.widget_states.widgets.add(id=form["sign_in.send"], trigger_value=True)
    await socket_.send(ask.SerializeToString())
    said = "nothing said"
    async for message in _until_drawn(socket_):
        if message.delta.new_element.HasField("alert"):
            sentence = message.delta.new_element.alert.body
            said = next((word for part, word in ANSWERS.items() if part in sentence), sentence)
    return said


async def _until_drawn(socket_: websockets.ClientConnection):  # type: ignore[no-untyped-def]
    while True:
        message = ForwardMsg()
        message.ParseFromString(await asyncio.wait_for(socket_.recv(), 60))  # type: ignore[arg-type]
        yield message
        if message.WhichOneof("type") == "script_finished":
            return


def compare(server: served.Server, beside: served.Server, token: str, page: str, tries: int) -> None:
    """Prints what the flood was answered, and how much slower the page came than before, and than from a

    server `beside` that nobody attacks: what else this machine does slows both.
    """
    before = asyncio.run(views(server, token, page, _after(VISITS)))
    receiving, sending = multiprocessing.get_context("spawn").Pipe(duplex=False)
    guesser = multiprocessing.get_context("spawn").Process(target=flood, args=(server.port, tries, sending))
    began, busy_before = time.perf_counter(), server.busy()
    guesser.start()
    during, calm = asyncio.run(_both(server, beside, token, page, guesser.is_alive))
    seconds = time.perf_counter() - began
    busy = (server.busy() - busy_before) / seconds
    print(f"{tries} wrong passwords in {seconds:.0f} s: {json.dumps(receiving.recv())}")
    print(f"processors busy {busy:.2f}, memory of the server afterwards {server.memory_mb():.0f} MB")
    print(f"{page + ', ms':12}{'attacked':>10}{'beside':>10}{'before':>10}{'÷ beside':>10}{'÷ before':>10}")
    for name in ("median", "p95"):
        slow, other, earlier = (float(getattr(seen, name)) for seen in (during, calm, before))
        print(f"{name:12}{slow:10.0f}{other:10.0f}{earlier:10.0f}{slow / other:10.2f}{slow / earlier:10.2f}")


async def _both(
    server: served.Server, beside: served.Server, token: str, page: str, going_on: Callable[[], bool]
) -> tuple[Views, Views]:
    at_once = (views(each, token, page, lambda: not going_on()) for each in (server, beside))
    attacked, calm = await asyncio.gather(*at_once)
    return attacked, calm


def _after(count: int) -> Callable[[], bool]:
    seen = iter(range(count))
    return lambda: next(seen, None) is None
