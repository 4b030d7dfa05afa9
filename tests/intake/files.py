"""Files as schools make them: text in any encoding, Excel and OpenDocument sheets."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import xlsxwriter

EXAMPLES = Path(__file__).parent / "examples"

ENGLISH = ("Admission No", "First name", "Last name", "Class", "Guardian", "Phone", "Email", "Balance")


def csv(*rows: Sequence[str], delimiter: str = ",", encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    """Rows as text, nothing quoted."""
    return (end.join(delimiter.join(row) for row in rows) + end).encode(encoding)


def register(*rows: Sequence[str], headings: Sequence[str] = ENGLISH) -> bytes:
    """A register in UTF-8 with English headings; short rows are filled up."""
    return csv(headings, *(tuple(row) + ("",) * (len(headings) - len(row)) for row in rows))


def xlsx(
    rows: Sequence[Sequence[Any]], *, sheet: str = "Register", before: Sequence[Sequence[Any]] = ()
) -> bytes:
    """An Excel file; numbers and dates as such. `before` are the rows of a sheet that stands before it."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, content in (("Cover", before), (sheet, rows)):
        if name == sheet or before:
            page = book.add_worksheet(name)
            for y, row in enumerate(content):
                for x, value in enumerate(row):
                    page.write_datetime(y, x, value, day) if isinstance(value, date) else page.write(
                        y, x, value
                    )
    book.close()
    return buffer.getvalue()


def ods(rows: Sequence[Sequence[str | float]]) -> bytes:
    """An OpenDocument spreadsheet of texts and numbers."""

    def cell(value: str | float) -> str:
        if isinstance(value, str):
            text = f"<text:p>{escape(value)}</text:p>"
            return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    office = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{office}:office:1.0" '
        f'xmlns:table="{office}:table:1.0" xmlns:text="{office}:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="Register">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = f'<?xml version="1.0"?><m:manifest xmlns:m="{office}:manifest:1.0"/>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return buffer.getvalue()
