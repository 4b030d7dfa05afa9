"""The copy is whole, private and gone at the end; the live books are the same to the last row."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, text

from school.checks.ledger import verify
from school.db import Database
from school.errors import BadInput, RuleBroken, SchoolError
from school.ledger import guards
from school.stability.copying import copied
from tests import databases, make
from tests.databases import url_text
from tests.stability.conftest import fingerprint, rows


@contextmanager
def opened(url: URL) -> Iterator[Database]:
    database = Database(url.render_as_string(hide_password=False))
    try:
        yield database
    finally:
        database.engine.dispose()


def test_every_row_is_there_and_what_is_written_stays_in_the_copy(live: Database) -> None:
    before = rows(live)

    with copied(url_text(live)) as url, opened(url) as copy:
        assert rows(copy) == before
        with copy.writing() as session:
            make.pay(session, 1, 5_000)
            make.student(session, "Di")
        with copy.reading() as session:
            assert verify(session) == []
            assert guards.differences(session.connection()) == []
        assert rows(copy) != before

    assert rows(live) == before


@pytest.mark.parametrize("in_use", [True, False], ids=["while it is in use", "while nobody uses it"])
def test_the_live_file_and_its_neighbours_stay_as_they_were(live_sqlite: Database, in_use: bool) -> None:
    path = Path(str(live_sqlite.url.database))
    if in_use:
        with live_sqlite.writing() as session:
            make.student(session, "Eve")
    else:
        live_sqlite.engine.dispose()

    def beside() -> dict[str, str]:
        files = (file for file in path.parent.iterdir() if not file.name.endswith("-shm"))
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}

    before = beside()
    with copied(url_text(live_sqlite)) as url, opened(url) as copy:
        copied_rows = rows(copy)

    assert beside() == before
    assert copied_rows == rows(live_sqlite)


def test_nobody_else_may_read_the_copy(live_sqlite: Database) -> None:
    with copied(url_text(live_sqlite)) as url:
        path = Path(str(url.database))
        modes = [stat.S_IMODE(p.stat().st_mode) for p in (path, path.parent)]

    assert modes == [0o600, 0o700]


@pytest.mark.parametrize("how", [None, RuntimeError, KeyboardInterrupt])
def test_the_copy_goes_however_the_work_ends(live: Database, how: type[BaseException] | None) -> None:
    kept: list[URL] = []
    with pytest.raises(how) if how else nothing_raised(), copied(url_text(live)) as url:
        kept.append(url)
        assert exists(live, url)
        if how:
            raise how

    assert not exists(live, kept[0])


@contextmanager
def nothing_raised() -> Iterator[None]:
    yield


def exists(live: Database, copy: URL) -> bool:
    if live.is_sqlite:
        return Path(str(copy.database)).parent.exists()
    with live.reading() as session:
        known = session.scalar(
            text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": copy.database}
        )
    return bool(known)


@pytest.mark.postgres
def test_an_empty_database_may_be_named_and_is_empty_again_afterwards(live_postgresql: Database) -> None:
    with databases.fresh("postgresql", migrated=False) as scratch:
        with copied(url_text(live_postgresql), url_text(scratch)) as url, opened(url) as copy:
            assert url.database == scratch.url.database
            assert rows(copy) == rows(live_postgresql)

        with scratch.reading() as session:
            left = session.scalar(
                text("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
            )
    assert left == 0


@pytest.mark.postgres
def test_a_database_that_holds_something_is_never_taken_for_scratch(live_postgresql: Database) -> None:
    before = fingerprint(live_postgresql)

    live = url_text(live_postgresql)
    with pytest.raises(BadInput, match="is not empty"), copied(live, live):
        pass

    assert fingerprint(live_postgresql) == before


@pytest.mark.postgres
def test_a_user_who_may_make_no_database_is_told_what_to_do(live_postgresql: Database) -> None:
    dsn = live_postgresql.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS bursar")
        connection.execute("CREATE ROLE bursar LOGIN")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO bursar")
    poor = live_postgresql.url.set(username="bursar")

    with (
        pytest.raises(
            RuleBroken, match="ALTER ROLE bursar CREATEDB, or name an empty database with --scratch"
        ),
        copied(poor),
    ):
        pass

    with (
        databases.fresh("postgresql", migrated=False) as scratch,
        copied(poor, url_text(scratch)) as url,
        opened(url) as copy,
    ):
        assert rows(copy) == rows(live_postgresql)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("DROP OWNED BY bursar")
        connection.execute("DROP ROLE bursar")


def test_books_of_an_older_program_are_not_copied(live: Database) -> None:
    with live.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    with pytest.raises(RuleBroken, match="python3 -m school migrate"), copied(url_text(live)):
        pass


@pytest.mark.parametrize("scratch", [None, "postgresql://localhost/x"])
def test_what_cannot_be_copied_is_one_sentence(tmp_path: Path, scratch: str | None) -> None:
    with pytest.raises(SchoolError) as refused, copied(f"sqlite:///{tmp_path / 'no.db'}", scratch):
        pass

    assert refused.value.sentence.endswith(".")
    assert list(tmp_path.iterdir()) == []
