"""A start looks first: it goes past nothing that must be mended, hides nothing, and tells the rest once."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from school import migrations
from school.checks import installation, start
from school.checks.place import Place
from school.db import Database
from school.errors import RuleBroken
from tests.checks import places

AT_ONCE_S = 0.3


def test_what_is_wrong_is_told_once_and_does_not_stop_the_school(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = places.setting(place, allowed_hosts=["*"])

    with caplog.at_level(logging.WARNING, "school"):
        start.before_migrating(wrong)
        found = start.before_serving(wrong)

    assert [one.check for one in found if one.severity == "error"] == ["allowed_hosts"]
    (line,) = caplog.records
    assert (line.levelname, line.__dict__["check"]) == ("ERROR", "allowed_hosts")
    assert "SCHOOL_ALLOWED_HOSTS" in line.__dict__["mend"]


def test_a_guard_that_a_start_puts_back_is_told_before_it_is(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    with place.database.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER entry_kept"))

    start.before_migrating(place)
    migrations.migrate(place.database.url)

    (line,) = caplog.records
    assert "entry_kept" in line.__dict__["finding"]
    assert "guards" not in {one.check for one in installation.before_start(place)}


def test_books_of_a_newer_version_are_not_opened(database: Database, tmp_path: Path) -> None:
    place = places.in_order(database, tmp_path)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(RuleBroken, match=r"does not start[\s\S]*9999[\s\S]*newer program"):
        start.before_migrating(place)


def test_books_that_cannot_be_reached_or_read_are_not_opened(place: Place, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.db"
    damaged.write_text("no database")
    for url, sentence in (
        (f"sqlite:///{damaged}", "damaged"),
        ("postgresql://clerk@127.0.0.1:1/books", "does not answer"),
    ):
        with pytest.raises(RuleBroken, match=sentence):
            start.before_migrating(replace(place, database=Database(url)))


def test_new_books_are_for_their_owner_alone(place: Place, tmp_path: Path) -> None:
    new = Database(f"sqlite:///{tmp_path / 'new' / 'school.db'}")
    start.before_migrating(replace(place, database=new))
    migrations.migrate(new.url)

    found = {one.check for one in start.before_serving(replace(place, database=new))}

    assert found.isdisjoint({"books_private", "folder_private"})
    new.engine.dispose()


def test_a_start_looks_in_no_time(place: Place) -> None:
    installation.at_work(place)  # the first look loads what the program loads anyway
    took = []
    for _ in range(3):
        began = time.process_time()
        installation.at_work(place)
        took.append(time.process_time() - began)

    assert min(took) < AT_ONCE_S
