"""Sockets of browsers nobody has signed in from are heard slowly, so that a flood of them slows no page.

Every message of a socket runs a script. Those of strangers, all together, run `EACH_S` apart after the first
few, and addresses take turns: a person with a new browser waits for a turn or two, a guesser for his own.
A browser that has signed in before is no stranger, nor is one that signs in.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque

from anyio import to_thread
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from school.access import queries
from school.db import reading
from school.errors import Unavailable
from school.ui.identity import browser_cookie_name, cookie_name, usable_token

EACH_S = 0.2
FIRST_FEW = 30  # a school whose browsers are all new on one morning
OPEN_BY_ADDRESS_MAX = 50  # a whole school may share one address
OPEN_MAX = 500
TURNED_AWAY_AFTER_S = 10  # who is turned away at once comes back at once
TURNING_AWAY_MAX = 1_000
MESSAGE_BYTES_MAX = 64 * 1024  # a sign-in form; signed in, the server's own limit is the only one
THIS_MACHINE = {"127.0.0.1", "::1"}
TRY_LATER = 1013
NEWLY_NAMED = "school.newly_named"  # in the scope of a socket that came without the name of its browser


class Pace:
    """Lets callers go `each_s` apart, `first_few` at once after a calm time; addresses take turns."""

    def __init__(self, *, each_s: float = EACH_S, first_few: int = FIRST_FEW) -> None:
        self._each_s = each_s
        self._most = self._free = first_few
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._beat: asyncio.Task[None] | None = None

    async def turn(self, address: str) -> None:
        if self._beat is None:
            self._beat = asyncio.create_task(self._go_on())
        if self._free:
            self._free -= 1
            return
        called = asyncio.get_running_loop().create_future()
        self._lines.setdefault(address, deque()).append(called)
        await called

    async def _go_on(self) -> None:
        while self._free < self._most:
            await asyncio.sleep(self._each_s)
            if not self._call_next():
                self._free += 1
        self._beat = None

    def _call_next(self) -> bool:
        while self._lines:
            address, line = self._lines.popitem(last=False)
            called = line.popleft()
            if line:
                self._lines[address] = line  # behind the others
            if not called.done():  # its socket may have gone
                called.set_result(None)
                return True
        return False


class SlowForStrangers:
    """Paces what sockets of strangers send, and keeps no more of them open than it can hear."""

    def __init__(self, app: ASGIApp, pace: Pace | None = None) -> None:
        self.app = app
        self._pace = pace or Pace()
        self._open: Counter[str] = Counter()
        self._turning_away = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or await _is_familiar(scope):
            await self.app(scope, receive, send)
            return
        address = _address(scope)
        if not self._has_room(address):
            await self._turn_away(receive, send)
            return
        self._open[address] += 1
        try:
            await self.app(scope, self._paced(scope, address, receive), send)
        finally:
            self._open[address] -= 1
            self._open += Counter()  # forgets the addresses that have left

    def _has_room(self, address: str) -> bool:
        crowded = bool(address) and self._open[address] >= OPEN_BY_ADDRESS_MAX
        return not crowded and self._open.total() < OPEN_MAX

    async def _turn_away(self, receive: Receive, send: Send) -> None:
        if self._turning_away < TURNING_AWAY_MAX:
            self._turning_away += 1
            try:
                await asyncio.sleep(TURNED_AWAY_AFTER_S)
            finally:
                self._turning_away -= 1
        await receive()
        await send({"type": "websocket.close", "code": TRY_LATER})

    def _paced(self, scope: Scope, address: str, receive: Receive) -> Receive:
        familiar = False

        async def heard_slowly() -> Message:
            nonlocal familiar
            message = await receive()
            if familiar or message["type"] != "websocket.receive":
                return message
            await self._pace.turn(address)
            familiar = await _is_familiar(scope, now=True)
            if not familiar and len(message.get("bytes") or message.get("text") or "") > MESSAGE_BYTES_MAX:
                return {"type": "websocket.disconnect", "code": TRY_LATER}
            return message

        return heard_slowly


def _address(scope: Scope) -> str:
    """Empty where it is not known, as behind a proxy that does not tell it."""
    client = scope.get("client")
    return "" if client is None or client[0] in THIS_MACHINE else str(client[0])


async def _is_familiar(scope: Scope, *, now: bool = False) -> bool:
    """Asks the database; `now` also for a browser that cannot have signed in when its socket came."""
    cookies = HTTPConnection(scope).cookies
    token, browser = (
        usable_token(cookies.get(cookie_name())),
        usable_token(cookies.get(browser_cookie_name())),
    )
    if token is None and (browser is None or (NEWLY_NAMED in scope and not now)):
        return False  # or every guess of a flood asks the database
    return await to_thread.run_sync(_has_signed_in, token, browser)


def _has_signed_in(token: str | None, browser: str | None) -> bool:
    try:
        with reading() as session:
            return queries.has_signed_in(session, token=token, browser=browser)
    except Unavailable:
        return False
