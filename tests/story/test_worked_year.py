"""The worked year comes to what was reckoned by hand, on every screen, paper and export, on both engines."""

from __future__ import annotations

from sqlalchemy import select

from school import clock
from school.checks.ledger import verify
from school.ledger.projections import StudentBalance
from tests.story import school_year
from school.db import Database


def balances(year: school_year.Year) -> dict[str, int]:
    with year.database.reading() as session:
        held = dict(session.execute(select(StudentBalance.student_id, StudentBalance.balance)).all())
    return {name: held[student_id] for name, student_id in year.ids.items()}


def test_every_term_ends_as_it_was_reckoned(database: Database) -> None:
    year = school_year.opened(database)
    for term, told in school_year.PARTS.items():
        told(year)
        assert balances(year) == school_year.ENDS[term]
        with clock.set_to(school_year.noon(school_year.TERMS[0][2])), database.reading() as session:
            assert verify(session) == []
