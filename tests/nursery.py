"""Servers of the tests are forked from a process that has loaded the libraries: each starts in a second.

What is loaded is nobody's work here. A server loads the program itself, from the tree it is started in, and
is in everything else the process that `python -m streamlit` would be.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import psutil

LIBRARIES = (
    "alembic.command",
    "babel.numbers",
    "bcrypt",
    "captcha.image",
    "jwt",
    "pandas",
    "PIL.Image",
    "prometheus_client",
    "psycopg",
    "pyarrow.ipc",
    "pydantic_settings",
    "pypdf",
    "pythonjsonlogger.json",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
    "streamlit.web.bootstrap",
    "streamlit.web.cli",
    "typst",
    "uvicorn",
)


class Forked:
    """A process that is nobody's child here, with what is asked of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._process = psutil.Process(pid)

    def poll(self) -> int | None:
        """0 once it has ended, however it has."""
        return None if self._process.is_running() else 0

    def wait(self, timeout: float | None = None) -> None:
        """Raises subprocess.TimeoutExpired."""
        try:
            self._process.wait(timeout)
        except psutil.TimeoutExpired as late:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0) from late

    def send_signal(self, how: signal.Signals) -> None:
        with suppress(psutil.NoSuchProcess):
            self._process.send_signal(how)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The process they are forked from, started with the first of them; it ends with this one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loader: subprocess.Popen[str] | None = None

    def fork(self, words: Sequence[str], root: Path, environment: Mapping[str, str], log: Path) -> Forked:
        """`python -m` these words in `root`; what it says goes to the end of `log`."""
        asked = {"words": [*words], "root": str(root), "environment": {**environment}, "log": str(log)}
        with self._lock:
            if self._loader is None:
                command = [sys.executable, "-P", __file__]
                self._loader = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            assert self._loader.stdin
            assert self._loader.stdout
            self._loader.stdin.write(f"{json.dumps(asked)}\n")
            self._loader.stdin.flush()
            return Forked(int(self._loader.stdout.readline()))


nursery = Nursery()


def _stay() -> None:
    """In the loader: one line asks for one process, and its number answers. It returns in those alone."""
    for name in LIBRARIES:
        import_module(name)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who has ended leaves nothing behind
    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            _become(**json.loads(line))
            return
        print(pid, flush=True)
    sys.exit()


def _become(*, words: list[str], root: str, environment: dict[str, str], log: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(root)
    nothing, said = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for old, new in ((0, nothing), (1, said), (2, said)):
        os.dup2(new, old)
    os.close(nothing)
    os.close(said)
    sys.argv = words
    sys.path.insert(0, root)


if __name__ == "__main__":
    _stay()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
