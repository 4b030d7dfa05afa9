"""What is above a limit is asked for on the student's page and decided on the page for approvals."""

from __future__ import annotations

import pytest

from school.access.rules import COMMAND_LINE, FINANCE
from school.db import Database
from school.ledger import queries
from school.students import policies
from tests import make, people
from tests.pages.conftest import Open
from tests.pages.test_payments import errors, text
from tests.pages.test_student import balance, do, offered


@pytest.fixture
def ann(books: Database) -> int:
    """Ann owes 900.00; write-offs above 100.00 are approved; a bounced cheque costs 25.00."""
    with books.writing() as session:
        student = make.student(session, "Ann Abel", guardian="Mrs Abel")
        make.student(session, "Abe Abel", guardian="Mrs Abel")
        make.bill(session, student, (700_00, make.TODAY), (300_00, make.TODAY))
        make.pay(session, student, 100_00, tender="CHEQUE")
        people.user(session, FINANCE, name="flo")
        limits = {policies.WRITE_OFF_LIMIT: 100_00, policies.BOUNCED_CHEQUE_FEE: 25_00}
        policies.change_policies(session, actor=COMMAND_LINE, values=limits)
    return student


def test_one_asks_another_approves_and_the_account_tells_it(
    books: Database, open_page: Open, ann: int
) -> None:
    at = open_page("student", name="finn", student=str(ann), do="write_off")
    assert "Above 100.00 another person decides." in text(at)
    do(at, "200", reason="Moved away")
    own = open_page("approvals", name="finn")
    today = open_page("today", name="flo")
    other = open_page("approvals", name="flo")
    waits = [one.value for one in other.header]

    other.button(key="approvals.refuse.1").click().run()
    refused = errors(other)
    other.button(key="approvals.approve.1").click().run()

    assert at.info[0].value == "Write-off of USD 200.00 is above the limit: another person decides on it."
    assert "You asked for this: another person decides." in text(own)
    assert own.metric[0].value == "0"
    assert "1 request waits for your decision" in str([one.proto.label for one in today.get("page_link")])
    assert waits == ["Write-off of USD 200.00 for Ann Abel"]
    assert refused == ["Say why: the reason stays in the books."]
    assert other.success[0].value == "Write-off of USD 200.00 for Ann Abel is approved and recorded."
    assert balance(books, ann) == 700_00


def test_who_asked_withdraws_with_a_reason_and_the_decider_reads_it(
    books: Database, open_page: Open, ann: int
) -> None:
    do(open_page("student", name="finn", student=str(ann), do="write_off"), "200", reason="Moved away")
    own, late = open_page("approvals", name="finn"), open_page("approvals", name="flo")

    own.button(key="approvals.withdraw.1").click().run()
    refused = errors(own)
    own.text_input(key="approvals.reason.1").set_value("The wrong child")
    own.button(key="approvals.withdraw.1").click().run()
    late.button(key="approvals.approve.1").click().run()

    assert refused == ["Say why: the reason stays in the books."]
    assert own.success[0].value == "Write-off of USD 200.00 for Ann Abel is withdrawn; nothing was recorded."
    assert errors(late) == ["finn withdrew this on 20 Mar 2026 already."]
    assert balance(books, ann) == 900_00


def test_who_decides_too_late_reads_who_decided(books: Database, open_page: Open, ann: int) -> None:
    do(open_page("student", name="finn", student=str(ann), do="write_off"), "200", reason="Moved away")
    early, late = open_page("approvals", name="flo"), open_page("approvals", name="ada")

    early.text_input(key="approvals.reason.1").set_value("They pay next week")
    early.button(key="approvals.refuse.1").click().run()
    late.button(key="approvals.approve.1").click().run()
    decided = open_page("approvals", name="flo", **{"approvals.view": "Decided"})

    assert early.success[0].value == "Write-off of USD 200.00 for Ann Abel is refused; nothing was recorded."
    assert errors(late) == ["flo refused this on 20 Mar 2026 already."]
    assert decided.dataframe[0].value["Why"].tolist() == ["They pay next week"]
    assert balance(books, ann) == 900_00


def test_a_cheque_that_bounced_is_reversed_with_its_fee(books: Database, open_page: Open, ann: int) -> None:
    at = open_page("entry", name="finn", entry="2")

    at.text_input(key="entry.reason").set_value("Returned unpaid")
    at.checkbox(key="entry.bounced").check()
    at.button(key="entry.reverse").click().run()

    assert at.success[0].value == r"Receipt R\-000001 is reversed. The fee of 25.00 is charged."
    assert balance(books, ann) == 1025_00


def test_a_receipt_is_let_pay_another_charge(books: Database, open_page: Open, ann: int) -> None:
    at = open_page("student", name="finn", student=str(ann), do="reallocate", receipt="R-000001")
    assert "Re-allocation" in offered(at)

    do(at, "100", charge="2", reason="Asked by the father")

    with books.reading() as session:
        assert [charge.open for charge in queries.open_charges(session, ann)] == [700_00, 200_00]
    assert at.success[0].value == "Re-allocation of USD 100.00 is recorded."
