"""The dashboard says what is owed and how it comes in; every figure leads to rows that add up to it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from school.access.rules import COMMAND_LINE
from school.db import Database
from school.documents.summary import summary_pdf
from school.ledger import service as ledger
from school.reports.dashboard import ClassRow
from school.ui import board as boards
from school.ui import dashboard_charts, summary
from school.ui.board import Board
from tests import make
from tests.documents.example import text as text_of
from tests.pages.conftest import Open

CHARTS = ["months", "ageing", "by_tender", "by_fee_head", "by_class"]


@pytest.fixture
def term(books: Database) -> Database:
    """On 20 March Ann owes 1,400.00 (600.00 late, 500.00 due today), Ben 800.00 (64 days late, of Term 1);
    Cy has a credit of 50.00. Term 2 billed 1,800.00, conceded nothing and collected 450.00.
    """
    with books.writing() as session:
        ann = make.student(session, "Ann", class_name="Form 1")
        ben = make.student(session, "Ben", class_name="Form 2")
        cy = make.student(session, "Cy", class_name="Form 2")
        make.bill(session, ben, (80_000, date(2026, 1, 15)), on=date(2026, 1, 10))
        make.bill(
            session,
            ann,
            (100_000, date(2026, 3, 10)),
            (50_000, date(2026, 3, 20)),
            (30_000, date(2026, 6, 1)),
            on=date(2026, 3, 3),
        )
        make.pay(session, ann, 40_000, on=date(2026, 3, 18))
        make.pay(session, cy, 5_000, tender="MOBILE", on=date(2026, 3, 19))
    return books


def figures(at: AppTest) -> dict[str, str]:
    return {metric.label: str(metric.value) for metric in at.metric}


def address(at: AppTest, label: str) -> tuple[str, dict[str, str]]:
    """Where the link called `label` leads: a page, and what its address says."""
    link = next(link for link in at.page_link if link.label == label).proto
    return link.page, dict(parse_qsl(link.query_string))


def charts(at: AppTest) -> list[Any]:
    return [element.proto for element in at.get("vega_lite_chart")]


def text(at: AppTest) -> str:
    said = [*at.markdown, *at.info, *at.error, *at.header]
    return "\n".join(str(element.value) for element in said)


def board(database: Database, *, past: date | None = None) -> Board:
    with database.reading() as session:
        return boards.read(session, as_at=past or make.TODAY, term=boards.students.terms(session)[1])


def test_the_key_figures_stand_first_and_are_right(term: Database, open_page: Open) -> None:
    at = open_page("dashboard", name="hope")

    assert not at.exception
    assert figures(at) == {
        "Owed": "2,200.00",
        "Due": "1,900.00",
        "Overdue": "1,400.00",
        "Collected": "450.00",
        "Collection rate": "25%",
        "Credit": "50.00",
    }
    assert "Families owe **USD 2,200.00**; **1,400.00** of it is overdue." in text(at)


@pytest.mark.parametrize(
    ("link", "figure"),
    [
        ("See who owes", "2,200.00"),
        ("See what is due", "1,900.00"),
        ("See what is overdue", "1,400.00"),
        ("See the payments", "450.00"),
        ("See what was billed", "1,800.00"),
        ("See whose credit", "50.00"),
    ],
)
def test_every_figure_leads_to_rows_that_add_up_to_it(
    term: Database, open_page: Open, link: str, figure: str
) -> None:
    page, asked = address(open_page("dashboard", name="hope"), link)

    at = open_page(page, name="hope", **asked)

    assert not at.exception
    total = "\n".join([*figures(at).values(), text(at)])
    assert figure in total
    assert len(at.dataframe[0].value) >= 1


def test_a_past_day_is_recomputed_and_its_figures_lead_to_the_rows_of_that_day(
    term: Database, open_page: Open
) -> None:
    at = open_page("dashboard", name="hope", **{"dashboard.as_at": "2026-02-01"})

    assert figures(at)["Owed"] == figures(at)["Overdue"] == "800.00"
    assert figures(at)["Collection rate"] == "0%"  # of Term 1, the term of that day
    page, asked = address(at, "See who owes")
    rows = open_page(page, name="hope", **asked)
    assert "800.00" in figures(rows)["Open"]
    assert list(rows.dataframe[0].value["Student"]) == ["Ben"]


def test_the_bars_lead_to_entries_that_add_up_to_them(term: Database, open_page: Open) -> None:
    now = board(term)
    bars = [
        *((row.amount, now.entries(account=row.name)) for row in now.tenders if row.amount),
        *((row.amount, now.entries(account=row.name)) for row in now.fee_heads if row.amount),
        *((row.collected, now.entries_of_month(row.month)) for row in now.months if row.collected),
        *((row.billed - row.collected, now.entries(class_name=row.name)) for row in now.classes),
    ]
    assert len(bars) == 2 + 1 + 1 + 2

    for amount, (page, asked) in bars:
        at = open_page(page.stem, name="hope", **asked)

        assert figures(at)["In all"] == f"USD {now.amount(abs(amount))}"


def test_the_ages_lead_to_the_charges_of_that_age(term: Database, open_page: Open) -> None:
    now = board(term)
    ages = {"Not overdue": "800.00", "1–30 days": "600.00", "61–90 days": "800.00"}

    for age, amount in ages.items():
        page, asked = now.charges(age)
        at = open_page(page.stem, name="hope", **asked)

        assert figures(at)["Open"] == f"USD {amount}"


def test_every_chart_has_a_name_and_every_bar_a_sentence(term: Database, open_page: Open) -> None:
    drawn = charts(open_page("dashboard", name="hope"))

    assert [chart.id.rsplit(".", 1)[-1] for chart in drawn] == CHARTS
    assert all(chart.alt for chart in drawn)
    assert all('"said"' in chart.spec for chart in drawn)


def test_tables_say_in_words_what_the_charts_draw(term: Database, open_page: Open) -> None:
    at = open_page("dashboard", name="hope", **{"dashboard.tables": "true"})

    assert not charts(at)
    tables = [element.value for element in at.dataframe]
    by_class = next(table for table in tables if "Rate" in table)
    assert by_class.iloc[0].to_dict() == {
        "Class": "Form 1",
        "Rate": "22%",
        "Collected": "400.00",
        "Billed": "1,800.00",
        "Still owed": "1,400.00",
    }
    ages = next(table for table in tables if "Age" in table)
    assert dict(zip(ages["Age"], ages["Owed"], strict=True)) == {
        "Not overdue": "800.00",
        "1–30 days": "600.00",
        "31–60 days": "0.00",
        "61–90 days": "800.00",
        "Over 90 days": "0.00",
    }


def test_who_owes_most_stands_first(term: Database, open_page: Open) -> None:
    at = open_page("dashboard", name="hope")

    debtors = at.dataframe[0].value
    assert list(debtors["Student"]) == ["Ann", "Ben"]
    assert list(debtors["Overdue"]) == ["600.00", "800.00"]


def test_a_term_can_be_chosen_in_the_address(term: Database, open_page: Open) -> None:
    at = open_page("dashboard", name="hope", **{"dashboard.term": "Term 1 2026"})

    assert figures(at)["Collection rate"] == "0%"
    assert "for Term 1 2026" in text(at)


@pytest.mark.parametrize(
    "asked",
    [
        {"dashboard.as_at": "2031-01-01"},
        {"dashboard.as_at": "yesterday"},
        {"dashboard.term": "Term 9 2099"},
        {"dashboard.tables": "perhaps"},
    ],
)
def test_an_address_that_says_nonsense_shows_today(
    term: Database, open_page: Open, asked: dict[str, str]
) -> None:
    at = open_page("dashboard", name="hope", **asked)

    assert not at.exception
    assert figures(at)["Owed"] == "2,200.00"


def test_a_day_after_today_counts_as_today(term: Database, open_page: Open) -> None:
    at = open_page("dashboard", name="hope")

    at.date_input(key="dashboard.as_at").set_value(date(2026, 3, 21)).run()

    assert at.date_input(key="dashboard.as_at").value == make.TODAY
    assert figures(at)["Owed"] == "2,200.00"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ada", "No students yet. Bring them in"),
        ("hope", "No students yet. An administrator can bring them in"),
    ],
)
def test_an_empty_school_is_told_the_next_step_and_sees_no_broken_chart(
    books: Database, open_page: Open, name: str, sentence: str
) -> None:
    at = open_page("dashboard", name=name)

    assert not at.exception
    assert at.info[0].value.startswith(sentence)
    assert not charts(at)
    assert not at.metric


def test_before_the_first_charge_there_is_a_sentence(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        make.student(session, "Ann")

    at = open_page("dashboard", name="hope")

    assert at.info[0].value.startswith("No charges yet.")


def test_a_term_without_charges_says_so_in_place_of_its_charts(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        ann = make.student(session, "Ann")
        ledger.opening_balance(
            session, actor=COMMAND_LINE, request_id=make.request_id(), student_id=ann, amount_minor=-7_000
        )

    at = open_page("dashboard", name="hope")

    assert not at.exception
    assert figures(at)["Collection rate"] == "–"
    assert "Nothing was billed for this term yet." in text(at)
    assert "Nothing is owed." in text(at)
    assert "Nobody owes anything." in text(at)


def test_a_name_is_shown_as_it_was_typed(books: Database, open_page: Open) -> None:
    odd = ":red[**Zoë**](x) | $a$"
    with books.writing() as session:
        make.bill(session, make.student(session, odd), (1_000, date(2026, 4, 1)))

    at = open_page("dashboard", name="hope")

    assert list(at.dataframe[0].value["Student"]) == [odd]


def test_the_charts_carry_whole_minor_units_and_no_float(term: Database, open_page: Open) -> None:
    months = charts(open_page("dashboard", name="hope"))[0]

    assert json.loads(months.spec)["params"] == [{"name": "minor", "value": 100}]


def test_the_paper_says_what_the_screen_says(term: Database) -> None:
    facts = summary.facts(board(term), replace(COMMAND_LINE, full_name="Hope"))

    said = text_of(summary_pdf(facts))

    for fact in (
        "Fees as at Mar 20, 2026",
        "2,200.00",
        "1,400.00",
        "25%",
        "Form 1",
        "22%",
        "Ann",
        "for Hope",
    ):
        assert fact in said


def test_of_very_many_classes_those_with_the_lowest_rates_are_shown(term: Database) -> None:
    rows = [
        ClassRow(n, f"Class {n}", 10, 1_000, 0, 10 * n, 0, rate_percent=float(n)) for n in range(100, 0, -1)
    ]
    crowded = replace(board(term), classes=rows)

    bars = dashboard_charts.class_bars(crowded)

    assert [bar.label for bar in bars] == [f"Class {n}" for n in range(1, 31)]
    assert dashboard_charts.class_note(crowded) == "Term 2 2026, the 30 lowest of 100"
