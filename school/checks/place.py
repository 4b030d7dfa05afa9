"""What is looked at: one installation, by its settings, its environment and its folders."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from school.db import Database
from school.settings import ROOT, Settings, settings

THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Wrong:
    """What a check found. `check` names its rule, which says why it matters and how to mend it.

    `mend` is for where this very case can be told better.
    """

    check: str
    message: str
    mend: str = ""


@dataclass(frozen=True)
class Place:
    """`database` is opened by these settings; with `deploy` people are to be let in, whatever these say.

    `site` is the address under which browsers find it, where it is to be looked at from outside.
    """

    settings: Settings
    database: Database
    deploy: bool = False
    site: str = ""
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    root: Path = ROOT
    home: Path = field(default_factory=Path.home)

    @property
    def is_public(self) -> bool:
        """Who says that it is behind https lets people in."""
        return self.deploy or self.settings.https

    @property
    def listens_to_others(self) -> bool:
        return self.settings.address not in THIS_MACHINE


def here(*, deploy: bool = False, site: str = "") -> Place:
    """This installation. Raises BadInput for settings that cannot be used."""
    chosen = settings()
    return Place(chosen, Database(chosen.database_url), deploy=deploy, site=site)
