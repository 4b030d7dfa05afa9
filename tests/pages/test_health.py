"""Health says first whether the books agree, then what went wrong, who is here and what the machine is."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from school import clock, db
from school.access import sign_ins
from school.audit import events
from school.audit import queries as audit
from school.db import Database
from school.errors import BadInput, ReadOnly
from school.incidents import service as incidents
from school.ui import health_state
from tests import make
from tests.pages.conftest import Open
from tests.pages.test_away import read_only

FORM = "2c1f0a52-6a4e-4a53-9a52-3f8f1f7f0d11"  # the request id of the payment that was on the screen


@pytest.fixture
def house(books: Database) -> Database:
    """A bill and a payment, an incident of ada's today and one nine days ago, and two wrong passwords."""
    with books.writing() as session:
        student_id = make.student(session, "Ann Abel")
        make.bill(session, student_id, (10_000, date(2026, 1, 15)), on=date(2026, 1, 15))
        make.pay(session, student_id, 2_500)
        note(session, "OLD999", clock.now() - timedelta(days=9))
        note(session, "ABC123", clock.now(), request_id=FORM)
        for name in ("finn", "nobody"):
            sign_ins.begin(session, name=name, address="192.0.2.7")
    return books


def note(session, number: str, at, request_id: str | None = None) -> None:
    with clock.set_to(at):
        incidents.note(
            session,
            number=number,
            user_id=1,
            page="/payments",
            request_id=request_id,
            error="KeyError",
            place="school/ui/receipts.py:41",
        )


def figures(at) -> dict[str, tuple[str, str]]:
    return {metric.label: (str(metric.value), str(metric.delta)) for metric in at.metric}


def test_the_key_figures_come_first(house: Database, open_page: Open) -> None:
    at = open_page("health", name="ada")

    assert not at.exception
    told = figures(at)
    assert told.pop("95 of 100 pages take")[1] == "or less, in this process"
    assert told == {
        "The books": ("Agree", "looked at just now"),
        "Incidents in 7 days": ("1", "listed below"),
        "Payments in 24 hours": ("1", "recorded"),
        "Open sign-ins": ("1", "browsers"),
        "Failed sign-ins, 24 h": ("2", "2 names, 1 address"),
        "Letters waiting": ("0", "none failed"),
        "Newest backup": ("None", "nothing to restore yet"),
    }


def test_one_sentence_says_that_all_is_well_for_somebody_who_reads_nothing_else(
    books: Database, open_page: Open
) -> None:
    at = open_page("health", name="ada")

    (sentence,) = at.success
    assert sentence.value.startswith("All is well: the books agree, nobody met a fault in 14 days")
    assert not at.error
    assert not at.warning


def test_what_happened_is_drawn_and_can_be_read_as_tables(house: Database, open_page: Open) -> None:
    drawn = open_page("health", name="ada")
    read = open_page("health", name="ada", **{"health.tables": "true"})

    assert not drawn.exception
    assert [chart.proto.alt.partition(",")[0] for chart in drawn.get("vega_lite_chart")] == [
        "Payments by hour",
        "How long pages take; the slowest is " + _slowest(drawn),
        "Incidents by day",
        "Failed sign-ins by hour",
    ]
    payments, pages, days, failed, _ = (table.value for table in read.dataframe)
    assert list(payments["Recorded"])[-1:] == ["1"]
    assert "Health" in list(pages["Page"])
    assert (list(days["Incidents"])[-1], list(days["Incidents"]).count("1")) == ("1", 2)
    assert list(failed["Failed"])[-1] == "2"


def _slowest(at) -> str:
    alt = at.get("vega_lite_chart")[1].proto.alt
    return alt.removeprefix("How long pages take; the slowest is ").partition(",")[0]


def test_a_refused_payment_is_counted_by_the_process_that_refused_it(
    house: Database, open_page: Open
) -> None:
    with suppress(BadInput), house.writing() as session:
        make.pay(session, 1, 0)

    at = open_page("health", name="ada", **{"health.tables": "true"})

    assert int(at.dataframe[0].value["Refused"].iloc[-1]) >= 1


def test_what_check_finds_stands_there_with_how_to_mend_it(house: Database, open_page: Open) -> None:
    at = open_page("health", name="ada", **{"health.view": "Checks"})

    assert not at.exception
    assert any("There is no backup" in text.value for text in at.markdown)
    assert any("`python3 -m school backup`" in text.value for text in at.markdown)


