"""A day is closed once every till is counted and signed: nothing more is entered for it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.cashier import queries
from school.cashier.models import DayClose
from school.cashier.queries import Missing
from school.errors import RuleBroken
from school.ledger import queries as ledger
from school.ledger import wording
from school.ledger.models import Entry
from school.ledger.posting import authorise
from school.ledger.refusals import check_date
from school.ledger.service.corrections import add_lock
from school.students import queries as students


def close_day(session: Session, *, actor: Actor, day: dt.date) -> None:
    """Lock the books through the day, and remember their last entry and its hash.

    Raises BadDate for a day to come, RuleBroken for a day that is closed or has a till that is not done.
    """
    authorise(session, actor, "periods.lock")
    check_date(day, students.today(session), None)
    locked = ledger.locked_through(session)
    if locked is not None and day <= locked:
        raise RuleBroken(f"The books are closed through {wording.day(locked)} already.", field="day")
    missing = queries.missing(session, day)
    if missing:
        raise RuleBroken(f"{wording.day(day)} cannot be closed yet: {_named(missing)}.", field="day")
    lock_id = add_lock(session, actor=actor, through=day, reason=f"{wording.day(day)} is done")
    end = session.execute(select(Entry.id, Entry.hash).order_by(Entry.id.desc()).limit(1)).one_or_none()
    row = {
        "id": (session.scalar(select(func.max(DayClose.id))) or 0) + 1,
        "date": day,
        "lock_id": lock_id,
        "last_entry": end.id if end else 0,
        "last_hash": end.hash if end else "",
        "at": clock.now(),
        "actor_id": actor.user_id,
        "actor": actor.name,
    }
    session.execute(insert(DayClose), [row])
    audit.record(
        session,
        actor=actor,
        event=events.DAY_CLOSED,
        subject=f"day:{day.isoformat()}",
        before={"closed through": locked.isoformat() if locked else None},
        after={"closed through": day.isoformat(), "last entry": row["last_entry"]},
    )


def _named(missing: list[Missing]) -> str:
    """`the till of finn is not counted, cash-up 3 of bea is not signed`"""
    said = [
        f"cash-up {one.cash_up_id} of {one.cashier} is not signed"
        if one.cash_up_id
        else f"the till of {one.cashier} is not counted"
        for one in missing[:3]
    ]
    return ", ".join(said) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
