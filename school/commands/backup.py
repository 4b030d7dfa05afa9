"""`python3 -m school backup` and `restore`: copies of the books, tried, and put in the place of lost ones."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from school.errors import BadInput, RuleBroken, SchoolError
from school.settings import settings

if TYPE_CHECKING:
    from school.backups.queries import BackupFacts

PLACE = click.Path(path_type=Path)
NEWEST = "newest"


@click.command()
@click.option("--to", "folder", type=PLACE, help="Folder to put it in; else that of the settings.")
@click.option("--untried", is_flag=True, help="Do not restore it for a trial: quicker, and less certain.")
@click.option("--verify", "file", type=PLACE, help="Make none: restore this one, or newest, for a trial.")
@click.option("--list", "listed", is_flag=True, help="Make none: say which there are.")
@click.option("--passphrase-stdin", is_flag=True, help="Read the passphrase from standard input.")
@click.option("--scheduled", is_flag=True, hidden=True)
def backup(
    folder: Path | None,
    untried: bool,
    file: Path | None,
    listed: bool,
    passphrase_stdin: bool,
    scheduled: bool,
) -> None:
    """Copy the books into one file while people work, and try it."""
    passphrase = _passphrase(passphrase_stdin)
    if scheduled:
        _carry_out_schedule()
    elif listed:
        _list(folder or _folder())
    elif file is not None:
        _try(_meant(file, folder or _folder()), passphrase)
    else:
        _make(folder or _folder(), passphrase, untried)


def _folder() -> Path:
    from school.backups import queries

    return queries.folder_of(settings())


def _meant(file: Path, folder: Path) -> Path:
    """The file that was named, or the youngest of the folder for the word newest."""
    from school.backups import queries

    if str(file) != NEWEST:
        return file
    found = queries.newest(folder)
    if found is None:
        raise BadInput(f"There is no backup in {folder}.")
    return found.path


def _passphrase(from_stdin: bool) -> str | None:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    kept = settings().backup_passphrase
    return kept.get_secret_value() if kept else None


def _make(folder: Path, passphrase: str | None, untried: bool) -> None:
    from school.backups import service

    made = service.make(settings().database_url, folder, passphrase=passphrase)
    click.echo(f"Made {made.path}\n  {_told(made)}")
    if untried:
        return
    try:
        _try(made.path, passphrase)
    except RuleBroken as no_place:
        click.echo(f"  Its books were not tried. {no_place.sentence}")


def _try(file: Path, passphrase: str | None) -> None:
    from school.backups import restoring, service

    kept = settings().backup_scratch
    trial = restoring.examine(
        file,
        settings().database_url,
        examined,
        passphrase=passphrase,
        borrowed=kept.get_secret_value() if kept else None,
    )
    try:
        service.remember_trial(trial.backup, trial.findings)
    except OSError:
        click.echo("  That it was tried cannot be kept beside it.", err=True)
    if trial.findings:
        raise RuleBroken(f"The books in {file.name} do not agree. {' '.join(trial.findings)}")
    click.echo(f"{file.name} is good: {_told(trial.backup)}")
    click.echo("  Its books were restored for a trial, every entry was recomputed, and they agree.")


def examined(session: Session) -> Sequence[str]:
    """What does not agree in these books."""
    from school.checks.ledger import verify

    return [f"{finding.message} {finding.mend}" for finding in verify(session)]


def _told(made: BackupFacts) -> str:
    """Which books, of when, and how much; the check code is that of papers which show the same last entry."""
    from school.documents.rules import check_code

    said = made.manifest
    at = made.made_at.astimezone(ZoneInfo(said.time_zone))
    name = said.school or "books without a school"
    code = f", check code {check_code(said.last_hash)}" if said.last_hash else ""
    kept = "encrypted" if made.encrypted else "not encrypted"
    return (
        f"{name} as of {at.day} {at:%B %Y, %H:%M:%S} ({said.time_zone}), {said.last_entry:,} entries{code}, "
        f"{made.size:,} bytes, {kept}."
    )


def _list(folder: Path) -> None:
    from school.backups import queries

    there = queries.listing(folder)
    if not there:
        click.echo(f"There is no backup in {folder}.")
    for one in there:
        zone = ZoneInfo(one.manifest.time_zone)
        tried = f"tried {one.verified_at.astimezone(zone):%Y-%m-%d %H:%M}" if one.verified_at else "not tried"
        click.echo(f"{one.path.name}\n  {_told(one)}\n  Made {one.kind}, {tried}.")


def _carry_out_schedule() -> None:
    from school.backups import schedule, worker

    plan = worker.planned(settings())
    if plan is None:
        raise BadInput("Name the hour of the daily backup in SCHOOL_BACKUP_AT, such as 03:15.")
    schedule.step_back()
    schedule.carry_out(plan, examined, say=click.echo)


@click.command()
@click.argument("file", type=PLACE)
@click.option(
    "--into", required=True, help="A new file, or an empty database as postgresql://user@host/name."
)
@click.option("--passphrase-stdin", is_flag=True, help="Read the passphrase from standard input.")
def restore(file: Path, into: str, passphrase_stdin: bool) -> None:
    """Put the books of a backup, or of the newest, into a new place, and recompute them there."""
    from school import migrations
    from school.backups import restoring

    file = _meant(file, _folder())
    trial = restoring.restore(file, into, examined, passphrase=_passphrase(passphrase_stdin))
    if trial.findings:
        raise RuleBroken(
            f"Nothing was restored: the books in {file.name} do not agree. {' '.join(trial.findings)}"
        )
    said = trial.backup.manifest
    click.echo(f"Restored {_told(trial.backup)}")
    click.echo("Every entry was recomputed, and the books agree. Nothing uses them yet.")
    if said.revision != migrations.head():
        click.echo(
            f"They are at revision {said.revision}, of program {said.program}, which opens them as they are; "
            f"this program ({migrations.head()}) brings them up to date when it starts."
        )
    if said.last_entry:
        click.echo(
            f"What was recorded after entry {said.last_entry} is not in them. To list it, where it still is: "
            f"python3 -m school export --format csv --after {said.last_entry}"
        )
    click.echo(
        "To put them in use, stop the program, and start it with this setting, or write it into .env:\n"
    )
    click.echo(f"  SCHOOL_DATABASE_URL={_setting(into)} python3 -m school run")


def _setting(into: str) -> str:
    return into if "://" in into else f"sqlite:///{Path(into).absolute()}"


def before_upgrade(url: str, *, skipped: bool) -> None:
    """A backup of books that the next step changes, so that there is a way back."""
    from school.backups import upgrade

    if skipped or not upgrade.is_due(url):
        return
    click.echo("The books are about to be brought up to date. A backup first …")
    try:
        made = upgrade.backup(url, _folder(), _passphrase(from_stdin=False))
    except SchoolError as failed:
        raise RuleBroken(f"{failed.sentence} Nothing was changed; --no-backup goes on without one.") from None
    click.echo(f"Made {made.path}")
