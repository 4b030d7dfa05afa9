"""Bytes become text: what the file tells is believed, the setting is tried, detection only suggests."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

import charset_normalizer

from school.errors import BadFile
from school.intake import headings
from school.settings import settings

SAMPLE_BYTES = 32_768
LINES_SHOWN = 3
COMMON = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258",
    "gb18030", "big5", "shift_jis", "euc_kr", "cp874", "mac_roman", "cp850", "cp437", "koi8_r",
)  # fmt: skip
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Suggestion:
    """An encoding the bytes may be in, and some lines as they would read."""

    encoding: str
    preview: str


def decoded(data: bytes, name: str, encoding: str | None) -> tuple[str, str, bool]:
    """(text, encoding, whether the file itself tells it). Raises BadFile."""
    if encoding is not None:
        return _strictly(data, name, encoding), encoding, True
    marked = next((told for mark, told in _MARKS if data.startswith(mark)), None)
    if marked:
        return _strictly(data, name, marked), marked, True
    wide = _wide(data)
    if wide:
        return _strictly(data, name, wide), wide, True
    try:
        return data.decode("utf-8"), "utf-8", True
    except UnicodeDecodeError:
        usual = settings().import_encoding
        return _strictly(data, name, usual), usual, False


def suggestions(data: bytes) -> list[Suggestion]:
    """Encodings to choose from, likeliest first, each with the lines it makes most readable or most odd."""
    sample = data[:SAMPLE_BYTES]
    detected = [match.encoding for match in charset_normalizer.from_bytes(sample)]
    usual = settings().import_encoding
    names = dict.fromkeys(_canonical(n) for n in ("utf-8", usual, *detected, *COMMON))
    read = {n: _read(sample, n) for n in names}
    possible = [n for n in names if read[n]]
    # an encoding under which the headings are words we know is the likeliest of all
    possible.sort(key=lambda n: -_known_headings(read[n] or ""))
    return [Suggestion(n, _preview(read[n] or "")) for n in possible]


def with_known_headings(data: bytes) -> str | None:
    """The likeliest encoding under which at least two headings are words we know."""
    found = suggestions(data)[:1]
    known = _known_headings(_read(data[:SAMPLE_BYTES], found[0].encoding) or "") if found else 0
    return found[0].encoding if known >= 2 else None


def _strictly(data: bytes, name: str, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError:
        raise BadFile(
            f"“{encoding[:40]}” is not an encoding; try utf-8, cp1252 or one of the list."
        ) from None
    except (UnicodeError, ValueError):
        likely = next((s.encoding for s in suggestions(data) if s.encoding != _canonical(encoding)), None)
        hint = f"; it may be {likely}" if likely else ""
        raise BadFile(
            f"“{name}” is not written in {encoding}{hint}. Choose its encoding, or save it as UTF-8."
        ) from None


def _wide(data: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of western text is zero."""
    sample = data[: SAMPLE_BYTES // 2 * 2]
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = sample[start::2]
        if half and half.count(0) > len(half) * 0.4 and sample[1 - start :: 2].count(0) < len(half) * 0.1:
            return encoding
    return None


def _canonical(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return encoding


def _read(sample: bytes, encoding: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(
            sample
        )  # a character cut at the end is no error
    except (LookupError, UnicodeError, ValueError):
        return None


def _known_headings(text: str) -> int:
    lines = text.splitlines()[:10]
    return max(
        (headings.known_in(line.replace('"', "").split(mark), ()) for line in lines for mark in ",;\t|"),
        default=0,
    )


def _preview(text: str) -> str:
    lines = text.splitlines()
    telling = [line for line in lines if not line.isascii()] or lines
    return "\n".join(line[:100] for line in telling[:LINES_SHOWN])
