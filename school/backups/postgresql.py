"""PostgreSQL's own tools: found, of the right age, and told the password where no process list shows it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from school.errors import RuleBroken
from school.settings import settings

PACKAGED = Path(
    "/usr/lib/postgresql"
)  # where Debian keeps each version; only an older one may be on the path
_VERSION = re.compile(r"(\d+)(?:\.\d+)*")
_SAID_MAX = 2_000


class ToolFailed(Exception):
    """What the tool said last."""


@contextmanager
def dump(url: URL, snapshot: str, server: str) -> Iterator[IO[bytes]]:
    """The books as of an exported snapshot, in pg_dump's own format and uncompressed, to be read to the end.

    Raises RuleBroken without a pg_dump as new as the server, ToolFailed when it fails.
    """
    tool = _tool("pg_dump", at_least=_major(server))
    words = [str(tool), "--format=custom", "--compress=0", f"--snapshot={snapshot}"]
    with _running([*words, f"--dbname={_place(url)}"], url, stdout=subprocess.PIPE) as process:
        assert process.stdout  # noqa: S101 - asked for one line above
        yield process.stdout


@contextmanager
def restoring(url: URL) -> Iterator[IO[bytes]]:
    """Where to write a dump, which is in the database at the end of the block, wholly or not at all.

    Raises RuleBroken without a pg_restore, ToolFailed when it fails.
    """
    tool = _tool("pg_restore", at_least=0)
    words = [str(tool), "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    with _running([*words, f"--dbname={_place(url)}"], url, stdin=subprocess.PIPE) as process:
        assert process.stdin  # noqa: S101 - asked for one line above
        yield process.stdin
        process.stdin.close()


@contextmanager
def _running(words: list[str], url: URL, **pipes: int) -> Iterator[subprocess.Popen[bytes]]:
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, env=_environment(url), stderr=said, **pipes)  # type: ignore[call-overload]
        try:
            yield process
        except BrokenPipeError:
            pass  # it has ended before its time, and says why
        except BaseException:
            process.kill()
            raise
        finally:
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    _closed(pipe)
            ended = process.wait()
        if ended:
            said.seek(0)
            raise ToolFailed(said.read(_SAID_MAX).decode(errors="replace").strip())


def _closed(pipe: IO[bytes]) -> None:
    with suppress(BrokenPipeError):
        pipe.close()


def _tool(name: str, *, at_least: int) -> Path:
    """The first that is new enough: beside the pg_dump of the settings, else on the path or as packaged."""
    found = [(tool, _major(_version(tool))) for tool in _places(name)]
    for tool, version in found:
        if version >= at_least:
            return tool
    if not found:
        raise RuleBroken(
            f"{name} was not found: install PostgreSQL's client programs, or name pg_dump in SCHOOL_PG_DUMP."
        )
    newest = max(version for _, version in found)
    raise RuleBroken(
        f"The server is PostgreSQL {at_least}, and the newest {name} here is of {newest}, which cannot "
        f"read it: install the client programs of PostgreSQL {at_least}, or name pg_dump in SCHOOL_PG_DUMP."
    )


def _places(name: str) -> list[Path]:
    chosen = settings().pg_dump
    if chosen is not None:
        places = [chosen.with_name(chosen.name.replace("pg_dump", name))]
    else:
        on_path = shutil.which(name)
        packaged = sorted(PACKAGED.glob(f"*/bin/{name}"), key=lambda tool: _major(str(tool)), reverse=True)
        places = [*([Path(on_path)] if on_path else []), *packaged]
    return [place for place in places if os.access(place, os.X_OK)]


def _version(tool: Path) -> str:
    return subprocess.run([str(tool), "--version"], capture_output=True, text=True, check=False).stdout


def _major(text: str) -> int:
    found = _VERSION.search(text)
    return int(found[1]) if found else 0


def _place(url: URL) -> str:
    """Where the database is, without its password."""
    where: dict[str, Any] = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database}
    return make_conninfo("", **{k: v for k, v in (where | _query(url)).items() if v is not None})


def _query(url: URL) -> dict[str, Any]:
    return {key: value for key, value in url.query.items() if key != "password"}


def _environment(url: URL) -> dict[str, str]:
    password = url.password or url.query.get("password")
    return {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
