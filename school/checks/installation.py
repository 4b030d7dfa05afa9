"""All checks of an installation: at every start, while it is in use, and before people are let in.

A check is a function that yields what is wrong. One that fails is a finding itself: nothing here raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from sqlalchemy.orm import Session

from school import migrations
from school.checks import (
    configured,
    disk,
    engine,
    files,
    kept,
    mail,
    moment,
    people,
    screens,
    secrets,
    site,
    web,
)
from school.checks.findings import Finding, worst_first
from school.checks.place import Place, Wrong
from school.checks.rules import RULES
from school.db import trouble
from school.errors import BadInput, Unavailable

_ORDER = {name: number for number, name in enumerate(RULES)}
Around = Callable[[Place], Iterable[Wrong]]
Inside = Callable[[Place, Session], Iterable[Wrong]]

AROUND: tuple[Around, ...] = (  # of the settings and the machine
    configured.known,
    secrets.present,
    web.https,
    web.hosts,
    web.forwarded,
    screens.options,
    files.private,
    files.log,
    files.on_this_machine,
    mail.named,
)
ENGINE: tuple[Inside, ...] = (
    engine.revision,
    engine.settings_in_force,
    engine.way,
    engine.role,
)  # of any database
BOOKS: tuple[Inside, ...] = (  # of one whose tables are those of this version
    people.demo,
    people.administrators,
    moment.against_the_books,
    moment.time_zone,
    kept.backed_up,
    disk.room,
)
SLOW_AROUND: tuple[Around, ...] = (secrets.strong, web.port, moment.kept)
SLOW_ENGINE: tuple[Inside, ...] = (engine.whole,)
OUTSIDE: tuple[Around, ...] = (mail.answers, site.answers)  # what other machines say, for whom people wait


def check(place: Place, *, deep: bool = False) -> list[Finding]:
    """Everything, the worst first; `deep` also reads every entry again."""
    outside = OUTSIDE if place.deploy else ()
    recomputed = engine.recomputed if deep else engine.books
    wrong = [
        *_around(place, (*AROUND, *SLOW_AROUND, *outside)),
        *_inside(place, (*ENGINE, *SLOW_ENGINE), (*BOOKS, recomputed)),
    ]
    return as_findings(wrong, place)


def unusable(error: BadInput) -> list[Finding]:
    """Settings that cannot be used: nothing else can be looked at."""
    rule = RULES["settings"]
    return [
        Finding("settings", rule.deploy, said, rule.mend, rule.why) for said in error.sentence.splitlines()
    ]


def at_work(place: Place) -> list[Finding]:
    """What can be told at once, the worst first: for every start, and for the page of health."""
    return as_findings([*_around(place, AROUND), *_inside(place, ENGINE, BOOKS)], place)


def before_start(place: Place) -> list[Finding]:
    """What a start must not go past, or would hide: guards that are gone are put back by it."""
    wrong = list(_around(place, (files.log, files.private)))
    if place.database.path is None or place.database.path.exists():
        wrong += _inside(place, (*ENGINE, engine.guards))
    return as_findings(wrong, place)


def as_findings(wrong: Iterable[Wrong], place: Place) -> list[Finding]:
    """With how bad they are at this place, the worst first; without those that do not count there."""
    found = []
    once = dict.fromkeys(wrong)  # a database that has gone says so to each look
    for one in sorted(once, key=lambda one: _ORDER[one.check]):
        rule = RULES[one.check]
        severity = rule.deploy if place.is_public else rule.daily
        if severity:
            found.append(Finding(one.check, severity, one.message, one.mend or rule.mend, rule.why))
    return worst_first(found)


def _around(place: Place, looks: Iterable[Around]) -> Iterator[Wrong]:
    for look in looks:
        yield from _tried(look, partial(look, place))


def _inside(place: Place, of_engine: Iterable[Inside], of_books: Iterable[Inside] = ()) -> Iterator[Wrong]:
    """Each look has a transaction of its own: on PostgreSQL one that failed would take the others along."""

    def asked(look: Inside) -> list[Wrong]:
        with place.database.reading() as session:
            return list(look(place, session))

    try:
        is_of_this_version = _is_of_this_version(place)
    except Unavailable as unavailable:
        yield _away(unavailable)
        return
    for look in (*of_engine, *(of_books if is_of_this_version else ())):
        yield from _tried(look, partial(asked, look))


def _is_of_this_version(place: Place) -> bool:
    books = place.database.path
    if books is not None and not books.exists():
        raise Unavailable(f"There are no books at {books}.")
    with place.database.reading() as session:
        return migrations.current(session.connection()) == migrations.head()


def _away(unavailable: Unavailable) -> Wrong:
    """As who keeps the machine needs it: with what the database itself said."""
    cause = unavailable.__cause__
    said = str(getattr(cause, "orig", None) or cause or "").strip()
    if trouble.is_damage(cause):
        return Wrong("damage", f"The file of the books is damaged: {said}.")
    if not said:
        return Wrong("database", unavailable.sentence, "`python3 -m school migrate` begins new ones.")
    return Wrong("database", f"The database does not answer: {said.splitlines()[0].rstrip('.')}.")


def _tried(look: Callable[..., object], made: Callable[[], Iterable[Wrong]]) -> list[Wrong]:
    try:
        return list(made())
    except Unavailable as unavailable:
        return [_away(unavailable)]
    except Exception as error:  # noqa: BLE001 - a check that fails is a finding
        name = f"{look.__module__.rpartition('.')[2]}.{look.__name__}"
        return [Wrong("unchecked", f"“{name}” could not be looked at: {type(error).__name__}.")]
