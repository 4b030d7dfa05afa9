"""What is counted and told is what happened: after the commit, once, by kinds, and with ids alone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from school import metrics
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.errors import BadAmount, NotAllowed
from school.ledger import service, telling
from school.ledger.service import Share, TenderPart
from school.students.models import SchoolClass
from school.ui import observed, proof
from tests import make, people
from tests.pages import opening

REQUEST = "a-request-of-this-test"


@pytest.fixture
def student(database: Database) -> int:
    with database.writing() as session:
        make.school(session)
        people.everybody(session)
        student_id = make.student(session, "Ann Abel")
        make.bill(session, student_id, (10_000, date(2026, 1, 15)), on=date(2026, 1, 15))
    return student_id


def counted(outcome: str, reason: str = "") -> Callable[[], int]:
    """How much this outcome has grown since."""
    before = metrics.value("school_payments_total", outcome=outcome, reason=reason)
    return lambda: metrics.value("school_payments_total", outcome=outcome, reason=reason) - before


def pay(database: Database, student: int, minor: int = 2_500, request_id: str = REQUEST) -> None:
    with database.writing() as session:
        pay_in(session, student, minor, request_id)


def pay_in(session: Session, student: int, minor: int = 2_500, request_id: str = REQUEST) -> None:
    service.record_payment(
        session,
        actor=COMMAND_LINE,
        request_id=request_id,
        shares=[Share(student, minor)],
        tenders=[TenderPart("CASH", minor)],
        payer="Mrs Abel",
    )


def told(caplog: pytest.LogCaptureFixture, message: str) -> list[dict]:
    return [vars(record) for record in caplog.records if record.getMessage() == message]


def test_a_payment_is_told_once_with_ids_and_minor_units(
    database: Database, student: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "school")
    recorded, repeated = counted("recorded"), counted("repeated")

    pay(database, student)
    pay(database, student)

    assert (recorded(), repeated()) == (1, 1)
    (line,) = told(caplog, "payment recorded")
    assert (line["document"], line["minor"], line["request_id"]) == ("R-000001", -2_500, REQUEST)
    assert line["balances"] == {str(student): 7_500}
    assert "Abel" not in caplog.text


def test_a_payment_whose_transaction_fails_at_its_very_end_was_not_recorded(
    database: Database, student: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "school")
    recorded, failed = counted("recorded"), counted("failed", telling.FAULT)

    def pay_and_fail() -> None:
        with database.writing() as session:
            pay_in(session, student)
            session.add(SchoolClass(name=None, position=9))  # flushed after all else, and refused

    with pytest.raises(IntegrityError):
        pay_and_fail()

    assert (recorded(), failed()) == (0, 1)
    assert not told(caplog, "payment recorded")
    (line,) = told(caplog, "payment failed")
    assert (line["request_id"], line["reason"]) == (REQUEST, "IntegrityError")


def test_a_refused_payment_is_counted_by_the_rule_that_refused_it(
    database: Database, student: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "school")
    refused, recorded = counted("refused", "BadAmount"), counted("recorded")

    with pytest.raises(BadAmount):
        pay(database, student, minor=-1)

    assert (refused(), recorded()) == (1, 0)
    assert [line["reason"] for line in told(caplog, "payment refused")] == ["BadAmount"]


def test_attempts_to_sign_in_are_counted_and_nothing_typed_is_told(
    database: Database, student: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "school")
    by = proof.Caller("192.0.2.7", "Browser of a guesser", None)
    outcomes = ("wrong", "locked", "ok")
    before = {one: metrics.value("school_sign_ins_total", outcome=one) for one in outcomes}

    with opening.program_on(database):
        for _ in range(20):
            with pytest.raises(NotAllowed):
                proof.password("nobody.at.all", "a guess", by=by)
        attempt = proof.password("finn", people.PASSWORD, by=proof.Caller("192.0.2.8", "", None))
        opened = proof.open_without_code(attempt, by=by)

    grown = {one: metrics.value("school_sign_ins_total", outcome=one) - before[one] for one in outcomes}
    assert grown["ok"] == 1
    assert grown["wrong"] > 0
    assert grown["locked"] > 0
    assert grown["wrong"] + grown["locked"] == 20
    assert opened
    assert [line["sign_in"] for line in told(caplog, "signed in")] == [opened.id]
    for word in ("nobody.at.all", "a guess", "192.0.2", "Browser", people.PASSWORD, opened.ticket):
        assert word not in " ".join(str(vars(record)) for record in caplog.records)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "page"),
        ("/payments", "page"),
        ("/student", "page"),
        ("/metrics", "metrics"),
        ("/static/js/index.abc.js", "static"),
        ("/media/0123.pdf", "media"),
        ("/receipts/R-000123.pdf", "receipts"),
        ("/auth/alive/5f0c", "auth/alive"),
        ("/_stcore/upload_file/a/b", "_stcore/upload_file"),
        ("/_stcore/anything", "other"),
        ("/Ann Abel", "other"),
        ("/payments/17", "other"),
    ],
)
def test_whatever_is_asked_for_is_one_of_a_few_routes(path: str, route: str) -> None:
    assert observed.route_of(path) == route


def test_a_page_that_takes_long_is_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, "school")
    moments = iter((10.0, 12.5))
    monkeypatch.setattr(observed.time, "perf_counter", lambda: next(moments))

    with observed.run() as seen:
        seen.page, seen.actor = "payments", COMMAND_LINE

    (line,) = told(caplog, "slow page")
    assert (line["levelname"], line["ran"], line["duration_ms"]) == ("WARNING", "payments", 2_500)
