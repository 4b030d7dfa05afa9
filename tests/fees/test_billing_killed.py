"""A process killed amid a chunk of a run, and the run pressed again: nothing doubled, nothing half there."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import ModuleType

import pytest

from school import clock
from school.access.rules import COMMAND_LINE
from school.checks.ledger import verify
from school.db import Database
from school.fees import runs
from tests import make
from tests.databases import url_text
from tests.fees import biller, structure
from tests.fees.structure import TUITION

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.fees.biller", "sqlalchemy.dialects.postgresql.psycopg", "psycopg"])


@pytest.fixture(autouse=True)
def nothing_to_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new process runs the main script of its parent; Streamlit's page tests leave one of theirs behind."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


def test_a_run_killed_amid_a_chunk_goes_on_where_it_stood_and_so_does_taking_it_back(
    database: Database,
) -> None:
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            structure.fees(session)
            ids = [make.student(session, f"Ann {n}") for n in range(9)]
        run_id = structure.begin(database)

        killed(biller.bill, database, run_id)
        assert facts(database, run_id).entries == 2 * (biller.CHUNKS - 1)
        structure.finish(database, run_id, students_max=2)

        assert structure.balances(database) == dict.fromkeys(ids, TUITION)
        assert facts(database, run_id).entries == len(ids)

        with database.writing() as session:
            runs.undo(session, actor=COMMAND_LINE, run_id=run_id, reason="wrong fees")
        killed(biller.take_back, database, run_id)
        assert facts(database, run_id).reversed == 2 * (biller.CHUNKS - 1)
        structure.undo_on(database, run_id, entries_max=2)

        assert structure.balances(database) == dict.fromkeys(ids, 0)
        assert facts(database, run_id).reversed == len(ids)
        with database.reading() as session:
            assert verify(session) == []


def killed(work: Callable[[str, int, Connection], None], database: Database, run_id: int) -> None:
    heard, speaks = processes.Pipe(duplex=False)
    process = processes.Process(target=work, args=(url_text(database), run_id, speaks))
    process.start()
    speaks.close()
    assert heard.recv() == "amid a chunk"
    process.kill()
    process.join()


def facts(database: Database, run_id: int) -> runs.RunFacts:
    with database.reading() as session:
        return runs.run(session, run_id)
