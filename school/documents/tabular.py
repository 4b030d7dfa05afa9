"""A table as a file for other programs: CSV and Excel, written row by row, so that no length is too long.

Amounts come in minor units and are written in major ones; no cell that was typed is ever a formula or a link.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import xlsxwriter
from defusedcsv import csv as safe_csv

from school.money import Currency, major

Kind = Literal["text", "amount", "count", "day"]
Cell = str | int | date | None
Row = Sequence[Cell]

SHEET_NAME_MAX = 31  # what Excel takes
WIDTHS = {"text": 26, "amount": 16, "count": 10, "day": 12}  # in characters
OPTIONS = {  # a row is let go when the next begins; text stays text
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


@dataclass(frozen=True)
class Column:
    """An amount is minor units; `summed` columns have their total in the last row. On paper, `wide` columns
    share the room that the others leave.
    """

    label: str
    kind: Kind = "text"
    summed: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Table:
    """`rows` are gone through once and may be read from the database as they are written."""

    title: str
    columns: Sequence[Column]
    rows: Iterable[Row]
    currency: Currency


class Totals:
    """Adds up the summed columns of the rows that pass."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self.sums = [0] * len(columns)

    def passing(self, rows: Iterable[Row]) -> Iterator[Row]:
        summed = [at for at, column in enumerate(self.columns) if column.summed]
        for row in rows:
            for at in summed:
                cell = row[at]
                if isinstance(cell, int):
                    self.sums[at] += cell
            yield row

    def row(self) -> Row | None:
        """The last row of the table; None where nothing is summed."""
        if not any(column.summed for column in self.columns):
            return None
        cells = [
            total if column.summed else None for column, total in zip(self.columns, self.sums, strict=True)
        ]
        return ["In all", *cells[1:]] if cells[0] is None else cells


def csv_file(table: Table) -> bytes:
    """UTF-8 with the mark spreadsheets look for; days as 2026-03-20, amounts as 1250.00, and no total."""
    out = io.BytesIO()
    text = io.TextIOWrapper(out, "utf-8-sig", newline="")
    writer = safe_csv.writer(text)
    writer.writerow([_heading(column, table.currency) for column in table.columns])
    for row in table.rows:
        writer.writerow(
            [_plain(cell, column, table.currency) for cell, column in zip(row, table.columns, strict=True)]
        )
    text.flush()
    return out.getvalue()


def _heading(column: Column, unit: Currency) -> str:
    return f"{column.label} ({unit.code})" if column.kind == "amount" else column.label


def _plain(cell: Cell, column: Column, unit: Currency) -> Any:
    if cell is None:
        return ""
    if isinstance(cell, int) and column.kind == "amount":
        return major(cell, unit)
    return cell.isoformat() if isinstance(cell, date) else cell


def xlsx_file(table: Table, *, created: datetime) -> bytes:
    """One sheet whose headings stay when it is scrolled; amounts are numbers and days are days."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        book.set_properties({"title": table.title, "created": created.replace(tzinfo=None)})
        sheet = book.add_worksheet(table.title[:SHEET_NAME_MAX])
        formats = _formats(book, table.currency)
        for at, column in enumerate(table.columns):
            sheet.set_column(at, at, max(WIDTHS[column.kind], len(column.label) + 8))
            right = "_right" if column.kind in ("amount", "count") else ""
            sheet.write_string(0, at, _heading(column, table.currency), formats[f"heading{right}"])
        totals = Totals(table.columns)
        last = 0
        for last, row in enumerate(totals.passing(table.rows), start=1):
            _write(sheet, last, row, table, formats)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, last, len(table.columns) - 1)
        sheet.set_landscape()
        sheet.repeat_rows(0)
        if (total := totals.row()) is not None:
            _write(sheet, last + 1, total, table, formats, "_total")
    return out.getvalue()


def _formats(book: Any, unit: Currency) -> dict[str, Any]:
    number = "#,##0" + ("." + "0" * unit.exponent if unit.exponent else "")
    shapes = {"text": {}, "amount": {"num_format": number}, "count": {"num_format": "#,##0"}}
    shapes["day"] = {"num_format": "yyyy-mm-dd", "align": "left"}
    strong = {"bold": True, "top": 1}
    found = {name: book.add_format(shape) for name, shape in shapes.items()}
    found |= {f"{name}_total": book.add_format(shape | strong) for name, shape in shapes.items()}
    heading = {"bold": True, "bottom": 1}
    found["heading"] = book.add_format(heading)
    found["heading_right"] = book.add_format(heading | {"align": "right"})
    return found


def _write(sheet: Any, at: int, row: Row, table: Table, formats: dict[str, Any], style: str = "") -> None:
    for n, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
        shape = formats[f"{column.kind}{style}"]
        match cell:
            case None:
                sheet.write_blank(at, n, None, shape)
            case str():
                sheet.write_string(at, n, cell, formats[f"text{style}"])
            case date():
                sheet.write_datetime(at, n, datetime(cell.year, cell.month, cell.day), shape)  # noqa: DTZ001
            case int():
                value = major(cell, table.currency) if column.kind == "amount" else cell
                sheet.write_number(at, n, value, shape)