def test_incidents_stand_in_a_table_by_the_number_people_were_told(house: Database, open_page: Open) -> None:
    at = open_page("health", name="ada")

    rows = at.dataframe[0].value
    assert list(rows["Number"]) == ["ABC123", "OLD999"]
    assert list(rows["Who"]) == ["ada", "ada"]
    assert list(rows["Page"]) == ["payments", "payments"]
    assert list(rows["What"]) == ["KeyError", "KeyError"]
    assert list(rows["Where"]) == ["school/ui/receipts.py:41"] * 2
    assert list(rows["Form"]) == [FORM, ""]


def test_where_nothing_went_wrong_it_says_so(books: Database, open_page: Open) -> None:
    at = open_page("health", name="ada")

    assert any("Nothing has gone wrong" in info.value for info in at.info)
    assert not at.dataframe


def test_everything_is_recomputed_on_a_press_and_it_is_remembered_when(
    house: Database, open_page: Open
) -> None:
    at = open_page("health", name="ada", **{"health.view": "Books"})

    at.button("health.deep").click().run()

    assert not at.exception
    assert any("The books agree" in success.value for success in at.success)
    assert figures(at)["The books"][1].startswith("recomputed ")
    with house.reading() as session:
        noted = audit.latest(session, events.BOOKS_VERIFIED, "books")
    assert noted
    assert (noted.actor, noted.after) == ("ada", {"disagreements": 0})


def test_books_that_disagree_are_told_first_and_named(house: Database, open_page: Open) -> None:
    with house.engine.begin() as connection:
        _break_a_balance(connection)

    at = open_page("health", name="ada", **{"health.view": "Books"})

    assert figures(at)["The books"][0] == "Disagree"
    assert any("balance" in error.value for error in at.error)
    at.button("health.deep").click().run()
    assert not at.success
    with house.reading() as session:
        noted = audit.latest(session, events.BOOKS_VERIFIED, "books")
    assert noted
    assert noted.after["disagreements"] > 0


def _break_a_balance(connection) -> None:
    """As only somebody with the database's own tools can: past the guards."""
    if connection.dialect.name == "sqlite":
        names = connection.exec_driver_sql(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'student_balance'"
        ).scalars()
        for name in list(names):
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    else:
        connection.exec_driver_sql("ALTER TABLE student_balance DISABLE TRIGGER USER")
    connection.execute(text("UPDATE student_balance SET balance = balance + 1"))


def test_the_machine_says_what_somebody_asks_who_is_called_for_help(house: Database, open_page: Open) -> None:
    at = open_page("health", name="ada", **{"health.view": "Machine"})

    told = " ".join(table.value.to_string() for table in at.table)
    engine = "SQLite" if house.is_sqlite else "PostgreSQL"
    for words in (engine, "0.1.0", "up to date", "in place", "not closed yet", "free of", "Memory"):
        assert words in told


def test_a_disk_that_runs_full_is_a_warning(
    house: Database, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_state, "SCARCE", 100)

    at = open_page("health", name="ada")

    assert any("Make room soon" in warning.value for warning in at.warning)


def test_books_that_take_no_entries_are_a_warning(house: Database, open_page: Open) -> None:
    at = open_page("health", name="ada")

    with read_only(house):
        with suppress(ReadOnly), db.writing() as session:
            for n in range(200):
                make.student(session, f"Student {n:03d}")
        at.run()

        assert any("take no entries" in warning.value for warning in at.warning)


@pytest.mark.parametrize("name", ["finn", "hope"])
def test_only_an_administrator_sees_it(house: Database, open_page: Open, name: str) -> None:
    at = open_page("health", name=name)

    assert [title.value for title in at.title] == ["Not for your role"]
    assert not at.metric


def test_the_administrator_s_day_leads_to_it(house: Database, open_page: Open) -> None:
    at = open_page("today", name="ada")

    assert "Health" in [link.label for link in at.main.get("page_link")]


@pytest.mark.parametrize(
    ("count", "said"), [(12, "12 bytes"), (7_000_000, "7 MB"), (1_230_000_000, "1.2 GB"), (4_100, "4.1 kB")]
)
def test_sizes_are_said_as_people_do(count: int, said: str) -> None:
    assert health_state.size(count) == said
