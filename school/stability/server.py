"""The app over the copy: processes of its own on spare loopback ports, ended by their ids."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from anyio import to_thread
from sqlalchemy import URL

from school.errors import Unavailable
from school.serve import command, environment_of
from school.settings import ROOT
from school.stability.proxy import Proxy
from school.stability.wire import PATIENCE_S

ADDRESS = "127.0.0.1"
STARTS_WITHIN_S = 120  # a cold start takes three seconds; a machine that does much else needs patience
STOPS_WITHIN_S = 5


class Server:
    """One process. `kill` is without warning, as when the power goes."""

    def __init__(self, copy: URL, folder: Path, number: int) -> None:
        self.port = _spare_port()
        self._output = folder / f"server-{number}.out"
        self._log = folder / f"server-{number}.log"
        self._read = 0
        self._environment = environment_of(
            {
                "SCHOOL_DATABASE_URL": copy.render_as_string(hide_password=False),
                "SCHOOL_LOG_FILE": str(self._log),
                "SCHOOL_LOG_LEVEL": "INFO",
                "SCHOOL_HTTPS": "false",  # it is asked on this machine alone
                "SCHOOL_ALLOWED_HOSTS": '["*"]',
            }
        )
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Starts, and waits until it answers. Raises Unavailable when it does not."""
        options = ["--server.enableAgentApi", "true", "--server.agentWaitTimeout", str(PATIENCE_S)]
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                [*command(port=self.port, address=ADDRESS), *options],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        until = time.monotonic() + STARTS_WITHIN_S
        while not await to_thread.run_sync(self._answers):
            if self._process.poll() is not None or time.monotonic() > until:
                said = self._output.read_text(encoding="utf-8", errors="replace").strip()
                raise Unavailable(f"The app did not start on the copy: {said[-300:] or 'it said nothing'}")
            await asyncio.sleep(0.05)

    def _answers(self) -> bool:
        connection = HTTPConnection(ADDRESS, self.port, timeout=5)
        try:
            connection.request("GET", "/_stcore/health")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def new_errors(self) -> list[str]:
        """What the log calls an error since it was last asked."""
        text = self._log.read_text(encoding="utf-8") if self._log.exists() else ""
        lines, self._read = text[self._read :].splitlines(), len(text)
        return [said for line in lines if (said := _error(line))]


def _error(line: str) -> str | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    if said.get("level") not in ("ERROR", "CRITICAL"):
        return None
    last = (said.get("exc_info") or "").strip().rpartition("\n")[2]
    return f"{said.get('message')} {said.get('incident') or said.get('check') or ''}: {last}".strip()


class Fleet:
    """One process, or several behind a proxy that keeps each browser with its own.

    `deaths` counts the kills so far: who finds the server gone asks whether that is why.
    """

    def __init__(self, servers: list[Server], port: Callable[[], int]) -> None:
        self.servers, self._port = servers, port
        self.deaths = 0
        self._returning: asyncio.Task[None] | None = None
        self._up = asyncio.Event()
        self._up.set()

    @property
    def origin(self) -> str:
        return f"http://{ADDRESS}:{self._port()}"

    async def ready(self) -> None:
        """Waits while nobody answers. Raises Unavailable when nobody will."""
        if not self._up.is_set():
            await self.whole()

    def kill(self, number: int) -> None:
        """Kills one at once and starts it again by and by."""
        self.deaths += 1
        self.servers[number].kill()
        if len(self.servers) == 1:
            self._up.clear()
        self._returning = asyncio.create_task(self._bring_back(number))

    async def _bring_back(self, number: int) -> None:
        await self.servers[number].start()
        self._up.set()

    async def whole(self) -> None:
        """Waits until every process is there. Raises Unavailable when one does not come back."""
        while self._returning is not None and not self._returning.done():
            await asyncio.wait([self._returning])
        if self._returning is not None:
            self._returning.result()

    def new_errors(self) -> list[str]:
        return [said for server in self.servers for said in server.new_errors()]


@asynccontextmanager
async def serving(copy: URL, folder: Path, processes: int) -> AsyncIterator[Fleet]:
    """So many processes over the copy until the block ends, however it ends."""
    servers = [Server(copy, folder, number + 1) for number in range(processes)]
    with ExitStack() as stack:
        for server in servers:
            stack.callback(server.stop)
        await asyncio.gather(*(server.start() for server in servers))
        if processes == 1:
            yield Fleet(servers, lambda: servers[0].port)
            return
        proxy = stack.enter_context(Proxy([server.port for server in servers]))
        yield Fleet(servers, lambda: proxy.port)


def _spare_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port: int = probe.getsockname()[1]
        return port
