"""What runs in a rehearsal: PostgreSQL, two processes of the program, nginx; ended by their ids."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from deploy.rehearsal.places import DEPLOY, ROOT, Places, program, run

READY = DEPLOY / "ready.py"
STOPS_WITHIN_S = 60
LISTENS_WITHIN_S = 20


def postgresql_programs() -> Path:
    """The newest of the machine that is whole, or the one the tests bring."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if all((folder / name).exists() for name in ("initdb", "pg_ctl", "psql", "pg_dump")):
            return folder
    if shutil.which("initdb"):
        return Path(str(shutil.which("initdb"))).parent
    raise SystemExit("The rehearsal needs PostgreSQL's server programs: install postgresql.")


@contextmanager
def postgresql(places: Places) -> Iterator[dict[str, str]]:
    """A server of its own with the roles of deploy/; their passwords, as the files of deploy/ call them."""
    tools, data = postgresql_programs(), places.path("postgresql")
    data.mkdir()
    # PostgreSQL does not run as the machine's administrator
    who = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if who:
        shutil.chown(data, "postgres", "postgres")
    name = "postgres"
    run([tools / "initdb", "--pgdata", data, "--username", name, "--auth-local=trust",
         "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"], cwd="/", **who)  # fmt: skip
    options = f"-p {places.database} -k {data} -c listen_addresses=127.0.0.1 -c max_connections=200"
    run([tools / "pg_ctl", "--pgdata", data, "--log", data / "log", "--options", options, "-w", "start"],
        cwd="/", **who)  # fmt: skip
    try:
        owner, app = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        asked = {**os.environ, "SCHOOL_OWNER_PASSWORD": owner, "SCHOOL_APP_PASSWORD": app}
        for _ in range(2):  # the second time without harm
            run([tools / "psql", "--host", data, "--port", str(places.database), "--username", name,
                 "--no-psqlrc", "--file", DEPLOY / "postgresql" / "roles.sql"], env=asked)  # fmt: skip
        yield {
            "PASSWORD_OF_THE_OWNER": owner,
            "PASSWORD_OF_THE_PROGRAM": app,
            "SIX_UNRELATED_WORDS_OF_YOUR_OWN": secrets.token_urlsafe(24),
        }
    finally:
        run([tools / "pg_ctl", "--pgdata", data, "--mode", "fast", "-w", "stop"], cwd="/", **who)


class Process:
    """One process of the program, as systemd would start it."""

    def __init__(self, port: int, environment: Mapping[str, str], output: Path) -> None:
        self.port, self.environment, self.output = port, environment, output
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "school", "run", "--port", str(self.port)],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                umask=0o077,
            )
        try:
            run([sys.executable, READY, str(self.port)], env=self.environment)
        except SystemExit as late:
            raise SystemExit(f"{late}\n{self.output.read_text(errors='replace')[-2000:]}") from None

    def kill(self) -> None:
        """As when the machine takes the memory away."""
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


@contextmanager
def processes(places: Places, environment: Mapping[str, str]) -> Iterator[list[Process]]:
    both = [Process(port, environment, places.path(f"process-{port}.out")) for port in places.processes]
    with ExitStack() as stack:
        for one in both:
            stack.callback(one.stop)
            one.start()
        yield both


@contextmanager
def nginx(places: Places) -> Iterator[None]:
    """With the file of deploy/, until the block ends."""
    words = [program("nginx"), "-c", str(places.nginx())]
    run([*words, "-t"])
    with places.path("nginx.out").open("ab") as output:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        _listens(places)
        yield
    finally:
        process.terminate()
        process.wait()


def _listens(places: Places) -> None:
    until = time.monotonic() + LISTENS_WITHIN_S
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", places.https), timeout=1):
            return
        time.sleep(0.02)
    raise SystemExit(f"nginx does not listen: {places.path('nginx.out').read_text()}")
