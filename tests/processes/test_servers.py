"""Two servers that start on empty books, or lose their database under their hands, agree on what was done."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import func, select, text

from school.access.models import User
from school.checks.ledger import verify
from school.db import Database
from school.ledger import queries as ledger
from school.stability.wire import Browser, Tab
from school.students import queries as students
from tests import coroutines, make, people
from tests.interruptions.held import writer_waits, writers_held
from tests.processes.pair import serving_pair

PASSWORD = "seven quiet otters swim"
ANSWERS = {
    "set_up.school": "Hillside School",
    "set_up.currency": "USD – US Dollar",
    "set_up.time_zone": "UTC",
    "set_up.full_name": "Wanjiku Kamau",
    "set_up.password": PASSWORD,
    "set_up.again": PASSWORD,
}
AMOUNT, TENDER, RECORD, NEW = "payments.amount", "payments.tender", "payments.record", "payments.new"
TIMES = 6


def test_of_two_who_open_the_books_at_two_servers_at_once_one_does(
    database: Database, tmp_path: Path
) -> None:
    async def story() -> list[Tab]:
        async with Browser(pair.sites[0].url) as here, Browser(pair.sites[1].url) as there:
            tabs = [await here.open(), await there.open()]
            with writers_held(database):
                for tab, name in zip(tabs, ("wanjiku", "kamau"), strict=True):
                    await tab.send("set_up.open", **ANSWERS, **{"set_up.user": name})
                await asyncio.to_thread(writer_waits, database, 2)
            for tab in tabs:
                await tab.drawn()
            return tabs

    with serving_pair(database, tmp_path) as pair:
        tabs = coroutines.finish(story())

    assert [said for tab in tabs for said in tab.screen.errors() if "incident" in said] == []
    assert sorted(tab.screen.signed_out for tab in tabs) == [False, True]
    with database.reading() as session:
        assert students.school(session).name == "Hillside School"
        assert session.scalar(select(func.count()).select_from(User)) == 1
        assert len(students.terms(session)) == 3


def test_when_the_database_cuts_every_connection_the_next_press_or_the_one_after_is_recorded(
    postgresql_database: Database, tmp_path: Path
) -> None:
    books = postgresql_database
    with books.writing() as session:
        make.school(session)
        token = people.cookie(session, people.user(session, "finance"))
        pupils = [make.student(session) for _ in range(TIMES)]

    async def story() -> None:
        async with Browser(pair.sites[0].url) as here, Browser(pair.sites[1].url) as there:
            here.cookies["school_sign_in"] = there.cookies["school_sign_in"] = token
            for number, pupil in enumerate(pupils):
                tab = await (here if number % 2 else there).open("payments", f"student={pupil}")
                await tab.act(**{AMOUNT: "5.00", TENDER: "Cash"})
                await asyncio.to_thread(_cut_amid_a_press, books, asyncio.get_running_loop(), tab)
                said.append((await tab.drawn()).errors())
                if not tab.screen.has(NEW):
                    await tab.act(RECORD)
                assert tab.screen.has(NEW), tab.screen.words()

    said: list[list[str]] = []
    with serving_pair(books, tmp_path) as pair:
        coroutines.finish(story())

    assert max(len(errors) for errors in said) <= 1
    assert not any("incident" in error for errors in said for error in errors)
    with books.reading() as session:
        assert [ledger.balance(session, one) for one in pupils] == [-5_00] * TIMES
        assert verify(session) == []


def _cut_amid_a_press(books: Database, loop: asyncio.AbstractEventLoop, tab: Tab) -> None:
    """The press waits for the writers' lock when its connection ends, and every other one with it."""
    with writers_held(books) as session:
        asyncio.run_coroutine_threadsafe(tab.send(RECORD), loop).result()
        writer_waits(books)
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
