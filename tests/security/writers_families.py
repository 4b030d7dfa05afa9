"""Writers of family accounts, see `writers`."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.students import payers, queries
from tests.security.writers import World, Writer


def _share(session: Session, actor: Actor, world: World) -> Any:
    guardian = queries.guardians(session, world.sibling)[0]
    family_id = queries.student(session, world.sibling).family_id
    payers.share_charges(session, actor=actor, family_id=family_id, shares={guardian.id: 10_000})


WRITERS: dict[str, Writer] = {"school.students.payers.share_charges": Writer("fees.manage", _share)}
