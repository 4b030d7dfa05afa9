"""Who is forgiven what in a term: by rank in the family, by grant, within the caps, and never more than charged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.orm import Session

from school import clock
from school.db import Database
from school.fees.concessions import Conceded, HeadCharge, granted, not_yet_given
from school.fees.conceding import Claim, Rate, forgiven
from tests import make
from tests.fees import schemes

SIBLING = (
    {"head": "TUITION", "ordinal": 2, "share_bp": 10_00},
    {"head": "TUITION", "ordinal": 3, "share_bp": 20_00},
)


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            schemes.heads(session)
        yield database


def found(session: Session, *charges: tuple[int, str, int]) -> dict[tuple[int, str, str], int]:
    rows = granted(session, term_id=schemes.term_id(session), charges=[HeadCharge(*c) for c in charges])
    return {(row.student_id, row.head, row.scheme): row.amount_minor for row in rows}


def test_the_older_class_pays_in_full_and_the_younger_siblings_get_their_share(books: Database) -> None:
    with books.writing() as session:
        schemes.scheme(session, "SIBS", *SIBLING, kind="sibling", cap_bp=30_00)
        small, tall = (
            make.student(session, name, class_name=form, guardian="Gil")
            for name, form in (("Small", "Form 1"), ("Tall", "Form 2"))
        )
        third = make.student(session, "Zoe", class_name="Form 1", guardian="Gil", admission_no="Z9")
        make.student(session, "Left", class_name="Form 2", guardian="Gil", status="left")
        bills = [(one, head, 1000_00) for one in (small, tall, third) for head in ("TUITION", "MEALS")]

        assert found(session, *bills) == {
            (small, "TUITION", "SIBS"): 100_00,
            (third, "TUITION", "SIBS"): 200_00,
        }
        assert found(session, (third, "TUITION", 1000_00)) == {(third, "TUITION", "SIBS"): 200_00}
