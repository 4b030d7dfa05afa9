"""Whatever files came before, importing one of them twice in a row changes nothing the second time."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from school.access.rules import COMMAND_LINE
from school.intake import importing
from school.intake.tables import Table, TableRow
from school.students.models import Guardian, Student, StudentGuardian
from tests import databases, make

HEADINGS = ("Admission No", "Name", "Class", "Guardian", "Phone", "Email", "Balance")
ROWS = st.tuples(
    st.sampled_from("12345"),
    st.sampled_from(["Ann", "Bob"]),
    st.sampled_from(["", "F1", "F2", "f1"]),
    st.sampled_from(["", "Gil", "GIL", "Hal"]),
    st.sampled_from(["", "111222", "333444"]),
    st.sampled_from(["", "a@x", "b@x"]),
    st.sampled_from(["", "0", "5", "-7"]),
)
FILES = st.lists(st.lists(ROWS, min_size=1, max_size=5), min_size=1, max_size=4)


def households_hold_together(session: Session) -> bool:
    """Everyone who answers for a student is of the student's family account."""
    torn = (
        select(Student.id)
        .join(StudentGuardian, StudentGuardian.student_id == Student.id)
        .join(Guardian, Guardian.id == StudentGuardian.guardian_id)
        .where(StudentGuardian.position > 0, Guardian.family_id != Student.family_id)
    )
    return session.scalar(torn) is None


ROWS_THAT_QUARRELLED = [
    [("1", "Ann", "", "GIL", "333444", "b@x", "")],
    [("3", "Ann", "", "GIL", "111222", "b@x", ""), ("1", "Ann", "", "Gil", "333444", "a@x", "")],
]
ROWS_THAT_DOUBLED = [
    [("1", "Ann", "", "Gil", "", "a@x", "")],
    [("2", "Ann", "", "GIL", "333444", "b@x", ""), ("1", "Ann", "", "Gil", "333444", "a@x", "")],
]


@given(FILES)
@example(ROWS_THAT_QUARRELLED)
@example(ROWS_THAT_DOUBLED)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_second_time_nothing_changes(history: list[list[tuple[str, ...]]]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        databases.fresh("sqlite", Path(folder)) as database,
    ):
        with database.writing() as session:
            make.school(session)
        for rows in history:
            table = Table("register.csv", HEADINGS, tuple(TableRow(n, row) for n, row in enumerate(rows, 2)))

            with database.writing() as session:
                first = importing.apply(session, actor=COMMAND_LINE, table=table)
            with database.reading() as session:
                second = importing.plan(session, table)

                assert second.good == 0
                assert second.unchanged + len(second.bad) == len(rows)
                assert len(second.bad) == len(first.bad)
                assert households_hold_together(session)
