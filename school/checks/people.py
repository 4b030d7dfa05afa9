"""Whether those may sign in who should, and as they should."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from school.access import queries
from school.access.models import RolePolicy, User
from school.access.rules import ADMINISTRATOR
from school.checks.findings import named
from school.checks.place import Place, Wrong


def demo(_: Place, session: Session) -> Iterator[Wrong]:
    made_up = select(User.name).where(User.is_demo, User.status == "active").order_by(User.name)
    if names := session.scalars(made_up).all():
        yield Wrong("demo_users", f"Users of the demo school may sign in: {named(names)}.")


def administrators(_: Place, session: Session) -> Iterator[Wrong]:
    if not queries.any_administrator(session):
        yield Wrong("administrator", "There is no administrator yet.")
        return
    asked = select(RolePolicy.second_factor_required).where(RolePolicy.role == ADMINISTRATOR)
    if not session.scalar(asked):
        yield Wrong("second_factor", "Administrators sign in with a password alone.")
