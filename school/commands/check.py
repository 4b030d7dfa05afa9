"""`python3 -m school check`: what is wrong with this installation, why it matters, and how to mend it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from textwrap import fill
from typing import TYPE_CHECKING

import click

from school.errors import BadInput

if TYPE_CHECKING:
    from school.checks.findings import Finding

EXIT_CODES = {"error": 2, "warning": 1, "note": 0}
WIDTH = 96


@click.command()
@click.option("--deploy", is_flag=True, help="As strict as for people who are let in; asks the mail server.")
@click.option("--site", default="", metavar="URL", help="As --deploy, and as a browser sees it from outside.")
@click.option("--deep", is_flag=True, help="Read every entry again, as verify does.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--list", "as_list", is_flag=True, help="Look at nothing: print all that is looked at.")
def check(deploy: bool, site: str, deep: bool, as_json: bool, as_list: bool) -> None:
    """Look at settings, files, database and machine; exit 2 for errors, 1 for warnings, else 0."""
    if as_list:
        from school.checks import rules

        click.echo(rules.checklist())
        return
    findings = _found(deploy or bool(site), site, deep)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        click.echo(as_text(findings))
    raise click.exceptions.Exit(max((EXIT_CODES[finding.severity] for finding in findings), default=0))


def _found(deploy: bool, site: str, deep: bool) -> Sequence[Finding]:
    from school.checks import installation, place

    try:
        looked_at = place.here(deploy=deploy, site=site)
    except BadInput as unusable:
        return installation.unusable(unusable)
    try:
        return installation.check(looked_at, deep=deep)
    finally:
        looked_at.database.engine.dispose()


def as_text(findings: Sequence[Finding]) -> str:
    """How many of what, then each: what is wrong, why it matters, what to do."""
    if not findings:
        return "All is well: nothing was found that needs you."
    return "\n\n".join([_counted(findings), *(_paragraph(finding) for finding in findings)])


def _counted(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    told = [f"{counts[one]} {one}{'s' if counts[one] > 1 else ''}" for one in EXIT_CODES if counts[one]]
    return f"Found: {', '.join(told)}."


def _paragraph(finding: Finding) -> str:
    rows = (("", finding.message), ("Why:  ", finding.why), ("Mend: ", finding.mend))
    told = [_filled(label, said) for label, said in rows if said]
    return "\n".join([f"{finding.severity.upper()}  {finding.check}", *told])


def _filled(label: str, said: str) -> str:
    """Commands stay in one piece, so that they can be copied."""
    indent = "  " + label
    return fill(
        said,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=" " * len(indent),
        break_long_words=False,
        break_on_hyphens=False,
    )
