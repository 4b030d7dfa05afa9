"""docs/deploy.md says what `check` looks at, and names no command, option or setting that is not there."""

from __future__ import annotations

import re

import click

from school.checks import disk, kept, rules, secrets
from school.cli import cli
from school.settings import ROOT, Settings

DOCUMENT = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


def test_the_checklist_of_the_document_is_the_table_the_program_goes_by() -> None:
    said = DOCUMENT.split("## The checklist\n", 1)[1].split("\n## ", 1)[0]

    assert said.strip() == rules.checklist()


def test_the_limits_of_the_checklist_are_those_of_the_program() -> None:
    promises = {name: rule.promise for name, rule in rules.RULES.items()}

    assert f"{disk.LIMITS.full // disk.MB} MB" in promises["disk_full"]
    assert f"{disk.LIMITS.low // disk.GB} GB" in promises["disk"]
    assert f"{disk.LIMITS.days} days" in promises["disk"]
    assert f"{kept.RECENT.total_seconds() / 3600:.0f} hours" in promises["backup"]
    assert f"{kept.TRIED_WITHIN.days} days" in promises["backup_tried"]


def test_every_setting_the_document_and_the_table_name_is_one() -> None:
    known = {f"SCHOOL_{name.upper()}" for name in Settings.model_fields}
    named = set(re.findall(r"SCHOOL_[A-Z_]*[A-Z]\b", DOCUMENT))

    assert named <= known


def test_every_command_the_document_and_the_table_name_is_one_with_such_options() -> None:
    asked = re.findall(r"python3 -m school ([a-z]+)((?: [a-z]+\b)*)([^`|#\n]*)", DOCUMENT)

    assert {name for name, *_ in asked} - {"setup"} <= cli.commands.keys()
    for name, within, rest in asked:
        command = cli.commands.get(name)
        if isinstance(command, click.Group):
            command = command.commands[within.split()[0]]
        if command is not None:
            known = {option for parameter in command.params for option in parameter.opts}
            assert set(re.findall(r"--[a-z-]+", rest)) <= known, (name, rest)


def test_no_secret_that_stands_in_an_example_passes_for_one() -> None:
    files = [ROOT / "docs" / "deploy.md", *(ROOT / "deploy").rglob("*.env")]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    examples = re.findall(r"^ *SCHOOL_\w*(?:PASSPHRASE|PASSWORD|TOKEN)=(.+)$", text, re.MULTILINE)
    examples += re.findall(r"^ *SCHOOL_\w*(?:URL|SCRATCH)=postgresql://\w+:([^@]+)@", text, re.MULTILINE)

    assert examples
    assert [example for example in examples if not secrets.EXAMPLES.fullmatch(example)] == []
