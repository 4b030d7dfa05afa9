"""What was typed, made fit to print: whatever it holds, it prints as text and stays within its box."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from school.languages import END_ISOLATE, ISOLATE, RIGHT_TO_LEFT

__all__ = ["END_ISOLATE", "ISOLATE", "ZERO_WIDTH_SPACE", "printable"]

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Thai, Lao, Burmese, Khmer and everything from the CJK radicals on break between words without spaces.
LONG_WORD = re.compile("[^\\s\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0010ffff]{25,}")
BREAK_EVERY = 8
ZERO_WIDTH_SPACE, JOINERS = "\u200b", "\u200c\u200d"
VIRAMA = 9  # its combining class
LEFT_TO_RIGHT = "\u2066"  # what follows is isolated and goes so, whatever it begins with
ISOLATES = re.compile(f"([{ISOLATE}{END_ISOLATE}])")


def printable(text: str, *, right_to_left: bool = False) -> str:
    """The text without control characters, able to wrap, and set right to left where its script asks for it.

    A lone surrogate becomes the replacement character. Direction marks that were typed are dropped, so a name
    cannot turn the amount beside it around; a right-to-left text is isolated from its neighbours instead, and
    on a paper that goes `right_to_left` every other text.
    """
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = CONTROLS.sub(" ", text)
    balanced = _isolates_are_balanced(text)
    kept = (ISOLATE + END_ISOLATE if balanced else "") + (RIGHT_TO_LEFT if right_to_left else "")
    text = DIRECTION_MARKS.sub(lambda mark: mark[0] if mark[0] in kept else "", text)
    text = LONG_WORD.sub(lambda word: _may_break(word[0]), text)
    if _is_right_to_left(text):
        return f"{ISOLATE}{text}{END_ISOLATE}"
    return f"{LEFT_TO_RIGHT}{text}{END_ISOLATE}" if right_to_left and text else text


def _isolates_are_balanced(text: str) -> bool:
    """Isolates that end what they begin turn nothing outside of them: so a sentence holds its names."""
    depth = 0
    for mark in ISOLATES.findall(text):
        depth += 1 if mark == ISOLATE else -1
        if depth < 0:
            return False
    return depth == 0


def _is_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(c) in {"R", "AL"} for c in text)


def _may_break(word: str) -> str:
    out, since = word[0], 1
    for before, c in pairwise(word):
        if since >= BREAK_EVERY and not _is_one_letter(before, c):
            out, since = out + ZERO_WIDTH_SPACE, 0
        out, since = out + c, since + 1
    return out


def _is_one_letter(before: str, c: str) -> bool:
    """Marks belong to the letter before them; a joiner or a virama binds the next letter too."""
    joined = before in JOINERS or c in JOINERS
    return joined or unicodedata.category(c)[0] == "M" or unicodedata.combining(before) == VIRAMA
