"""What is told once the end of a transaction is known: that it landed, or what it failed of.

A payment is not recorded when its row is added, but when the database has said so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

Tell = Callable[[BaseException | None], object]
WAITING = "landing.waiting"


def once_known(session: Session, tell: Tell) -> None:
    """Has `tell` called with None after the commit, or with the error; a bare session tells nothing."""
    session.info.get(WAITING, []).append(tell)


@contextmanager
def telling() -> Iterator[list[Tell]]:
    """Around a transaction, its commit included."""
    waiting: list[Tell] = []
    try:
        yield waiting
    except BaseException as error:
        for tell in waiting:
            tell(error)
        raise
    for tell in waiting:
        tell(None)
