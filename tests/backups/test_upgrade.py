"""An upgrade is taken back within minutes: the books are as before, and what came after can be listed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Integer, MetaData, insert, select, text

from school import cli, migrations
from school.backups import queries
from school.backups.manifest import BEFORE_UPGRADE
from school.db import Database
from school.db import database as program_database
from school.settings import settings
from tests import databases, make
from tests.backups import places

BEFORE = "0003"  # the revision of the program that was in use before the upgrade


@pytest.fixture
def old(live: Database) -> Iterator[Database]:
    """The books as the program before this one has left them."""
    with databases.fresh(live.url.get_backend_name(), migrated=False) as database:
        command.upgrade(migrations.config(database.url), BEFORE)
        carry_over(live, database)
        yield database


def carry_over(newer: Database, older: Database) -> None:
    """Every row of the tables that there were."""
    known, there = MetaData(), MetaData()
    with newer.engine.connect() as theirs, older.engine.begin() as ours:
        known.reflect(ours)
        there.reflect(theirs)
        for table in known.sorted_tables:
            if table.name == "alembic_version":
                continue
            held = theirs.execute(select(*(there.tables[table.name].c[column.name] for column in table.c)))
            if rows := [dict(row._mapping) for row in held]:
                ours.execute(insert(table), rows)
            if not older.is_sqlite and "id" in table.c and isinstance(table.c.id.type, Integer):
                count_on = "SELECT setval(pg_get_serial_sequence(:table, 'id'), max(id)) FROM " + table.name
                ours.execute(text(count_on), {"table": table.name})


@pytest.fixture
def use(old: Database, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    monkeypatch.setenv("SCHOOL_DATABASE_URL", databases.url_text(old))
    monkeypatch.setenv("SCHOOL_BACKUP_FOLDER", str(folder))
    for kept in (settings, program_database):
        kept.cache_clear()
    yield
    program_database().engine.dispose()
    program_database.cache_clear()


def test_an_upgrade_is_rolled_back_from_the_backup_it_made_first(
    old: Database, use: None, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = places.rows(old)

    assert cli.main(["migrate"]) == 0
    said = capsys.readouterr().out
    made = Path(re.search("Made (.*)", said)[1])
    with old.writing() as session:
        paid = make.pay(session, 3, 25_00)

    assert cli.main(["export", "--format", "csv", "--after", str(paid.entry_id - 1)]) == 0
    since = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["document"], row["account"], row["amount"]) for row in since] == [
        ("R-000002", "1200", "-25.00"),
        ("R-000002", "CASH", "25.00"),
    ]

    with places.new(old.url.get_backend_name(), tmp_path) as place:
        assert cli.main(["restore", str(made), "--into", place]) == 0
        said = capsys.readouterr().out
        with places.opened(place) as restored:
            assert places.rows(restored) == before

    newest = queries.newest(folder)
    assert newest
    assert (newest.path, newest.kind, newest.manifest.revision) == (made, BEFORE_UPGRADE, BEFORE)
    assert "They are at revision 0003, of program" in said
    assert f"export --format csv --after {paid.entry_id - 1}\n" in said
    assert f"SCHOOL_DATABASE_URL={place if '://' in place else f'sqlite:///{place}'} python3" in said


@pytest.mark.parametrize("live", ["sqlite"], indirect=True)
def test_without_its_backup_an_upgrade_changes_nothing_unless_told_to(
    old: Database, use: None, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write_text("this is no folder")
    before = places.rows(old)

    assert cli.main(["migrate"]) == 1
    refusal = capsys.readouterr().err
    assert "No backup was made in" in refusal
    assert refusal.endswith("Nothing was changed; --no-backup goes on without one.\n")
    assert places.rows(old) == before

    assert cli.main(["migrate", "--no-backup"]) == 0
    assert cli.main(["migrate"]) == 0  # nothing is due any more
    assert cli.main(["verify"]) == 0
