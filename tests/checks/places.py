"""An installation in which nothing is wrong, and what can be put wrong with it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from pydantic import SecretStr

from school import clock
from school.access.models import RolePolicy
from school.access.rules import ADMINISTRATOR
from school.backups import queries as backups
from school.backups.manifest import FORMAT, MEMBER, SCHEDULED, SUFFIX, Manifest
from school.checks import installation
from school.checks.place import Place
from school.db import Database
from school.settings import ROOT, Settings
from tests import databases, make, people

OF_THIS_MACHINE = {"administrator_of_machine", "engine_version"}  # who runs the tests, on what Python
OF_THE_TEST_SERVER = {"durability", "role"}  # it writes without fsync, and the tests own it
PASSPHRASE = "otter maple quilt zebra lantern comet"


def in_order(database: Database, folder: Path, **chosen: Any) -> Place:
    """A school with its administrator and a payment, behind https, backed up an hour ago."""
    with database.writing() as session:
        make.school(session)
        people.everybody(session)
        session.add(RolePolicy(role=ADMINISTRATOR, second_factor_required=True))
        make.bill(session, make.student(session), (500, make.TODAY), on=make.TODAY)
    root, home = folder / "program", folder / "home"
    shutil.copytree(ROOT / ".streamlit", root / ".streamlit")
    home.mkdir()
    settings = Settings(
        _env_file=None,
        **{
            "database_url": databases.url_text(database),
            "https": True,
            "allowed_hosts": ["fees.hill.example"],
            "backup_passphrase": SecretStr(PASSPHRASE),
            "backup_folder": folder / "backups",
            "log_file": folder / "log" / "school.log",
        }
        | chosen,
    )
    backup(folder / "backups", made_at=clock.now() - timedelta(hours=1), tried_at=clock.now())
    return Place(settings, database, deploy=True, environment={}, root=root, home=home)


def backup(folder: Path, *, made_at: datetime, tried_at: datetime | None) -> Path:
    """A file that says of itself what a backup says; of what is in it nothing here asks."""
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"{made_at:%Y%m%d-%H%M%S}{SUFFIX}"
    said = Manifest(
        format=FORMAT,
        kind=SCHEDULED,
        program="0.1.0",
        revision=None,
        engine="sqlite",
        engine_version="3",
        school="Hill School",
        currency="USD",
        time_zone="UTC",
        made_at=made_at,
        counts={},
        last_entry=1,
        last_hash="",
        encrypted=True,
        content="books",
        size=1,
        sha256="",
        stored_sha256="same",
    )
    with ZipFile(file, "w") as archive:
        archive.writestr(MEMBER, said.as_text())
    file.chmod(0o600)
    if tried_at is not None:
        told = backups.tried_beside(file)
        told.write_text(json.dumps({"at": tried_at.isoformat(), "findings": [], "stored_sha256": "same"}))
        told.chmod(0o600)
    return file


def setting(place: Place, **changed: Any) -> Place:
    return replace(place, settings=place.settings.model_copy(update=changed))


def told(place: Place) -> dict[str, str]:
    """What was found, by its rule."""
    return {finding.check: finding.message for finding in installation.check(place)}


def inside(look: installation.Inside, place: Place) -> dict[str, str]:
    with place.database.reading() as session:
        return {wrong.check: wrong.message for wrong in look(place, session)}
