"""What one cashier has taken: the side of the day that the cashier answers for. Minor units, + received."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from school.ledger.models import Account, Entry, Line
from school.ledger.queries.allocation import total
from school.reports.movements import AccountTotal


def of_cashier(session: Session, *, actor_id: int | None, day: date) -> list[AccountTotal]:
    """Received less paid back by tender, of the entries this cashier dated to the day."""
    rows = session.execute(
        select(Account.code, Account.name, -total(Line.amount))
        .select_from(Entry)
        .join(Line, Line.entry_id == Entry.id)
        .join(Account, Account.code == Line.account)
        # + 0 keeps SQLite from the index of all the cashier ever did: the day's entries are fewer
        .where(Entry.date == day, Entry.actor_id + 0 == actor_id, Account.type == "tender")
        .group_by(Account.code, Account.name, Account.position)
        .order_by(Account.position, Account.code)
    )
    return [AccountTotal(*row) for row in rows]
