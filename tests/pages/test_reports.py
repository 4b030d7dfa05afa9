"""Every report stands on its tab, for each role it is for, and comes to the figures of the dashboard."""

from __future__ import annotations

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from school.access.rules import COMMAND_LINE
from school.db import Database
from school.ledger import service as ledger
from tests import make
from tests.pages.conftest import Open
from tests.pages.test_payments import text

TABS = ("Day book", "Aged debtors", "Collections", "Corrections", "Trial balance")
MARCH = {"reports.day_book.period": "This month"}


@pytest.fixture
def school(books: Database) -> Database:
    """In March Ann is billed 100.00 and pays 40.00 in cash; Ben owes 60.00 of January, less 10.00."""
    with books.writing() as session:
        ann = make.student(session, "Ann", admission_no="A-1")
        ben = make.student(session, "Ben", admission_no="B-1", class_name="Form 2")
        make.bill(session, ben, (6_000, date(2026, 1, 15)), on=date(2026, 1, 10))
        make.bill(session, ann, (10_000, date(2026, 6, 1)), on=date(2026, 3, 3))
        make.pay(session, ann, 4_000)
        ledger.write_off(
            session,
            actor=COMMAND_LINE,
            request_id=make.request_id(),
            student_id=ben,
            amount_minor=1_000,
            reason="moved abroad",
        )
    return books


def figures(at: AppTest) -> dict[str, str]:
    return {metric.label: str(metric.value) for metric in at.metric}


@pytest.mark.parametrize("tab", TABS)
def test_an_empty_school_is_told_kindly_that_there_is_nothing(
    books: Database, open_page: Open, tab: str
) -> None:
    at = open_page("reports", name="hope", **{"reports.view": tab})

    assert not at.exception
    assert len(at.info) == 1


@pytest.mark.parametrize("tab", TABS)
def test_every(school: Database, open_page: Open, tab: str) -> None:
    at = open_page("reports", name="hope", **{"reports.view": tab})

    assert not at.exception
    print(figures(at), text(at))
    for frame in at.dataframe:
        print(frame.value)
    assert not at.info
