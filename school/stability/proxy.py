"""A small reverse proxy that keeps a browser with its process, for trying several processes on one machine.

For checks on 127.0.0.1 only: it speaks no https, limits nothing and trusts whoever connects. In front of real
books stands a real proxy.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

ADDRESS = "127.0.0.1"
COOKIE = "route"
HEAD_MAX = 64 * 1024  # Chromium sends far less
PIECE = 64 * 1024
REQUESTS_KEPT = 10_000  # enough to tell who served whom in any check of ours
_ROUTE = re.compile(rf"(?:^|;\s*){COOKIE}=(\d+)(?:;|$)")
_OURS = {"connection", "keep-alive", "proxy-connection", "x-forwarded-for", "x-forwarded-proto"}
_AWAY = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@dataclass(frozen=True)
class Served:
    """One request and the port of the process that took it."""

    backend: int
    method: str
    path: str
    websocket: bool


@dataclass
class _Head:
    """The first lines of a request or an answer; names are in small letters."""

    start: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def parse(cls, raw: bytes) -> _Head:
        start, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
        fields = (line.partition(":") for line in lines)
        return cls(start, [(name.strip().lower(), value.strip()) for name, _, value in fields])

    def get(self, name: str) -> str:
        return "; ".join(value for given, value in self.fields if given == name)

    def but(self, names: Iterable[str], *more: tuple[str, str]) -> bytes:
        """As bytes, without the fields of these names and with more at the end."""
        kept = [(name, value) for name, value in self.fields if name not in names]
        lines = [self.start, *(f"{name}: {value}" for name, value in [*kept, *more])]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Proxy:
    """Listens on `port` of 127.0.0.1 while the block lasts, in a thread of its own.

    A browser stays with the process its `route` cookie names, until that process accepts no connection; then
    it goes to the next one that does, and stays there. A new browser takes its turn.
    """

    def __init__(self, backends: Sequence[int]) -> None:
        self.backends = list(backends)
        self.port = 0
        self.served: deque[Served] = deque(maxlen=REQUESTS_KEPT)
        self._turn = itertools.count()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._listening = threading.Event()
        self._open: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event

    def __enter__(self) -> Proxy:
        self._thread.start()
        self._listening.wait()
        if not self.port:
            raise OSError("The proxy found no port to listen on.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.port}"

    def backend_of(self, route: str) -> int:
        """The port of the process that this value of the cookie stands for."""
        return self.backends[int(route)]

    def drop(self) -> None:
        """Cuts every connection, as a network does that goes away for a moment."""
        self._loop.call_soon_threadsafe(self._cut)

    def _cut(self) -> None:
        for task in self._open:
            task.cancel()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await asyncio.start_server(self._accept, ADDRESS, 0, limit=HEAD_MAX)
            self.port = server.sockets[0].getsockname()[1]
        finally:
            self._listening.set()
        await self._stop.wait()
        server.close()
        self._cut()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a stream's callback always runs in a task
        self._open.add(task)
        try:
            await self._one_request(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # whoever went away knows it
        finally:
            self._open.discard(task)
            writer.close()

    async def _one_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection: what follows the first lines is passed on as it comes."""
        request = _Head.parse(await reader.readuntil(b"\r\n\r\n"))
        found = _ROUTE.search(request.get("cookie"))
        wanted = int(found[1]) if found else None
        reached = await self._connect(wanted)
        if reached is None:
            writer.write(_AWAY)
            await writer.drain()
            return
        route, from_backend, to_backend = reached
        websocket = request.get("upgrade").lower() == "websocket"
        method, path, *_ = request.start.split(" ")
        self.served.append(Served(self.backends[route], method, path, websocket))
        try:
            connection = ("connection", "upgrade" if websocket else "close")
            peer = ("x-forwarded-for", str(writer.get_extra_info("peername")[0]))
            to_backend.write(request.but(_OURS, connection, peer, ("x-forwarded-proto", "http")))
            asking = asyncio.create_task(_pour(reader, to_backend))
            try:
                cookie = None if route == wanted else f"{COOKIE}={route}; Path=/; HttpOnly; SameSite=Lax"
                await _answer(from_backend, writer, cookie=cookie, connection=connection)
            finally:
                asking.cancel()
        finally:
            to_backend.close()

    async def _connect(
        self, wanted: int | None
    ) -> tuple[int, asyncio.StreamReader, asyncio.StreamWriter] | None:
        """The wanted process, or the next that lives; None when none does."""
        count = len(self.backends)
        first = next(self._turn) if wanted is None else wanted
        for route in ((first + n) % count for n in range(count)):
            with suppress(OSError):
                pair = await asyncio.open_connection(ADDRESS, self.backends[route], limit=HEAD_MAX)
                return route, *pair
        return None


async def _answer(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    cookie: str | None,
    connection: tuple[str, str],
) -> None:
    """The answer, with our cookie, to its end; 502 when the process ends before it says anything."""
    try:
        answer = _Head.parse(await reader.readuntil(b"\r\n\r\n"))
    except (OSError, asyncio.IncompleteReadError):
        writer.write(_AWAY)
        await writer.drain()
        return
    more = [("set-cookie", cookie)] if cookie else []
    writer.write(answer.but({"connection", "keep-alive"}, connection, *more))
    await _pour(reader, writer)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes on what comes, to its end, or until one of the two goes away."""
    with suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
