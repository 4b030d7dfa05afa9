"""How people are told apart and found again: text as it is kept, folded, and cut into words of the index."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from school.errors import BadDate, BadInput

STATUSES = ("enrolled", "applicant", "left")
ADMISSION_NO_MAX = 32  # the column's own limit: longer ones are a cell of another column
NAME_MAX = 200
TEXT_MAX = 200
WORD_MAX = 32  # what is typed beyond this adds nothing to a search, and keeps index rows short
WORDS_TYPED_MAX = 8  # each word is one look into the index
PHONE_TAILS = (9, 7, 6, 4)  # last digits people remember; 9 leaves out country codes and the national 0
FOLDED_KEPT = 20_000  # a class, a surname, a guardian come again and again in one file
EARLIEST = date(1900, 1, 1)
YEARS_AHEAD_MAX = 2  # applicants are entered a year or two before they come

_APOSTROPHES = str.maketrans(dict.fromkeys("’ʼʻ`´‘", "'"))  # O'Brien and O’Brien are one name
_PLAIN_LETTERS = str.maketrans(  # letters that no decomposition makes plain
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
    | {"ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ـ": None}
)
_DIGITS = re.compile(r"[0-9]+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_ADDRESS = re.compile(r"[^@]+@[^@]+")
_ACCENTED = ("LATIN", "GREEK", "CYRILLIC", "HEBREW", "ARABIC")  # scripts read without their marks
_NO_SPACES = re.compile(  # Thai and Lao, Burmese, Khmer, kana, Han, Hangul: no spaces between words
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    r"\U00020000-\U0003ffff]+"
)


@dataclass(frozen=True)
class NewGuardian:
    """Someone who answers for a student; at least one of the three is written."""

    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class Payer:
    """A guardian who answers for a part of a family's charges, in basis points."""

    guardian_id: int
    name: str
    share_bp: int


@dataclass(frozen=True)
class NewStudent:
    """A student to be added. Either `name` alone, or `first_name` and `last_name`, from which it is made."""

    admission_no: str
    first_name: str = ""
    last_name: str = ""
    name: str = ""
    class_id: int | None = None
    guardians: tuple[NewGuardian, ...] = ()
    status: str = "enrolled"
    joined_on: date | None = None
    left_on: date | None = None
    notes: str = ""


