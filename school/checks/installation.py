"""All checks of an installation: at every start, at every look, and before people are let in.

A check is a function that yields what is wrong. One that fails is a finding itself: nothing here raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from school.checks import (
    configured,
    disk,
    engine,
    files,
    ledger,
    mail,
    moment,
    people,
    screens,
    secrets,
    web,
)
from school.checks.findings import Finding, worst_first
from school.checks.place import Place, Wrong
from school.checks.rules import RULES
from school.errors import Unavailable

Look = Callable[[Place], Iterable[Wrong]]
LookInside = Callable[[Place, Session], Iterable[Wrong]]

QUICK: tuple[Look, ...] = (
    configured.known,
    secrets.present,
    web.https,
    web.hosts,
    web.forwarded,
    screens.options,
    files.private,
    files.log,
    files.on_this_machine,
    disk.room,
    mail.named,
)
QUICK_INSIDE: tuple[LookInside, ...] = (
    engine.revision,
    engine.settings_in_force,
    engine.way,
    engine.role,
    people.demo,
    people.administrators,
    moment.against_the_books,
    moment.time_zone,
)
THOROUGH: tuple[Look, ...] = (secrets.strong, web.port, moment.kept)
THOROUGH_INSIDE: tuple[LookInside, ...] = (engine.guards, engine.whole)
PUBLIC: tuple[Look, ...] = (mail.answers,)
