"""A file as a school has it becomes a table: headings, and rows that know their number in the file.

Any encoding, delimiter or spreadsheet; titles above the headings and empty rows are passed over, nothing is
guessed about a value. What is no table is refused in one sentence.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

import clevercsv

from school.errors import BadFile
from school.intake import encodings, headings, spreadsheet
from school.intake.spreadsheet import CELLS_MAX, Cell

FILE_BYTES_MAX = 200_000_000
SAMPLE_CHARACTERS = 16_000  # enough to tell a dialect; clevercsv reads it in 40 ms
HEADING_ROWS_MAX = 30  # titles, addresses and dates stand above the headings, not pages of text
COLUMNS_MAX = 500
FIELD_CHARACTERS_MAX = 100_000
END_OF_FILE = "\x1e"  # a row of our own after the last one: read back as it is, no quotation is left open
DELIMITERS = (",", ";", "\t", "|")

_SIGNATURES = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture or a sound"),
    (b"BM", "a picture"),
    (b"II*\0", "a picture"),
    (b"MM\0*", "a picture"),
    (b"{\\rtf", "a text document"),
    (b"%!PS", "a printed page"),
    (b"\x1f\x8b", "a compressed file"),
    (b"7z\xbc\xaf", "a compressed file"),
    (b"Rar!", "a compressed file"),
    (b"SQLite format 3\0", "a database"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
_WEB_PAGE = re.compile(rb"\s*<(!doctype|html|\?xml|head|table)", re.IGNORECASE)
_SEPARATOR_NAMED = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)  # what Excel writes to itself as a first line


class TableRow(NamedTuple):
    """`number` is what a spreadsheet program shows; cells may be fewer or more than the headings."""

    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Table:
    """`encoding` and `delimiter` are empty for a spreadsheet, `sheet` and `sheets` for a text file.

    `certain` is False where the encoding is the setting's and not told by the file itself: show a preview;
    `likely` is an encoding in which the headings would be words we know, where in this one they are not.
    """

    name: str
    headings: tuple[str, ...]
    rows: tuple[TableRow, ...]
    encoding: str = ""
    certain: bool = True
    likely: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    digest: str = ""  # of the file's bytes: the same file is known again


def read(
    data: bytes,
    name: str,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    known: Collection[str] = (),
) -> Table:
    """The table in a file. `known` are headings the user has named, which help to find the row of headings.

    Raises BadFile: one sentence that says what the file is and what to do.
    """
    name = _short(name)
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise BadFile(f"“{name}” is empty.")
    if len(data) > FILE_BYTES_MAX:
        raise BadFile(f"“{name}” is larger than {FILE_BYTES_MAX // 10**6} MB: import the students in parts.")
    _refuse_what_is_no_table(data, name)
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        table = _spreadsheet(data, name, sheet, known)
    else:
        table = _text_file(data, name, encoding, known)
    return replace(table, digest=hashlib.sha256(data).hexdigest())


def _text_file(data: bytes, name: str, encoding: str | None, known: Collection[str]) -> Table:
    text, encoding, certain = encodings.decoded(data, name, encoding)
    _refuse_binary(text, name)
    delimiter, rows = _parsed(text.removeprefix("\ufeff"), name, known)
    table = replace(_table(rows, name, known), encoding=encoding, certain=certain, delimiter=delimiter)
    unknown = not certain and headings.known_in(table.headings, known) < 2
    return replace(table, likely=encodings.with_known_headings(data) or "") if unknown else table


def _short(name: str) -> str:
    plain = "".join(c if c.isprintable() else " " for c in name).strip()
    return plain if len(plain) <= 60 else f"{plain[:57]}…"


def _refuse_what_is_no_table(data: bytes, name: str) -> None:
    what = next((what for signature, what in _SIGNATURES if data.startswith(signature)), None)
    if what in ("a program", "a picture") and b"\0" not in data[:64]:
        what = None  # two letters alone may begin a text
    if what is None and _WEB_PAGE.match(data):
        what = "a web page or an XML file"
    if data.startswith(b"PK\x03\x04"):
        what = _kind_of_archive(data)
    if what:
        raise BadFile(f"“{name}” is {what}, not a table: save the list of students as CSV or Excel.")


def _kind_of_archive(data: bytes) -> str | None:
    kinds = (
        (b"word/", "a text document"),
        (b"ppt/", "a presentation"),
        (b"Index/Document.iwa", "a Numbers file"),
    )
    for inside, what in kinds:
        if inside in data[-65_536:] or inside in data[:65_536]:
            return what
    head = data[:65_536] + data[-65_536:]
    if b"xl/" in head or b"opendocument.spreadsheet" in head:
        return None
    return "a compressed file"


def _refuse_binary(text: str, name: str) -> None:
    sample = text[:SAMPLE_CHARACTERS]
    odd = sum(1 for c in sample if unicodedata.category(c) in ("Cc", "Cn") and c not in "\t\r\n\f\v\0\x1a")
    if odd > len(sample) // 100 or sample.count("\0") > len(sample) // 4:
        raise BadFile(f"“{name}” is not a table of text: save the list of students as CSV or Excel.")


def _parsed(text: str, name: str, known: Collection[str]) -> tuple[str, list[list[str]]]:
    """The delimiter and the rows: the first delimiter under which headings are known, else the likeliest."""
    named = _SEPARATOR_NAMED.match(text)
    if named:
        blank_line = "\n" if text[: named.end()].endswith("\n") else ""
        text = blank_line + text[named.end() :]  # the rows below keep their numbers
    sample = text[:SAMPLE_CHARACTERS]
    likely = named[1] if named else _dialect(sample)
    choices = [likely] if named else [likely, *(d for d in DELIMITERS if d != likely)]
    for delimiter in choices:
        head = csv.reader(io.StringIO(sample), delimiter=delimiter)
        with suppress(csv.Error):  # the sample may end within a field
            if any(headings.known_in(row, known) >= 2 for row in islice(head, HEADING_ROWS_MAX)):
                return delimiter, _rows(text, delimiter, name)
    return likely, _rows(text, likely, name)


def _dialect(sample: str) -> str:
    try:
        dialect = clevercsv.Sniffer().sniff(sample, delimiters=list(DELIMITERS))
    except Exception:  # noqa: BLE001 - it fails in many ways on odd text, and a delimiter is only a first guess
        dialect = None
    if dialect is not None and dialect.delimiter:
        return str(dialect.delimiter)
    return max(DELIMITERS, key=sample.count)


def _rows(text: str, delimiter: str, name: str) -> list[list[str]]:
    """All rows, or BadFile where a quotation mark swallows the rest of the file."""
    csv.field_size_limit(FIELD_CHARACTERS_MAX)
    reader = csv.reader(io.StringIO(f"{text}\n{END_OF_FILE}", newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    cells = 0
    with suppress(
        csv.Error
    ):  # a field beyond all bounds: what follows the last good row is one open quotation
        for row in reader:
            cells += len(row)
            if len(row) > COLUMNS_MAX or cells > CELLS_MAX:
                raise BadFile(f"“{name}” has more columns or cells than a table of students can need.")
            rows.append(row)
    if not rows or rows.pop() != [END_OF_FILE]:
        raise BadFile(
            f"“{name}”, row {len(rows) + 1}: a quotation mark is opened and not closed. "
            "Close it, or save the file anew."
        )
    return rows


def _spreadsheet(data: bytes, name: str, sheet: str | None, known: Collection[str]) -> Table:
    found = spreadsheet.sheets(data, name)
    if not found:
        raise BadFile(f"“{name}” holds no sheet with anything in it.")
    names = tuple(s.name for s in found)
    if sheet is not None:
        found = [s for s in found if s.name == sheet]
        if not found:
            raise BadFile(f"“{name}” has no sheet called “{sheet}”: it has {', '.join(names)}.")

    def known_headings(candidate: spreadsheet.Sheet) -> int:
        return max(headings.known_in(row, known) for row in candidate.rows[:HEADING_ROWS_MAX])

    chosen = max(found, key=known_headings)
    return replace(_table(chosen.rows, name, known), sheet=chosen.name, sheets=names)


def _table(rows: Sequence[Sequence[Cell]], name: str, known: Collection[str]) -> Table:
    at = _heading_row(rows, known)
    if at is None:
        raise BadFile(f"“{name}” holds no row of headings with students below it.")
    titles = [headings.tidy(text_of(cell)) for cell in rows[at]]
    while titles and not titles[-1]:
        titles.pop()
    body = (TableRow(n, row) for n, row in enumerate(rows[at + 1 :], start=at + 2) if _holds_anything(row))
    kept = tuple(
        row for row in body if [headings.tidy(text_of(c)) for c in row.cells[: len(titles)]] != titles
    )
    if not kept:
        raise BadFile(f"“{name}” has headings and no row below them.")
    return Table(name, tuple(titles), kept)


def _heading_row(rows: Sequence[Sequence[Cell]], known: Collection[str]) -> int | None:
    """The row that knows most headings; where none is known, the first as wide as the table mostly is."""
    head = list(enumerate(rows[:HEADING_ROWS_MAX]))
    best = max(head, key=lambda numbered: headings.known_in(numbered[1], known), default=None)
    if best and headings.known_in(best[1], known) >= min(2, max(1, len(known))):
        return best[0]
    widths = [sum(1 for cell in row if text_of(cell).strip()) for row in rows[: 10 * HEADING_ROWS_MAX]]
    usual = max(set(widths) - {0}, key=widths.count, default=0)
    return next((n for n, row in head if widths[n] >= max(usual, 1) and _are_words(row)), None)


def _are_words(row: Iterable[Cell]) -> bool:
    return all(isinstance(cell, str) and not any(c.isdigit() for c in cell[:1]) for cell in row)


def _holds_anything(row: Iterable[Cell]) -> bool:
    return any(not isinstance(cell, str) or cell.strip(" \t\r\n\0\xa0\ufeff") for cell in row)


def text_of(cell: Cell) -> str:
    """A cell as a person reads it: whole numbers without decimals, dates as 2026-09-01."""
    if isinstance(cell, str):
        return cell
    return cell.isoformat() if not hasattr(cell, "is_finite") else format(cell, "f")
