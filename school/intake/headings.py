"""Which column is which: what the user says, what was said of them before, what they usually mean."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from school.errors import BadInput
from school.intake.vocabulary import FIELDS, MEANINGS
from school.students.rules import clean, fold

IGNORED = "ignore"
SHOWN_MAX = 12  # headings named in one sentence


@dataclass(frozen=True)
class ColumnMap:
    """`columns`: the place of each field. The rest is what the user decided of numbers and dates, or None."""

    headings: tuple[str, ...]
    columns: Mapping[str, int]
    decimal_mark: str | None = None
    day_first: bool | None = None

    def heading(self, field: str) -> str:
        """What stands above a field's column; empty for a field without one."""
        return self.headings[self.columns[field]] if field in self.columns else ""

    def by_heading(self) -> dict[str, str]:
        """Heading -> field, for every heading; `ignore` for columns that are not read."""
        read = {self.headings[column]: field for field, column in self.columns.items()}
        return {**dict.fromkeys(self.headings, IGNORED), **read}


def tidy(text: str) -> str:
    return clean(text.replace("\ufeff", ""))


def key(heading: str) -> str:
    """A heading as it is compared: letters and digits, folded; what is in brackets says only the unit."""
    folded = fold(tidy(heading))
    outside = folded.partition("(")[0]
    return _letters(outside) or _letters(folded)


def _letters(text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c)[0] in "LNM")


def recognised(heading: str) -> str | None:
    """The field this heading usually means, in any of the languages we know."""
    return MEANINGS_BY_KEY.get(key(heading))


def known_in(row: Iterable[object], known: Collection[str]) -> int:
    """How many cells of a row are headings: recognised ones, or those the user has named."""
    named = {key(heading) for heading in known}
    cells = {key(cell) for cell in row if isinstance(cell, str) and cell.strip() and len(cell) < 80}
    return sum(1 for cell in cells if cell in MEANINGS_BY_KEY or cell in named)


def fingerprint(headings: Iterable[str]) -> str:
    """The same for the same set of headings, in any order."""
    return hashlib.sha256("\n".join(sorted({key(h) for h in headings if h})).encode()).hexdigest()


def mapped(
    headings: Sequence[str],
    *,
    given: Mapping[str, str] | None = None,
    remembered: Mapping[str, str] | None = None,
) -> ColumnMap:
    """The columns of a table. `given` and `remembered` are heading -> field; `given` has the last word.

    Raises BadInput for a heading the table does not have, a field nobody knows, or two columns for one field.
    """
    columns: dict[str, int] = {}
    taken: set[int] = set()
    decided = {*(given or {}).values(), *(remembered or {}).values()}
    for heading, field in (given or {}).items():
        place = _place(headings, heading)
        if field not in FIELDS and field != IGNORED:
            raise BadInput(f"“{field[:40]}” is no field: choose among {', '.join(FIELDS)} and {IGNORED}.")
        if field in columns:
            raise BadInput(
                f"Two columns are given as {field}: “{headings[columns[field]]}” and “{heading[:40]}”."
            )
        taken.add(place)
        if field != IGNORED:
            columns[field] = place
    for place, heading in enumerate(headings):
        field = (remembered or {}).get(heading) or recognised(heading) or IGNORED
        if place in taken or field == IGNORED:
            continue
        if field in columns:
            if field not in decided:
                _refuse_two(headings, field, columns[field], place)
            continue
        columns[field] = place
    return ColumnMap(tuple(headings), _names_apart(columns))


def required(columns: ColumnMap, file_name: str, likely_encoding: str = "") -> None:
    """Raises BadInput unless the table says who the students are."""
    missing = [] if "admission_no" in columns.columns else ["admission_no"]
    if not {"name", "first_name", "last_name"} & columns.columns.keys():
        missing.append("name")
    if missing:
        if likely_encoding:
            raise BadInput(f"“{file_name}” seems to be written in {likely_encoding}: choose that encoding.")
        what = " and ".join(FIELDS[field] for field in missing)
        shown = ", ".join(f"“{h}”" for h in columns.headings[:SHOWN_MAX] if h)
        raise BadInput(
            f"No column of “{file_name}” is known as the {what}. Its headings are {shown}: "
            f"say which is which, such as “{columns.headings[0]}={missing[0]}”."
        )


def _place(headings: Sequence[str], wanted: str) -> int:
    exact = [n for n, heading in enumerate(headings) if heading == tidy(wanted)]
    alike = [n for n, heading in enumerate(headings) if key(heading) == key(wanted)]
    if not (exact or alike):
        shown = ", ".join(f"“{h}”" for h in headings[:SHOWN_MAX] if h)
        raise BadInput(f"There is no column “{wanted[:40]}”: the headings are {shown}.")
    return (exact or alike)[0]


def _refuse_two(headings: Sequence[str], field: str, one: int, other: int) -> None:
    """Of two phones the first is taken; two balances or numbers must be told apart by the user."""
    if field in ("admission_no", "balance", "class", "status"):
        raise BadInput(
            f"Both “{headings[one]}” and “{headings[other]}” look like the {FIELDS[field]}: "
            f"say which it is, such as “{headings[one]}={field}”."
        )


def _names_apart(columns: dict[str, int]) -> dict[str, int]:
    """“Name” beside “Vorname” is the last name, “Nombre” beside “Apellidos” the first."""
    missing = [part for part in ("first_name", "last_name") if part not in columns]
    if "name" in columns and len(missing) < 2:
        place = columns.pop("name")
        columns |= dict.fromkeys(missing, place)
    return columns


MEANINGS_BY_KEY = {key(word): field for field, words in MEANINGS.items() for word in words.split("|")}
