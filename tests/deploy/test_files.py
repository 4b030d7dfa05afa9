"""The files of deploy/ name what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from school.cli import cli
from school.settings import ROOT, Settings

DEPLOY = ROOT / "deploy"
GUIDES = [ROOT / "docs" / "postgresql.md", ROOT / "docs" / "processes.md"]
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".pyc")
OF_ROLES = {"SCHOOL_OWNER_PASSWORD", "SCHOOL_APP_PASSWORD"}  # what deploy/postgresql/roles.sql is told
SETTINGS = {f"SCHOOL_{name.upper()}" for name in Settings.model_fields}
OF_TESTS = {"SCHOOL_CHROMIUM", "SCHOOL_REPETITIONS"}


@pytest.mark.parametrize("path", [*FILES, *GUIDES], ids=lambda path: path.name)
def test_it_names_settings_commands_and_files_that_there_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert set(re.findall(r"\bSCHOOL_[A-Z_]+\b", text)) <= SETTINGS | OF_ROLES | OF_TESTS
    assert set(re.findall(r"-m school ([a-z]+)", text)) <= {*cli.commands, "setup", "test"}
    for name in re.findall(r"\bdeploy/[\w./-]*\w", text):
        assert (ROOT / name).exists(), name


def test_no_password_of_an_example_is_one() -> None:
    said = "".join((DEPLOY / name).read_text() for name in ("school.env", "owner.env"))

    held = re.findall(r"://\w+:([^@]+)@|PASSPHRASE=(.+)", said)
    assert held
    assert all(re.fullmatch(r"[A-Z_]+", "".join(one)) for one in held)


def test_the_program_of_the_units_is_never_told_the_owners_password() -> None:
    told = {path.name: "owner.env" in path.read_text() for path in (DEPLOY / "systemd").glob("*.service")}

    assert [name for name, knows in told.items() if knows] == ["school-migrate.service"]
