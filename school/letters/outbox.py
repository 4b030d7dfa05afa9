"""What becomes of a waiting letter: claimed by one process, then sent, tried later or given up.

A letter is marked before it is handed over. Who dies in between leaves it marked; nobody sends it again by
itself, because it may have arrived: after a while it counts as failed, and a person decides.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from school import clock
from school.db import one_writer
from school.letters import rules
from school.letters.models import Letter

MAY_HAVE_ARRIVED = (
    "It is not known whether this letter arrived: the program or the connection stopped while it was being "
    "handed over. Ask, and send it again if it did not."
)


def claim(session: Session, letter_id: int) -> bool:
    """True for the one process that may hand this letter over now."""
    now = clock.now()
    due = (Letter.state == "waiting", Letter.next_try_at <= now, ~Letter.rehearsal)
    return _change(
        session,
        letter_id,
        *due,
        state="sending",
        tries=Letter.tries + 1,
        next_try_at=now + rules.HANDING_OVER,
        error=None,
    )


def sent(session: Session, letter_id: int) -> bool:
    return _change(session, letter_id, state="sent", sent_at=clock.now(), next_try_at=None, error=None)


def rehearsed(session: Session, letter_id: int) -> bool:
    """A dry run has come to its end; only a rehearsal can."""
    return _change(session, letter_id, Letter.rehearsal, state="rehearsed", next_try_at=None, error=None)


def failed(session: Session, letter_id: int, why: str) -> bool:
    """No further try is made by itself."""
    return _change(session, letter_id, state="failed", next_try_at=None, error=why)


def not_wanted(session: Session, letter_id: int, why: str) -> bool:
    """What it says is not true any more, so it is not sent."""
    return _change(
        session, letter_id, Letter.state == "waiting", state="cancelled", next_try_at=None, error=why
    )


def later(session: Session, letter_id: int, tries: int, why: str) -> bool:
    """Tried again after a delay that grows with the tries made, or given up after the last of them."""
    wait = rules.retry_after(tries)
    if wait is None:
        return failed(session, letter_id, f"Given up after {tries} tries. {why}")
    return _change(
        session, letter_id, state="waiting", tries=tries, next_try_at=clock.now() + wait, error=why
    )


def give_up_the_lost(session: Session) -> int:
    """Letters whose process died while handing them over; how many."""
    one_writer(session)
    lost = (Letter.state == "sending", Letter.next_try_at < clock.now())
    done: Any = session.execute(
        update(Letter).where(*lost).values(state="failed", next_try_at=None, error=MAY_HAVE_ARRIVED)
    )
    return int(done.rowcount)


def _change(session: Session, letter_id: int, *only: Any, **values: Any) -> bool:
    one_writer(session)
    open_still = Letter.state.in_(("waiting", "sending"))
    done: Any = session.execute(
        update(Letter).where(Letter.id == letter_id, open_still, *only).values(**values)
    )
    return bool(done.rowcount)
