"""From nothing to a school that is paid into through https, and loses one of its processes meanwhile."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from deploy.rehearsal import looks
from deploy.rehearsal.places import ROOT, Places
from deploy.rehearsal.running import nginx, postgresql, processes

STUDENTS = 60
PASSWORD = "seven quiet otters swim"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.rehearsal", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long twenty people take payments")
    parser.add_argument("--keep", action="store_true", help="leave the folder, to look into")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="school-rehearsal-"))
    folder.chmod(0o755)  # PostgreSQL's own user goes through it
    try:
        wrong = _rehearse(Places(folder), asked.seconds)
    finally:
        if not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print("\n".join(["", "All is well." if not wrong else "NOT WELL:", *wrong]))
    return 1 if wrong else 0


def _rehearse(places: Places, seconds: int) -> list[str]:
    wrong: list[str] = []
    _say("PostgreSQL, and the roles of deploy/postgresql/roles.sql")
    with postgresql(places) as passwords:
        for name in ("state", "log"):
            places.path(name).mkdir(mode=0o700)
        settings = places.settings(passwords)
        os.environ["SSL_CERT_FILE"] = str(places.certificate())  # for whoever asks from here on
        owner = {**os.environ, **settings}
        app = {name: value for name, value in owner.items() if name != "SCHOOL_OWNER_URL"}
        _books(places, owner, app)
        _say("Two processes, nginx, and a look from outside")
        _school("static", str(places.path("web")), environment=app)
        with processes(places, app) as both, nginx(places):
            wrong += looks.outside(places)
            both[0].kill()
            wrong += looks.moves_over(places)
            both[0].start()
            _say("A backup, and check --deploy")
            _say(_school("backup", environment=app))
            _say(_school("check", "--deploy", "--site", places.site, environment=app, fails=True))
            _in_chromium(places, wrong)
            wrong += _under_load(places, both, app, seconds)
        _say(_school("verify", environment=app))
    return wrong


def _books(places: Places, owner: Mapping[str, str], app: Mapping[str, str]) -> None:
    """A school in one SQLite file, moved."""
    _say("A school in one SQLite file, and its move")
    file = places.path("state") / "school.db"
    small = {
        **app,
        "SCHOOL_DATABASE_URL": f"sqlite:///{file}",
        "SCHOOL_CURRENCY": "KES",
        "SCHOOL_TIMEZONE": "UTC",
    }
    _school("migrate", environment=small)
    _school("user", "add", "wanjiku", "--role", "administrator", "--password-stdin", "--keep-password",
            environment=small, typed=f"{PASSWORD}\n")  # fmt: skip
    register = places.path("register.csv")
    rows = (f"A{n:03},Ann{n},Otieno,Form {n % 3 + 1},{100 + n}.50" for n in range(STUDENTS))
    register.write_text("Admission No,First name,Last name,Class,Balance b/f\n" + "\n".join(rows) + "\n")
    _say(_school("import", "students", str(register), "--apply", environment=small))
    _say(_school("move", environment={**owner, "SCHOOL_DATABASE_URL": small["SCHOOL_DATABASE_URL"]}))
    _say(_school("migrate", environment=owner))


def _in_chromium(places: Places, wrong: list[str]) -> None:
    _say("In Chromium")
    before = looks.first_visit(f"http://localhost:{places.processes[0]}")
    after = looks.first_visit(places.site)
    if before is None or after is None:
        _say("  not tried: its driver is not installed here")
        return
    _say(f"  a first visit: {before[0]:,} bytes in {before[1]} answers straight from a process,")
    _say(f"                 {after[0]:,} bytes in {after[1]} answers through nginx")
    wrong += looks.signs_in(places.site, "wanjiku", PASSWORD) or []


def _under_load(places: Places, both: list[object], app: Mapping[str, str], seconds: int) -> list[str]:
    os.environ["SCHOOL_DATABASE_URL"] = app["SCHOOL_DATABASE_URL"]
    from deploy.rehearsal import crowd
    from school.db import Database

    _say(f"Twenty people take payments for {seconds} s; process 1 is killed amid them")
    books = Database(app["SCHOOL_DATABASE_URL"])
    try:
        row = crowd.work(places.site, both, books, seconds)  # type: ignore[arg-type]
    finally:
        books.engine.dispose()
    _say(f"  {row.tried} payments tried, {row.recorded_once} recorded once; p95 {row.p95_ms} ms")
    return [
        f"{name}: {count}" for name, count in row.as_data().items() if name in _BAD and count
    ] + row.faults


_BAD = ("session_errors", "lost", "doubled", "half", "foreign", "page_errors")


def _school(*words: str, environment: Mapping[str, str], typed: str = "", fails: bool = False) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "school", *words],
        cwd=ROOT,
        env=dict(environment),
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        umask=0o077,  # as the units have it
    )
    if done.returncode and not fails:
        raise SystemExit(f"school {' '.join(words)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout.rstrip()


def _say(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main())
