"""Starting the web server: Streamlit's own runner on `app.py`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping

from school.errors import BadInput
from school.settings import ROOT, settings

PORTS_TRIED = 50


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings().address, port))
        except OSError:
            return False
        return True


def free_port(first: int) -> int:
    """The first free port from `first` on. Raises BadInput when there is none near it."""
    for port in range(first, min(first + PORTS_TRIED, 65536)):
        if _is_free(port):
            return port
    raise BadInput(f"No port from {first} on is free: name one with --port.")


def command(*, port: int, address: str | None = None) -> list[str]:
    """The words that start the server, without the environment it needs."""
    return [
        sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"),
        "--server.port", str(port), "--server.address", address or settings().address,
        "--server.headless", "true",
    ]  # fmt: skip


def environment_of(settings_of_its_own: Mapping[str, str]) -> dict[str, str]:
    """The environment of a server with these settings instead of ours."""
    return {**os.environ, **settings_of_its_own, "PYTHONPATH": str(ROOT)}


def serve(*, port: int, environment: Mapping[str, str]) -> None:
    """Become the server; does not return. Raises BadInput when the port is taken."""
    if not _is_free(port):
        raise BadInput(f"Port {port} is in use by another program: name another with --port.")
    started = command(port=port)
    full = environment_of(environment)
    sys.stdout.flush()
    os.chdir(ROOT)
    os.umask(0o077)  # what the server writes, its log and all else, is for its user alone
    if os.name == "nt":
        raise SystemExit(subprocess.call(started, env=full))
    os.execve(sys.executable, started, full)  # noqa: S606 - the server takes our place and our signals