def clean(text: str) -> str:
    """Text as it is kept: composed, on one line, without control characters or spaces around."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in text)
    return " ".join(text.split())


def named(text: str, what: str) -> str:
    """The name of the school, a year, a class, as it is kept. Raises BadInput with the field `name`."""
    name = clean(text)
    if not name:
        raise BadInput(f"Give {what} a name.", field="name")
    if len(name) > TEXT_MAX:
        raise BadInput(f"The name is too long: {TEXT_MAX} characters are the most.", field="name")
    return name


@lru_cache(maxsize=FOLDED_KEPT)
def fold(text: str) -> str:
    """Text as it is compared: case, accents, vowel points and the script of digits make no difference.

    Marks that are letters of their script (Indic vowels, kana voicing) stay.
    """
    text = text.translate(_APOSTROPHES)
    if text.isascii():
        return text.casefold()
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", "".join(_without_marks(folded))).translate(_PLAIN_LETTERS)


def _without_marks(decomposed: str) -> Iterator[str]:
    accented = False
    for c in decomposed:
        kind = unicodedata.category(c)
        if kind == "Mn":
            if not accented:
                yield c
        elif kind == "Nd":
            accented = False
            yield str(unicodedata.decimal(c))
        elif kind != "Cf":  # joiners and direction marks are not seen, so they are not compared
            accented = unicodedata.name(c, "").startswith(_ACCENTED)
            yield c


@lru_cache(maxsize=FOLDED_KEPT)
def digits(text: str) -> str:
    """The digits of a phone number, without the (0) some write after the country code."""
    return "".join(_DIGITS.findall(fold(text).replace("(0)", "")))


def full_name(first_name: str, last_name: str) -> str:
    """As it is shown: first and last name; last before first and no space where the script has none."""
    if _NO_SPACES.fullmatch(last_name) and _NO_SPACES.fullmatch(first_name):
        return last_name + first_name
    return f"{first_name} {last_name}".strip()


def sort_name(first_name: str, last_name: str, name: str) -> str:
    """What lists are ordered by: last, then first name, folded."""
    return fold(f"{last_name} {first_name}".strip() or name)


def identities(guardian: NewGuardian) -> list[str]:
    """Two guardians with any of these in common are one person; one without phone and e-mail has none."""
    who, phone = fold(guardian.name), digits(guardian.phone)[-PHONE_TAILS[0] :]
    keys = [f"{who}|{phone}"] if len(phone) >= PHONE_TAILS[-1] else []
    return [*keys, f"{who}|{fold(guardian.email)}"] if guardian.email else keys


def words(admission_no: str, name: str, guardians: Iterable[NewGuardian]) -> set[str]:
    """The words of the index for one student."""
    found = set(_name_words(name)) | set(_name_words(admission_no))
    numerals = digits(admission_no)
    found |= {numerals, numerals.lstrip("0")}
    for guardian in guardians:
        found |= set(_name_words(guardian.name))
        phone = digits(guardian.phone)
        found |= {fold(guardian.email), phone, *(phone[-n:] for n in PHONE_TAILS)}
    return {word[:WORD_MAX] for word in found if word}


def _name_words(text: str) -> Iterator[str]:
    """Each word; each part of a hyphenated or apostrophised one; each tail of a run without spaces."""
    for chunk in fold(text).split():
        parts = _parts(chunk)
        yield "".join(parts)
        yield from parts
        yield from _parts(chunk.replace("'", ""))
        for run in _NO_SPACES.findall(" ".join(parts)):
            yield from (run[i:] for i in range(1, len(run)))


def _parts(text: str) -> list[str]:
    if text.isascii():
        return _ASCII_WORD.findall(text)
    return "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text).split()


def typed_words(text: str) -> list[tuple[str, ...]]:
    """What was typed in a search box: every item must be found, each by the prefix of any of its spellings.

    Digits apart may be one number (`1100 003`), or a phone number with its country code or national 0.
    """
    parts = [part for chunk in fold(text).split() for part in _typed_parts(chunk)]
    items: list[tuple[str, ...]] = []
    at = 0
    while at < len(parts) and len(items) < WORDS_TYPED_MAX:
        run = at
        while run < len(parts) and parts[run].isdigit():
            run += 1
        if run - at > 1:
            items.append(_number("".join(parts[at:run])))
            at = run
        else:
            items.append(_number(parts[at]) if parts[at].isdigit() else (parts[at][:WORD_MAX],))
            at += 1
    return items


def _typed_parts(chunk: str) -> list[str]:
    return [chunk] if "@" in chunk else _parts(chunk.replace("'", ""))


def _number(numerals: str) -> tuple[str, ...]:
    tail = numerals[-PHONE_TAILS[0] :]
    return (numerals[:WORD_MAX],) if tail == numerals else (numerals[:WORD_MAX], tail)


def checked(new: NewStudent, *, today: date) -> NewStudent:
    """The student as kept, or BadInput: its `field` is the argument at fault."""
    first, last = clean(new.first_name), clean(new.last_name)
    tidy = replace(
        new,
        admission_no=clean(new.admission_no),
        first_name=first,
        last_name=last,
        name=full_name(first, last) or clean(new.name),
        guardians=tuple(g for g in map(checked_guardian, new.guardians) if g.name or g.phone or g.email),
        notes=new.notes.replace("\0", "").strip(),
        left_on=new.left_on if new.status == "left" else None,
    )
    if not tidy.admission_no:
        raise BadInput(
            "Give the admission number: it tells students of one name apart.", field="admission_no"
        )
    if len(tidy.admission_no) > ADMISSION_NO_MAX:
        raise BadInput(
            f"“{tidy.admission_no[:ADMISSION_NO_MAX]}…” is too long for an admission number: "
            f"{ADMISSION_NO_MAX} characters are the most.",
            field="admission_no",
        )
    if not tidy.name:
        raise BadInput("Give the student's name.", field="last_name")
    if len(tidy.name) > NAME_MAX:
        raise BadInput(f"The name is too long: {NAME_MAX} characters are the most.", field="last_name")
    if tidy.status not in STATUSES:
        raise BadInput(
            f"“{clean(tidy.status)[:40]}” is no status: choose one of {', '.join(STATUSES)}.", field="status"
        )
    _check_dates(tidy, today)
    return tidy


def _check_dates(new: NewStudent, today: date) -> None:
    for field, day in (("joined_on", new.joined_on), ("left_on", new.left_on)):
        if day is not None and not EARLIEST <= day <= date(today.year + YEARS_AHEAD_MAX, 12, 31):
            raise BadDate(f"{day.isoformat()} is too far from today for a school date.", field=field)
    if new.joined_on and new.left_on and new.left_on < new.joined_on:
        raise BadDate("The student cannot have left before joining.", field="left_on")


def checked_guardian(new: NewGuardian) -> NewGuardian:
    """The guardian as kept, or BadInput: its `field` is guardian, guardian_phone or guardian_email."""
    tidy = NewGuardian(clean(new.name), clean(new.phone), clean(new.email))
    for field, text in (
        ("guardian", tidy.name),
        ("guardian_phone", tidy.phone),
        ("guardian_email", tidy.email),
    ):
        if len(text) > TEXT_MAX:
            raise BadInput(f"“{text[:40]}…” is too long: {TEXT_MAX} characters are the most.", field=field)
    if not all(
        _ADDRESS.fullmatch(address) for address in re.split(r"[;,/\s]+", tidy.email.strip(";,/")) if address
    ):
        raise BadInput(
            f"“{tidy.email[:40]}” is not an e-mail address like name@example.org.", field="guardian_email"
        )
    return tidy
