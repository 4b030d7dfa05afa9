"""A server of our own and a visitor that speaks its protocol: what a rerun costs in processor time."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from school.access import sign_ins
from school.access.models import User
from school.db import Database

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Server:
    process: psutil.Process
    port: int
    seconds_to_listen: float

    def memory_mb(self) -> float:
        return float(self.process.memory_info().rss) / 2**20

    def busy(self) -> float:
        used = self.process.cpu_times()
        return float(used.user + used.system)


@contextmanager
def serving(app: str, url: str = "sqlite://") -> Iterator[Server]:
    """The app at this path served on a spare loopback port, on the books at `url`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", *app.split(), "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--server.headless", "true"]
    environment = {
        **os.environ,
        "SCHOOL_DATABASE_URL": url,
        "PYTHONPATH": str(ROOT),
        "SCHOOL_LOG_LEVEL": "ERROR",
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None or time.perf_counter() - began > 60:
                raise RuntimeError(f"{app} did not start")
            time.sleep(0.02)
        yield Server(psutil.Process(process.pid), port, time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait(20)


def token_of(database: Database, user: str) -> str:
    """A cookie's token for this user, without the password."""
    with database.writing() as session:
        user_id = session.query(User.id).filter(User.name == user).scalar()
        opened = sign_ins.open_sign_in(session, user_id=user_id)
    with database.writing() as session:
        claimed = sign_ins.claim(session, ticket=opened.ticket, held_token=None)
    assert claimed is not None
    return claimed


def rerun_ms(server: Server, page: str, query: str, token: str, *, runs: int = 40, warm: int = 8) -> float:
    """Milliseconds of processor time of one rerun of a page, over many."""
    return asyncio.run(_rerun_ms(server, page, query, token, runs, warm))


async def _rerun_ms(server: Server, page: str, query: str, token: str, runs: int, warm: int) -> float:
    async with visit(server, token) as socket_:
        for _ in range(warm):
            await rerun(socket_, page, query)
        parts = []
        for _ in range(5):
            before = server.busy()
            for _ in range(runs // 5):
                await rerun(socket_, page, query)
            parts.append((server.busy() - before) / (runs // 5))
        return min(parts) * 1000  # the processors are shared: what is more is others' doing


def visit(server: Server, token: str) -> websockets.connect:
    return websockets.connect(
        f"ws://127.0.0.1:{server.port}/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers={"Cookie": f"school_sign_in={token}"} if token else None,
        max_size=None,
        open_timeout=60,
    )


async def rerun(socket_: websockets.ClientConnection, page: str = "", query: str = "") -> int:
    """Ask for one run of a page and wait for its end; how many messages came."""
    ask = BackMsg()
    ask.rerun_script.query_string = query
    ask.rerun_script.page_name = page
    await socket_.send(ask.SerializeToString())
    count = 0
    while True:
        message = ForwardMsg()
        message.ParseFromString(await asyncio.wait_for(socket_.recv(), 60))  # type: ignore[arg-type]
        count += 1
        if message.WhichOneof("type") == "script_finished":
            return count
