"""Every catalog says all that the program says, and nothing on a paper is said outside of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from school import languages
from school.documents.engine import TEMPLATES
from school.languages import CATALOGS, gather

CODES = languages.codes()[1:]
PLACEHOLDER = re.compile(r"\{\w+\}")
OF_THE_STAFF = {"table", "invitation"}  # papers of the screens, which are English as they are
SAID = re.compile(r'\bsay\(\s*"(?:[^"\\]|\\.)*"')
COMMENT = re.compile(r"(?m)//.*$")
LITERAL = re.compile(r'"([^"]*)"')
CONTENT = re.compile(r"\[([^\[\]]*)\]")
CODE = re.compile(r"#[\w.-]+(\([^)]*\))*|<\w+>")


def messages(code: str) -> dict[object, Message]:
    with (CATALOGS / f"{code}.po").open("rb") as file:
        return {(one.context, one.id): one for one in read_po(file, locale=code) if one.id}


@pytest.mark.parametrize("code", CODES)
def test_a_catalog_has_every_message_of_the_program_and_no_other(code: str) -> None:
    known = messages(code)

    assert set(known) == {(one.context, one.id) for one in gather.messages() if one.id}
    assert [one.id for one in known.values() if one.fuzzy or not all(_said(one))] == []


@pytest.mark.parametrize("code", CODES)
def test_a_translation_has_the_placeholders_of_its_message(code: str) -> None:
    wrong = [one.id for one in messages(code).values() if not _keeps_placeholders(one)]

    assert wrong == []


def _said(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def _keeps_placeholders(message: Message) -> bool:
    """A language that has a word for two of a thing need not say the number."""
    several = isinstance(message.id, tuple)
    wanted = sorted(PLACEHOLDER.findall(message.id[1] if several else message.id))
    found = (sorted(PLACEHOLDER.findall(said)) for said in _said(message))
    return all(one == wanted or (several and sorted([*one, "{n}"]) == wanted) for one in found)


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.typ")), ids=lambda path: path.stem)
def test_a_template_says_nothing_but_what_is_in_the_catalogs(path: Path) -> None:
    if path.stem not in OF_THE_STAFF:
        assert list(_unsaid(path.read_text())) == []


def _unsaid(template: str) -> Iterator[str]:
    """Words that would print as they stand: in brackets, or in quotation marks with a space or a capital."""
    bare = SAID.sub("say(", COMMENT.sub("", template))
    yield from (text for text in LITERAL.findall(bare) if re.search(r"[A-Z]|[a-z] [a-z]", text))
    for text in CONTENT.findall(LITERAL.sub("", bare)):
        if re.search("[A-Za-z]{2}", CODE.sub("", text)):
            yield text


@pytest.mark.parametrize(
    "template", ["label[Due]", 'label("Due")', "label[Page #n of #m]", 'titled("who owes most", x)']
)
def test_a_template_is_caught_that_says(template: str) -> None:
    assert list(_unsaid(template))
