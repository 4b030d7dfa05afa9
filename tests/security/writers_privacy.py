"""The writer that erases personal data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.privacy import rules, service
from school.students import queries
from school.students.models import Student
from tests import make
from tests.security.writers import World, Writer


def _erase(session: Session, actor: Actor, _: World) -> Any:
    student_id = make.student(session, "Long Gone")
    long_ago = rules.kept_since(queries.today(session), rules.YEARS_DEFAULT) - timedelta(days=1)
    session.execute(update(Student).where(Student.id == student_id).values(status="left", left_on=long_ago))
    return service.erase(session, actor=actor, student_ids=[student_id], reason="kept long enough")


WRITERS: dict[str, Writer] = {"school.privacy.service.erase": Writer("privacy.manage", _erase)}
