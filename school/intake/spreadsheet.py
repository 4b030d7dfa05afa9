"""Excel and OpenDocument files are opened in a process of their own, with bounds on memory and time.

A file of 6 KB can name its last cell XFD1048576 and unpack to anything; all it can end is that process.
Run as a module this is the process: the file on standard input, its sheets as JSON on standard output.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

from school.errors import BadFile

ROOT = Path(__file__).resolve().parents[2]
MEMORY_BYTES_MAX = 1_500_000_000  # address space: ten times what 200,000 rows of 10 columns need
SECONDS_MAX = 60
UNPACKED_BYTES_MAX = 1_000_000_000
CELLS_MAX = 4_000_000  # 200,000 students with 20 columns
CHARACTERS_MAX = 100_000_000
DIGITS_KEPT = 15  # what a spreadsheet itself keeps: 0.1 + 0.2 is 0.3 there

Cell = str | Decimal | date

_ERROR_CELL = re.compile(
    rb'<(?:\w+:)?c\b[^>]*\br="([A-Z]+)(\d+)"[^>]*\bt="e"[^>]*>.{0,9999}?<(?:\w+:)?v>(#[^<]{1,20})<', re.DOTALL
)
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')


@dataclass(frozen=True)
class Sheet:
    """`rows` from the first row of the sheet on, so that row 1 is what a spreadsheet program calls row 1."""

    name: str
    rows: list[list[Cell]]


def sheets(data: bytes, name: str) -> list[Sheet]:
    """The visible sheets that hold anything. Raises BadFile."""
    try:
        answer = subprocess.run(
            [sys.executable, "-m", __name__],
            input=data,
            capture_output=True,
            timeout=2 * SECONDS_MAX,
            cwd=ROOT,
            check=True,
        )
        found = json.loads(answer.stdout)
    except (subprocess.SubprocessError, ValueError):
        raise BadFile(
            f"“{name}” cannot be opened as a spreadsheet: it is damaged or too large. "
            "Open it in a spreadsheet program and save the sheet with the students as CSV."
        ) from None
    if "refused" in found:
        raise BadFile(f"“{name}” {found['refused']}")
    return [
        Sheet(sheet["name"], [[_cell(value) for value in row] for row in sheet["rows"]])
        for sheet in found["sheets"]
    ]


def _cell(value: Any) -> Cell:
    if isinstance(value, dict):
        return date.fromisoformat(value["date"])
    if isinstance(value, float):
        return Decimal(f"{value:.{DIGITS_KEPT}g}")
    return Decimal(value) if isinstance(value, int) else str(value)


def _main() -> None:
    _bound()
    data = sys.stdin.buffer.read()
    json.dump(_read(data), sys.stdout)


def _bound() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such bounds; the time limit holds there
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(data: bytes) -> dict[str, Any]:
    import python_calamine

    archive = zipfile.ZipFile(io.BytesIO(data)) if data.startswith(b"PK") else None
    if archive and sum(part.file_size for part in archive.infolist()) > UNPACKED_BYTES_MAX:
        return {"refused": "unpacks to more than a table of students can need."}
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
    except python_calamine.PasswordError:
        return {"refused": "is protected by a password: save it without one."}
    found = []
    for place, about in enumerate(book.sheets_metadata):
        visible = about.visible == python_calamine.SheetVisibleEnum.Visible
        if visible and about.typ == python_calamine.SheetTypeEnum.WorkSheet:
            sheet = book.get_sheet_by_index(place)
            if sheet.total_height * sheet.total_width > CELLS_MAX:
                return {
                    "refused": f"has a sheet of more than {CELLS_MAX:,} cells: delete what is not a student."
                }
            rows = [[_plain(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
            _restore_errors(archive, about.name, rows)
            if any(cell != "" for row in rows for cell in row):
                found.append({"name": about.name, "rows": rows})
    if sum(len(c) for s in found for row in s["rows"] for c in row if isinstance(c, str)) > CHARACTERS_MAX:
        return {"refused": "holds more text than a table of students can need."}
    return {"sheets": found}


def _plain(cell: Any) -> Any:
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, datetime):
        return {"date": cell.date().isoformat()} if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date):
        return {"date": cell.isoformat()}
    return cell if isinstance(cell, (int, float, str)) else str(cell)


def _restore_errors(archive: zipfile.ZipFile | None, sheet: str, rows: list[list[Any]]) -> None:
    """A cell that shows #N/A is read as empty; an amount that cannot be known must not become none."""
    part = _part_of(archive, sheet) if archive else None
    if archive is None or part is None:
        return
    for column, row, error in _ERROR_CELL.findall(archive.read(part)):
        x, y = _column_number(column.decode()), int(row) - 1
        if y < len(rows) and x < len(rows[y]):
            rows[y][x] = error.decode(errors="replace")


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    if "xl/workbook.xml" not in archive.namelist():
        return None
    book = archive.read("xl/workbook.xml").decode(errors="replace")
    links = archive.read("xl/_rels/workbook.xml.rels").decode(errors="replace")
    targets = {a.get("Id"): a.get("Target", "") for a in _elements(links, "Relationship")}
    for attributes in _elements(book, "sheet"):
        if unescape(attributes.get("name", "")) == sheet:
            target = targets.get(attributes.get("r:id"), "").lstrip("/")
            return target if target.startswith("xl/") else f"xl/{target}"
    return None


def _elements(xml: str, name: str) -> list[dict[str, str]]:
    return [dict(_ATTRIBUTE.findall(tag)) for tag in re.findall(rf"<(?:\w+:)?{name}\b([^>]*)>", xml)]


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


if __name__ == "__main__":
    _main()
