"""A report as a file: exact amounts, real days, nothing that runs, and totals that are sums of its rows."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime

import pytest
from python_calamine import load_workbook

from school.documents.table import ROWS_MAX, TablePaper, table_pdf
from school.documents.tabular import Column, Row, Table, csv_file, xlsx_file
from school.errors import BadInput
from school.money import currency
from tests.documents.example import keeps_the_standards, pages, text

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
COLUMNS = (
    Column("No.", "count"),
    Column("Date", "day"),
    Column("What"),
    Column("In", "amount", summed=True),
    Column("Out", "amount", summed=True),
)
ROWS: list[Row] = [
    (1, date(2026, 3, 1), "=HYPERLINK(1)", 1_234_567, None),
    (2, date(2026, 3, 2), "@Payment, 王小明", 1, 250),
]


def table(rows: list[Row] = ROWS, code: str = "USD") -> Table:
    return Table("Day book", COLUMNS, iter(rows), currency(code))


def paper(rows: list[Row] = ROWS) -> TablePaper:
    return TablePaper(
        table=table(rows),
        school_name="Riverside Academy",
        logo=None,
        about="1 Mar 2026 to 2 Mar 2026",
        printed="Printed 20 Mar 2026 for Ada",
        locale="de",
        made_at=NOW,
    )


@pytest.mark.parametrize(("code", "amount"), [("USD", "12345.67"), ("JPY", "1234567"), ("KWD", "1234.567")])
def test_csv_holds_exact_amounts_and_runs_nothing(code: str, amount: str) -> None:
    heading, first, second = csv_file(table(code=code)).decode("utf-8-sig").splitlines()

    assert heading == f"No.,Date,What,In ({code}),Out ({code})"
    assert first == f"1,2026-03-01,'=HYPERLINK(1),{amount},"
    assert second.startswith('2,2026-03-02,"\'@Payment, 王小明",')


def test_excel_holds_numbers_days_and_text_that_runs_nothing() -> None:
    made = xlsx_file(table(), created=NOW)
    rows = load_workbook(io.BytesIO(made)).get_sheet_by_index(0).to_python()
    sheet = zipfile.ZipFile(io.BytesIO(made)).read("xl/worksheets/sheet1.xml").decode()

    assert rows[0] == ["No.", "Date", "What", "In (USD)", "Out (USD)"]
    assert rows[1] == [1, date(2026, 3, 1), "=HYPERLINK(1)", 12345.67, ""]
    assert rows[2] == [2, date(2026, 3, 2), "@Payment, 王小明", 0.01, 2.5]
    assert rows[3] == ["In all", "", "", 12345.68, 2.5]
    assert "<f>" not in sheet
    assert 'topLeftCell="A2"' in sheet
    assert 'state="frozen"' in sheet


@pytest.mark.parametrize(("code", "shape"), [("USD", "#,##0.00"), ("JPY", "#,##0"), ("KWD", "#,##0.000")])
def test_excel_shows_as_many_decimals_as_the_currency_has(code: str, shape: str) -> None:
    made = zipfile.ZipFile(io.BytesIO(xlsx_file(table(code=code), created=NOW)))

    styles = made.read("xl/styles.xml").decode()
    assert f'formatCode="{shape}"' in styles or shape == "#,##0"  # one of the shapes every Excel knows


def test_excel_of_no_rows_is_its_headings_and_totals_of_nothing() -> None:
    rows = load_workbook(io.BytesIO(xlsx_file(table([]), created=NOW))).get_sheet_by_index(0).to_python()

    assert [row[0] for row in rows] == ["No.", "In all"]


def test_paper_says_what_it_is_and_ends_with_the_totals_as_the_reader_writes_them() -> None:
    said = text(table_pdf(paper()))

    for words in ("Riverside Academy", "Day book", "1 Mar 2026 to 2 Mar 2026", "Printed 20 Mar 2026 for Ada"):
        assert words in said
    for words in ("=HYPERLINK(1)", "王小明", "01.03.2026", "12.345,67", "In USD"):
        assert words in said
    assert said.index("12.345,68") > said.index("12.345,67")


def test_a_long_paper_repeats_its_headings_and_counts_its_pages() -> None:
    rows: list[Row] = [(n, date(2026, 3, 1), f"Payment {n}", n, None) for n in range(1, 91)]

    sheets = [page.extract_text() for page in pages(table_pdf(paper(rows)))]

    assert len(sheets) > 1
    assert all("What" in page and f"Page {n} of {len(sheets)}" in page for n, page in enumerate(sheets, 1))
    assert "40,95" in sheets[-1]


def test_the_same_rows_always_make_the_same_paper_which_keeps_the_standards() -> None:
    made = table_pdf(paper())

    assert made == table_pdf(paper())
    assert keeps_the_standards(made)


def test_what_is_too_long_for_paper_is_refused_before_it_is_read_to_its_end() -> None:
    rows: list[Row] = [(n, date(2026, 3, 1), "Payment", n, None) for n in range(ROWS_MAX + 5)]
    asked = paper(rows)

    with pytest.raises(BadInput, match="take the spreadsheet"):
        table_pdf(asked)

    assert len(list(asked.table.rows)) == 4
