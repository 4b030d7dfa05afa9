"""`python3 -m school …`: every refusal is one sentence on stderr and exit 1."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from school.commands.backup import backup, before_upgrade, restore
from school.commands.check import check
from school.commands.common import owner, up_to_date, why
from school.commands.export import export
from school.commands.grants import grants
from school.commands.move import move
from school.commands.rebuild import rebuild
from school.commands.static import static
from school.errors import BadInput, SchoolError
from school.settings import ROOT, settings


@click.group(
    help="The school fee ledger.",
    epilog="Also: setup (install what the others need) and test (pass every check).",
    no_args_is_help=False,
    invoke_without_command=True,
)
@click.pass_context
@click.version_option(package_name=None, version="0.1.0", prog_name="school")
def cli(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    from school import log

    try:
        if list(arguments or sys.argv[1:])[:1] != ["check"]:  # which tells what is wrong with them itself
            log.start(of_a_command=True)
        code = cli.main(args=arguments, prog_name="python3 -m school", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        return 1
    except click.ClickException as error:
        click.echo(error.format_message(), err=True)
        return 1
    except SchoolError as error:
        click.echo(error.sentence, err=True)
        return 1
    return code if isinstance(code, int) else 0


cli.add_command(backup)
cli.add_command(check)
cli.add_command(export)
cli.add_command(rebuild)
cli.add_command(grants)
cli.add_command(move)
cli.add_command(restore)
cli.add_command(static)


@cli.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to serve on; else the next free one.")
@click.option("--database", type=click.Path(path_type=Path), default=ROOT / "var" / "demo.db")
@click.option("--fresh", is_flag=True, help="Make the demo school anew; the old file is kept beside it.")
@click.option("--no-serve", is_flag=True, help="Only make the school and print the sign-ins.")
def demo(port: int | None, database: Path, fresh: bool, no_serve: bool) -> None:
    """Serve a made-up school of about 600 students, with throw-away sign-ins."""
    from school import serve
    from school.demo import make

    if fresh:
        make.set_aside(database)
    database = database.resolve()
    sign_ins = make.demo_school(database, say=click.echo)
    port = port or serve.free_port(settings().port)
    click.echo(f"\n  {'Address':<14}http://{settings().address}:{port}")
    for user in sign_ins:
        click.echo(f"  {user.role:<14}{user.name} / {user.password}")
    click.echo("\nThese passwords are made anew at every start. Stop with Ctrl+C.", nl=True)
    if not no_serve:
        serve.serve(port=port, environment={"SCHOOL_DATABASE_URL": f"sqlite:///{database}"})


@cli.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to serve on.")
@click.option("--no-backup", is_flag=True, help="Make no backup before the database is brought up to date.")
def run(port: int | None, no_backup: bool) -> None:
    """Serve the real books, bringing the database up to date first."""
    from school import migrations, serve
    from school.checks import place, start

    here = place.here()
    start.before_migrating(here)
    before_upgrade(settings().database_url, skipped=no_backup)
    migrations.migrate(here.database.url)
    found = start.before_serving(here)
    here.database.engine.dispose()
    port = port or settings().port
    if count := sum(one.severity != "note" for one in found):
        click.echo(f"To be mended: {count}. python3 -m school check tells what, why and how.")
    click.echo(f"Serving on http://{settings().address}:{port}")
    serve.serve(port=port, environment={})


@cli.command()
@click.option("--no-backup", is_flag=True, help="Make no backup of the database before it is changed.")
def migrate(no_backup: bool) -> None:
    """Bring the database up to date; make the school when SCHOOL_CURRENCY and SCHOOL_TIMEZONE are given."""
    from school import migrations
    from school.access.rules import COMMAND_LINE
    from school.db import reading, writing
    from school.ledger.service import install_standard_accounts
    from school.students import queries, service

    before_upgrade(owner(), skipped=no_backup)
    migrations.migrate(owner())
    chosen = settings()
    if chosen.owner_url:
        click.get_current_context().invoke(grants)
    with reading() as session:
        missing = not queries.has_school(session)
    if missing and chosen.currency and chosen.timezone:
        with writing() as session:
            service.make_school(
                session,
                actor=COMMAND_LINE,
                name=chosen.school_name,
                currency=chosen.currency,
                time_zone=chosen.timezone,
            )
            install_standard_accounts(session)
        click.echo(f"Made {chosen.school_name}: {chosen.currency}, {chosen.timezone}.")
    click.echo("The database is up to date.")


@cli.group()
def user() -> None:
    """Users and their roles."""


@user.command("add")
@click.argument("name")
@click.option(
    "--role", "roles", multiple=True, required=True, help="administrator, finance or head; repeatable."
)
@click.option("--full-name", default="")
@click.option("--email", default="")
@click.option(
    "--password-stdin", is_flag=True, required=True, expose_value=False, help="Read it from standard input."
)
@click.option("--keep-password", is_flag=True, help="Nobody else knows it: ask for no other.")
def user_add(name: str, roles: tuple[str, ...], full_name: str, email: str, keep_password: bool) -> None:
    """Add a user who may sign in, and is then asked for a password that nobody else knows."""
    from school.access import service
    from school.access.rules import COMMAND_LINE
    from school.db import writing

    up_to_date()
    password = sys.stdin.readline().rstrip("\r\n")
    with writing() as session:
        service.add_user(
            session,
            actor=COMMAND_LINE,
            name=name,
            password=password,
            roles=list(roles),
            full_name=full_name,
            email=email,
            must_change_password=not keep_password,
        )
    asked = "" if keep_password else "\nThe first sign-in asks for a password of their own."
    click.echo(f"Added {name} ({', '.join(roles)}).{asked}")


@cli.group("import")
def import_() -> None:
    """Bring rows in from a file; a dry run unless --apply is given."""


@import_.command("students")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--apply", is_flag=True, help="Write all good rows in one transaction.")
@click.option("--json", "as_json", is_flag=True, help="Print what happened as JSON.")
@click.option(
    "--map", "mapping", default="", help='Headings of your own: "Matricule=admission_no,Nom=last_name".'
)
@click.option(
    "--decimal", "decimal_mark", type=click.Choice([",", "."]), help="What marks decimals, if in doubt."
)
@click.option("--encoding", help="The file's encoding, if names look wrong, such as cp1251.")
@click.option("--sheet", help="The sheet of a spreadsheet; the one with known headings if absent.")
def import_students(
    file: Path,
    apply: bool,
    as_json: bool,
    mapping: str,
    decimal_mark: str | None,
    encoding: str | None,
    sheet: str | None,
) -> None:
    """Students, classes, guardians and opening balances from a CSV or spreadsheet file."""
    from school.intake.importing import import_students as import_file

    try:
        data = file.read_bytes()
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {why(error)}.") from None
    up_to_date()
    result = import_file(
        data,
        file.name,
        apply=apply,
        mapping=_pairs(mapping),
        decimal_mark=decimal_mark,
        encoding=encoding,
        sheet=sheet,
    )
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=1))
        return
    did = "were imported" if apply else "can be imported (dry run: use --apply)"
    click.echo(f"{result['good']} rows {did}, {result['unchanged']} unchanged, {len(result['bad'])} refused.")
    for bad in result["bad"]:
        where = f"row {bad['row']}" + (f", {bad['column']}" if bad["column"] else "")
        click.echo(f"  {where}: {bad['message']}")


_PAIR = r"\s*([^=]+?)\s*=\s*(\w+)\s*(?:,|$)"  # a heading may hold commas, a field holds none


def _pairs(text: str) -> dict[str, str]:
    if text.strip() and not re.fullmatch(f"(?:{_PAIR})*", text):
        raise BadInput('--map takes pairs such as "Matricule=admission_no,Nom=last_name".')
    return dict(re.findall(_PAIR, text))


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def verify(as_json: bool) -> None:
    """Recompute the books from entries and lines; exit 1 when anything does not agree."""
    from dataclasses import asdict

    from school.checks.ledger import verify as verify_ledger
    from school.db import reading

    up_to_date()
    with reading() as session:
        findings = verify_ledger(session)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    elif not findings:
        click.echo("The books agree: every balance follows from the entries, and no entry was changed.")
    else:
        for finding in findings:
            click.echo(f"{finding.severity}: {finding.message} {finding.mend}")
    if any(finding.severity == "error" for finding in findings):
        raise click.exceptions.Exit(1)


@cli.command()
@click.option(
    "--seconds", type=click.IntRange(1), default=75, help="About how long; every case is tried once."
)
@click.option("--seed", type=int, help="Throw the same dice as an earlier run.")
@click.option(
    "--processes", type=click.IntRange(1, 2), default=1, help="2: behind a proxy, and one is killed."
)
@click.option("--scratch", help="An empty PostgreSQL database for the copy, where none may be made.")
@click.option("--json", "as_json", is_flag=True, help="Print what was seen as JSON.")
def stability(seconds: int, seed: int | None, processes: int, scratch: str | None, as_json: bool) -> None:
    """Try a copy of the books under interruptions; exit 1 unless nothing is lost, doubled or foreign."""
    from school.stability import check

    asked = check.Asked(seconds=seconds, seed=seed, processes=processes, scratch=scratch)
    report = check.run(settings().database_url, asked, say=_unsaid if as_json else click.echo)
    click.echo(json.dumps(report.as_data(), ensure_ascii=False, indent=1) if as_json else report.as_text())
    if not report.clean:
        raise click.exceptions.Exit(1)


def _unsaid(_: str) -> None:
    """Standard output is for the data alone."""
