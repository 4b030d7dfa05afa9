"""A report on paper: A4 on its side, a heading, and a table with its totals.

A column in which nothing stands is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_date

from school.documents import engine
from school.documents.tabular import Cell, Column, Table, Totals
from school.errors import BadInput
from school.money import Currency, locale, show

ROWS_MAX = 2_000  # sixty pages; whoever needs more wants a spreadsheet
TOO_LONG = (
    f"More than {ROWS_MAX:,} rows are too many for paper: choose less, or take the spreadsheet, "
    "which takes them all."
)


@dataclass(frozen=True)
class TablePaper:
    """A table and the words around it."""

    table: Table
    school_name: str
    logo: bytes | None  # left out where it cannot be shown
    about: str  # of which day or period, of whom
    printed: str  # when, and for whom
    locale: str
    made_at: datetime  # aware


def table_pdf(paper: TablePaper) -> bytes:
    """The paper as a tagged PDF. Raises BadInput for more than `ROWS_MAX` rows."""
    table = paper.table
    totals = Totals(table.columns)
    rows: list[list[str]] = []
    for row in totals.passing(table.rows):
        rows.append([_text(cell, column, paper) for cell, column in zip(row, table.columns, strict=True)])
        if len(rows) > ROWS_MAX:
            raise BadInput(TOO_LONG)
    kept = [at for at in range(len(table.columns)) if not rows or any(row[at] for row in rows)]
    total = totals.row()
    last = total and [_text(cell, column, paper) for cell, column in zip(total, table.columns, strict=True)]
    logo = engine.picture(paper.logo) if paper.logo else None
    said = {
        "school": paper.school_name,
        "logo": logo is not None,
        "title": table.title,
        "about": paper.about,
        "columns": [_heading(table.columns[at], table.currency) for at in kept],
        "rows": [[row[at] for at in kept] for row in rows],
        "total": last and [last[at] for at in kept],
        "printed": paper.printed,
    }
    images = {"logo": logo} if logo else {}
    return engine.pdf("table", said, tag=paper.locale, created=paper.made_at, images=images)


def _heading(column: Column, unit: Currency) -> tuple[str, bool, bool]:
    """The words, whether it stands to the right, and whether it is wide."""
    words = f"{column.label} {unit.code}" if column.kind == "amount" else column.label
    return words, column.kind in ("amount", "count"), column.wide


def _text(cell: Cell, column: Column, paper: TablePaper) -> str:
    match cell:
        case None:
            return ""
        case date():
            return format_date(cell, "medium", locale=locale(paper.locale))
        case int() if column.kind == "amount":
            return show(cell, paper.table.currency, paper.locale)
        case int():
            return f"{cell:,}"
        case _:
            return cell
