"""What a row means, column by column; each refusal is one sentence about one cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from school import money
from school.errors import BadDate, BadInput, SchoolError
from school.intake import amounts
from school.intake.amounts import NOTHING, SHOWN
from school.intake.spreadsheet import Cell
from school.intake.tables import text_of
from school.intake.vocabulary import STATUS_WORDS
from school.students.rules import (
    ADMISSION_NO_MAX,
    EARLIEST,
    NAME_MAX,
    TEXT_MAX,
    YEARS_AHEAD_MAX,
    NewGuardian,
    checked_guardian,
    clean,
    fold,
)

NO_CONTACT = {"-", "–", "—", "--", "n/a"}  # never a name; “Na” and “Null” are names
MONTH_FIRST = {"en_US", "en_PH", "en_FM"}

_TIME = r"(?:[ T]0?0:00(?::00(?:\.0+)?)?)?"  # midnight, as programs write a day
_YEAR_FIRST = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}")
_YEAR_LAST = re.compile(rf"(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}){_TIME}")


@dataclass(frozen=True)
class Reading:
    """How the columns of one file are read; `day_first`: 03/04 is the third of April."""

    unit: money.Currency
    mark: str
    day_first: bool
    today: date


def day_first(cells: Iterable[Cell], locale: str) -> tuple[bool, str | None]:
    """(whether the day comes first, None) by the whole column; else the school's way and a date in doubt."""
    proof: set[bool] = set()
    doubtful = None
    for cell in cells:
        match = _YEAR_LAST.fullmatch(fold(clean(cell))) if isinstance(cell, str) else None
        first, second = (int(match[1]), int(match[2])) if match else (0, 0)
        if max(first, second) > 12:
            proof.add(first > second)
        elif first != second:
            doubtful = clean(text_of(cell))
    if len(proof) == 1:
        return proof.pop(), None
    return locale.replace("-", "_") not in MONTH_FIRST, doubtful


def read_day(cell: Cell, reading: Reading) -> date | None:
    """A date, or None for an empty cell. Raises BadDate."""
    if isinstance(cell, date):
        return _near(cell, reading.today)
    text = fold(clean(text_of(cell)))
    if text in NOTHING:
        return None
    order = "dd/mm/yyyy" if reading.day_first else "mm/dd/yyyy"
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, number = (int(part) for part in match.groups())
    elif match := _YEAR_LAST.fullmatch(text):
        one, two, year = (int(part) for part in match.groups())
        number, month = (one, two) if reading.day_first else (two, one)
    else:
        raise BadDate(f"“{text[:SHOWN]}” is not a date like 2026-09-01 or {order}.")
    try:
        return _near(date(year, month, number), reading.today)
    except ValueError:
        raise BadDate(f"“{text[:SHOWN]}” is not a day of the calendar, read as {order}.") from None


def _near(day: date, today: date) -> date:
    if not EARLIEST <= day <= date(today.year + YEARS_AHEAD_MAX, 12, 31):
        raise BadDate(f"{day.isoformat()} is too far from today for a school date.")
    return day


def read_status(cell: Cell, _reading: Reading) -> str:
    """enrolled, applicant or left; empty for an empty cell. Raises BadInput for a word nobody knows."""
    word = clean(text_of(cell))
    if fold(word) in NOTHING:
        return ""
    if fold(word) not in STATUS_WORDS:
        raise BadInput(f"“{word[:SHOWN]}” is no status: write enrolled, applicant or left.")
    return STATUS_WORDS[fold(word)]


def read_amount(cell: Cell, reading: Reading) -> int | None:
    """Minor units, + = owes, or None for an empty cell. Raises BadAmount."""
    return amounts.amount(cell, reading.unit, reading.mark)


def _by(read: Callable[[Cell, Reading], Any]) -> BeforeValidator:
    """A reader of ours as a validator: its sentence becomes the error."""

    def validate(cell: Any, info: ValidationInfo) -> Any:
        try:
            return read(cell, info.context)  # type: ignore[arg-type]
        except SchoolError as refused:
            raise PydanticCustomError("refused", "{sentence}", {"sentence": refused.sentence}) from None

    return BeforeValidator(validate)


def _text(cell: Cell) -> str:
    return clean(text_of(cell))


def _contact(cell: Cell) -> str:
    text = _text(cell)
    return "" if fold(text) in NO_CONTACT else text


Name = Annotated[str, Field(max_length=NAME_MAX), BeforeValidator(_text)]
Contact = Annotated[str, Field(max_length=TEXT_MAX), BeforeValidator(_contact)]


class Row(BaseModel, frozen=True):
    """One row as read; where nothing stands, text is empty and a date or an amount is None."""

    admission_no: Annotated[str, Field(min_length=1, max_length=ADMISSION_NO_MAX), BeforeValidator(_text)]
    first_name: Name = ""
    last_name: Name = ""
    name: Name = ""
    class_name: Annotated[Name, Field(alias="class")] = ""
    guardian: Contact = ""
    guardian_phone: Contact = ""
    guardian_email: Contact = ""
    balance: Annotated[int | None, _by(read_amount)] = None
    due_date: Annotated[date | None, _by(read_day)] = None
    status: Annotated[str, _by(read_status)] = ""
    joined_on: Annotated[date | None, _by(read_day)] = None

    @property
    def full_name(self) -> str:
        return self.name or f"{self.first_name} {self.last_name}".strip()

    @property
    def guardians(self) -> tuple[NewGuardian, ...]:
        guardian = NewGuardian(self.guardian, self.guardian_phone, self.guardian_email)
        return (guardian,) if any(vars(guardian).values()) else ()


_ROW = TypeAdapter(Row)


@dataclass(frozen=True)
class Problem:
    """What is wrong with a cell; `field` is its column's."""

    field: str
    sentence: str


def row(cells: Mapping[str, Cell], reading: Reading) -> Row | list[Problem]:
    """The row, or all that is wrong with it, in the order of the fields."""
    try:
        found = _ROW.validate_python(dict(cells), context=reading)
    except ValidationError as error:
        return [_problem(e) for e in error.errors(include_url=False)]
    if not found.full_name:
        return [Problem("last_name", "The student's name is missing.")]
    if len(found.full_name) > NAME_MAX:
        return [_too_long("last_name", found.full_name, NAME_MAX)]
    try:
        for guardian in found.guardians:
            checked_guardian(guardian)
    except BadInput as refused:
        return [Problem(refused.field or "guardian", refused.sentence)]
    return found


def _problem(error: ErrorDetails) -> Problem:
    field, about = str(error["loc"][0]), error.get("ctx", {})
    if error["type"] == "refused":
        return Problem(field, about["sentence"])
    if error["type"] == "string_too_long":
        return _too_long(field, text_of(error["input"]), about["max_length"])
    return Problem(field, "The admission number is missing.")


def _too_long(field: str, text: str, most: int) -> Problem:
    return Problem(field, f"“{clean(text)[:SHOWN]}…” is too long: {most} characters are the most.")


def too_many_cells(cells: Sequence[Cell], headings: int) -> Problem | None:
    """More cells than headings: the delimiter stands inside a value, and no column can be trusted."""
    if not any(text_of(cell).strip() for cell in cells[headings:]):
        return None
    return Problem(
        "",
        f"The row has {len(cells)} cells under {headings} headings: "
        "put the value that holds the delimiter in quotation marks.",
    )
