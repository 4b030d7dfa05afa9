"""The audit log, searched: who did what to whom or what, before and after. Paged by the number of the event.

The ledger is its own log, so what was posted is read there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, String, bindparam, cast, literal, or_, select
from sqlalchemy.orm import Session

from school.access import listing
from school.audit import wording
from school.audit.models import AuditEvent
from school.reports import audit_facts, audit_names
from school.students import finding
from school.students import queries as students
from school.students.models import Family, Guardian
from school.students.rules import WORDS_TYPED_MAX, fold

ROWS_PER_PAGE = 50


@dataclass(frozen=True)
class Asked:
    """What is looked for; days are the school's own, both inclusive. `text` finds by every word of it."""

    text: str = ""
    actor: str | None = None
    event: str | None = None
    subject: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True)
class AuditRow:
    """`about` is the subject as people call it."""

    id: int
    at: dt.datetime
    actor: str
    event: str
    subject: str
    about: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None


_ROWS = (
    select(
        AuditEvent.id,
        AuditEvent.at,
        AuditEvent.actor,
        AuditEvent.event,
        AuditEvent.subject,
        AuditEvent.before,
        AuditEvent.after,
        AuditEvent.reason,
    )
    .order_by(AuditEvent.id.desc())
    .limit(bindparam("limit", type_=Integer))
)


def page(
    session: Session, asked: Asked, *, older_than: int | None = None, limit: int = ROWS_PER_PAGE
) -> list[AuditRow]:
    """The newest that match, of those numbered below `older_than`."""
    found = session.execute(
        _ROWS.where(*_wanted(session, asked), *([AuditEvent.id < older_than] if older_than else [])),
        {"limit": limit},
    ).all()
    names = audit_names.of_subjects(session, {row.subject for row in found})
    known = audit_facts.names(session, [facts for row in found for facts in (row.before, row.after)])
    return [
        AuditRow(
            id=row.id,
            at=row.at,
            actor=row.actor,
            event=row.event,
            subject=row.subject,
            about=wording.to_what(row.subject, names),
            before=known.told(row.before),
            after=known.told(row.after),
            reason=row.reason,
        )
        for row in found
    ]


def called(session: Session, subject: str) -> str:
    """The subject as people call it."""
    return wording.to_what(subject, audit_names.of_subjects(session, {subject}))


def everything(session: Session, asked: Asked, *, most: int, chunk: int = 1_000) -> Iterator[AuditRow]:
    """All that match, the newest first, up to so many."""
    last, left = None, most
    while left > 0 and (rows := page(session, asked, older_than=last, limit=min(chunk, left))):
        yield from rows
        last, left = rows[-1].id, left - len(rows)


def _wanted(session: Session, asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.actor is not None:
        found.append(AuditEvent.actor == asked.actor)
    if asked.event is not None:
        found.append(AuditEvent.event == asked.event)
    if asked.subject is not None:
        found.append(AuditEvent.subject == asked.subject)
    if asked.since is not None or asked.until is not None:
        zone = ZoneInfo(students.time_zone(session))
        if asked.since is not None:
            found.append(AuditEvent.at >= dt.datetime.combine(asked.since, dt.time(), zone))
        if asked.until is not None:
            found.append(AuditEvent.at < dt.datetime.combine(asked.until + dt.timedelta(1), dt.time(), zone))
    typed = fold(asked.text).split()[:WORDS_TYPED_MAX]
    named = audit_names.of_small_tables(session) if typed else {}
    return found + [_about(word, named) for word in typed]


def _about(word: str, named: Mapping[str, str]) -> ColumnElement[bool]:
    """The word stands in the event, the actor, the reason, or the name of the subject."""
    events = [event for event, what in wording.WHAT.items() if word in fold(what)]
    subjects = [subject for subject, name in named.items() if word in fold(name)]
    families = select(literal("family:") + cast(Family.id, String))
    guardians = select(literal("guardian:") + cast(Guardian.id, String))
    either = [
        AuditEvent.event.in_(events),
        AuditEvent.actor.icontains(word, autoescape=True),
        AuditEvent.reason.icontains(word, autoescape=True),
        AuditEvent.subject.in_(subjects),
        AuditEvent.subject.in_(families.where(Family.name.icontains(word, autoescape=True))),
        AuditEvent.subject.in_(guardians.where(Guardian.folded.contains(word, autoescape=True))),
    ]
    ids = finding.matching_ids(word)
    if ids is not None:
        either += audit_names.of_students(ids)
    return or_(*either)


def actors(session: Session) -> Sequence[tuple[str, str]]:
    """Who may have done something: as the log names them, and as people do."""
    users = [(user.name, user.called) for user in listing.names(session)]
    return [*users, ("command line", "Command line"), ("first start", "First start")]
