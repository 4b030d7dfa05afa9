"""Whatever the documents tell somebody to type is typed here, in the order in which it stands there."""

from __future__ import annotations

from pathlib import Path

import pytest

from school.settings import ROOT
from tests import databases
from tests.docs.machine import Block, Machine, blocks
from tests.intake import files

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LANGUAGES = {"sh", "env", "ini", "nginx", "text"}
BEGIN_THEMSELVES = {"README.md", "deploy.md", "postgresql.md"}
ELSEWHERE = {  # what is carried out by another test, or takes longer than all of these
    "python3 -m school test": "the run that this test belongs to",
    ".venv/bin/python -m deploy.rehearsal": "brings up a proxy, PostgreSQL, two processes and a crowd",
}
MADE = "SCHOOL_CURRENCY=KES SCHOOL_TIMEZONE=Africa/Nairobi python3 -m school migrate"


def typed(document: Path) -> list[Block]:
    """Each block of commands, where it stands first: what is said twice is typed once."""
    found = [one for one in blocks(document) if one.language == "sh" and one.text.strip() not in ELSEWHERE]
    texts = [one.text for one in found]
    return [one for n, one in enumerate(found) if one.text not in texts[:n]]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    new = Machine(tmp_path / "machine")
    new.put("password.txt", b"correct horse battery staple\n")
    new.put(
        "register.csv", files.register(("A-1", "Ann", "Abel", "Form 1", "Mary Abel", "0712", "", "12.50"))
    )
    return new


def test_every_block_says_what_it_is_written_in() -> None:
    odd = [
        f"{document.name}:{one.line} {one.language!r}"
        for document in DOCUMENTS
        for one in blocks(document)
        if one.language not in LANGUAGES
    ]

    assert odd == []


@pytest.mark.parametrize(
    "document", [one for one in DOCUMENTS if one.name != "postgresql.md" and typed(one)], ids=lambda d: d.name
)
def test_what_a_document_says_to_type_does_what_it_says(machine: Machine, document: Path) -> None:
    if document.name not in BEGIN_THEMSELVES:
        made = machine.run(MADE)
        assert made.returncode == 0, made.stderr
    environment: dict[str, str] = {}
    for one in blocks(document):
        if one.language == "env" and document.name == "deploy.md":
            environment |= machine.settings(one.text)
        elif one in typed(document):
            done = machine.run(one.text, **environment)
            assert done.returncode == 0, f"{document.name}:{one.line}\n{done.stdout}\n{done.stderr}"


@pytest.mark.postgres
def test_a_school_moves_to_postgresql_as_the_document_says(machine: Machine) -> None:
    document = ROOT / "docs" / "postgresql.md"
    assert machine.run(MADE).returncode == 0
    old = machine.environment["SCHOOL_DATABASE_URL"]
    with databases.fresh("postgresql", migrated=False) as new:
        url = databases.url_text(new)
        app = new.url.set(username=databases.APP).render_as_string(hide_password=False)
        for one in typed(document):
            moves = "school move" in one.text
            environment = {
                "SCHOOL_OWNER_URL": url,
                "SCHOOL_DATABASE_URL": old if moves else app,
            }
            done = machine.run(one.text, **environment)
            assert done.returncode == 0, f"{document.name}:{one.line}\n{done.stdout}\n{done.stderr}"
