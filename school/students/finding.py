"""Which students what was typed finds, as a part of other readers' statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, intersect, or_, select

from school.students import rules
from school.students.models import StudentWord

LAST_CHARACTER = "\U0010ffff"


def matching_ids(text: str) -> Any | None:
    """A select of the ids of the students `text` finds, for other readers; None without a word."""
    items = [_any_prefix(spellings) for spellings in rules.typed_words(text)]
    if not items:
        return None
    return items[0] if len(items) == 1 else intersect(*items)


def _any_prefix(spellings: Sequence[str]) -> Select[Any]:
    word = StudentWord.word
    return select(StudentWord.student_id).where(
        or_(*(and_(word >= s, word <= s + LAST_CHARACTER) for s in spellings))
    )
