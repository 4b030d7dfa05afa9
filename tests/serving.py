"""The program as a process of its own, on a spare port of this machine, over a database of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from school.db import Database
from school.settings import ROOT
from tests import databases
from tests.nursery import Forked, nursery

STARTS_WITHIN_S = 240  # of a machine that does much else besides


@dataclass
class Site:
    """A running server. `log` is what it wrote so far; `stop` and `start` keep the port and the books.

    `root` is where the program lies: a copy, where a test has broken something in it. One that is measured
    is not `forked`, but started as anybody starts it.
    """

    port: int
    database: Database
    log_path: Path
    environment: Mapping[str, str]
    options: tuple[str, ...] = ()
    root: Path = ROOT
    forked: bool = True
    process: subprocess.Popen[bytes] | Forked | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    def start(self) -> None:
        words = [
            *("streamlit", "run", str(self.root / "app.py")),
            *("--server.port", str(self.port), "--server.address", "127.0.0.1", "--server.headless", "true"),
            *self.options,
        ]
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.root),
            "SCHOOL_DATABASE_URL": databases.url_text(self.database),
            **self.environment,
        }
        if self.forked:
            self.process = nursery.fork(words, self.root, environment, self.log_path)
        else:
            command = [sys.executable, "-m", *words]
            with self.log_path.open("ab") as log:
                self.process = subprocess.Popen(
                    command, cwd=self.root, env=environment, stdout=log, stderr=log
                )
        until = time.monotonic() + STARTS_WITHIN_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server did not start:\n{self.log}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=10) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None


@contextmanager
def serving(database: Database, folder: Path, *options: str, **environment: str) -> Iterator[Site]:
    """A server over this database until the block ends; `environment` is set for it alone."""
    site = Site(spare_port(), database, folder / "server.log", environment, options)
    site.start()
    try:
        yield site
    finally:
        site.stop()


def spare_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
