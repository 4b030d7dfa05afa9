"""A wire between browser and server that can be cut, held still in one direction, and mended.

Bytes pass as they are: what the browser and the server see is a network, not a test.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any

CHUNK = 65_536


class WireCutter:
    """A TCP forwarder on a port of its own. What is asked, from any thread, is done on return."""

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self._server_port = server_port
        self._whole = True
        self._connections: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire", daemon=True)
        self._answers_pass: asyncio.Event
        self._listening: asyncio.Server

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> WireCutter:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Every open connection is torn, and no new one comes about until `mend`."""
        self._do(self._cut())

    def hold_answers(self) -> None:
        """What the browser sends still arrives; what the server answers does not."""
        self._do(self._set(lambda: self._answers_pass.clear()))

    def mend(self) -> None:
        """New connections pass again; answers that were held, and whose connection still stands, arrive."""
        self._do(self._set(self._mended))

    def _mended(self) -> None:
        self._whole = True
        self._answers_pass.set()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _set(self, change: Callable[[], None]) -> None:
        change()

    async def _listen(self) -> None:
        self._answers_pass = asyncio.Event()
        self._answers_pass.set()
        self._listening = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        self._whole = False
        for writer in list(self._connections):
            writer.transport.abort()

    async def _end(self) -> None:
        self._listening.close()
        await self._cut()
        self._answers_pass.set()
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        self._connections.add(writer)
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:  # the server is down
            self._connections.discard(writer)
            writer.transport.abort()
            return
        self._connections.add(to_server)
        always = asyncio.Event()
        always.set()
        await asyncio.gather(
            self._pass_on(reader, to_server, always), self._pass_on(from_server, writer, self._answers_pass)
        )

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, may_pass: asyncio.Event
    ) -> None:
        try:
            while chunk := await reader.read(CHUNK):
                await may_pass.wait()
                writer.write(chunk)
                await writer.drain()
        except OSError:
            pass  # torn
        finally:
            self._connections.discard(writer)
            writer.close()
