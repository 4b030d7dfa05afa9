"""From one SQLite file to PostgreSQL with a role of its own, in the words of the manual."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from school import cli
from school.db import Database
from school.db import database as program_database
from school.settings import settings
from tests import databases, make
from tests.databases import APP, url_text

pytestmark = pytest.mark.postgres

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs a command with these settings; its exit code, and all it said."""

    def command(*words: str, books: str, owner: Database | None) -> tuple[int, str]:
        monkeypatch.setenv("SCHOOL_DATABASE_URL", books)
        if owner:
            monkeypatch.setenv("SCHOOL_OWNER_URL", url_text(owner))
        else:
            monkeypatch.delenv("SCHOOL_OWNER_URL", raising=False)
        _forget()
        code = cli.main(list(words))
        program_database().engine.dispose()
        return code, "".join(capsys.readouterr())

    yield command
    _forget()


def _forget() -> None:
    for kept in (settings, program_database):
        kept.cache_clear()


def test_the_school_moves_and_goes_on_with_a_role_that_owns_nothing(
    run: Run, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        make.school(session)
        make.pay(session, make.student(session), 4_000)

    with databases.fresh("postgresql", migrated=False) as new:
        app = url_text(Database(new.url.set(username=APP)))
        moved = run("move", books=url_text(sqlite_database), owner=new)
        again = run("move", books=url_text(sqlite_database), owner=new)
        before = run("verify", books=app, owner=new)
        migrated = run("migrate", books=app, owner=new)
        after = run("verify", books=app, owner=None)

        assert moved[0] == 0
        assert "Moved 1 students and 1 entries" in moved[1]
        assert again == (1, f"The database {new.url.database} is not empty: name an empty one.\n")
        assert before[0] == 1
        assert f"{APP} may read, add, and change what it must, and nothing else." in migrated[1]
        assert after[0] == 0

        with new.writing() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '0003'"))
        behind = run("migrate", "--no-backup", books=app, owner=None)
        assert behind[0] == 1
        assert "SCHOOL_OWNER_URL" in behind[1]
