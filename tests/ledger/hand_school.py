"""A term of five students, as an accountant wrote it by hand in `example/hand.journal`, E01 to E19."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.ledger import service as ledger
from school.ledger.service import ChargeItem, Posted, Share, TenderPart
from school.money import split
from tests import make

END = datetime(2026, 3, 15, 12, tzinfo=UTC)
NAMES = {"S001": "Ann", "S002": "Ben", "S003": "Cy", "S004": "Dee", "S005": "Eve"}
GUARDIANS = {"S002": "Mrs Kin", "S004": "Mrs Kin"}
ACCOUNTS = {  # of the journal, in our chart of accounts
    "Assets:Cash": "CASH",
    "Assets:Cheques": "CHEQUE",
    "Assets:MobileMoney": "MOBILE",
    "Assets:BankTransfer": "BANK",
    "Equity:OpeningBalances": "OPEN",
    "Expenses:DiscountsAndWaivers": "CONC",
    "Expenses:BadDebts": "BAD",
    "Income:Meals": "MEALS",
    "Income:Transport": "TRANSPORT",
    "Income:Tuition": "TUITION",
    "Income:LateFees": "LATE",
}
HEADS = {
    "tuition": "TUITION",
    "transport": "TRANSPORT",
    "meals": "MEALS",
    "opening": "OPEN",
    "late fee": "LATE",
}


def tell(database: Database) -> dict[str, int]:
    """Enter the whole story as on 15 March 2026; student ids by admission number."""
    with clock.set_to(END):
        with database.writing() as session:
            make.school(session)
            ids = {
                no: make.student(session, name, admission_no=no, guardian=GUARDIANS.get(no, ""))
                for no, name in NAMES.items()
            }
        for part in (_opening_and_bills, _january, _february, _march):
            with database.writing() as session:
                part(session, ids)
    return ids


def _day(month: int, day: int) -> date:
    return date(2026, month, day)


def _opening_and_bills(session: Session, ids: dict[str, int]) -> None:
    first, bills = _day(1, 1), _day(1, 5)
    _opening(session, ids["S003"], 150_00, first, due=date(2025, 11, 30))  # E01
    _opening(session, ids["S004"], -40_00, first)  # E02
    _bill(
        session,
        ids["S001"],
        bills,
        ChargeItem("TUITION", 1000_00, _day(1, 31), concession_minor=100_00),
        ChargeItem("TRANSPORT", 200_00, _day(1, 31)),
    )  # E03
    _bill(
        session,
        ids["S002"],
        bills,
        ChargeItem("TUITION", 900_00, _day(1, 31)),
        ChargeItem("TUITION", 900_00, _day(4, 30)),
    )  # E04
    _bill(
        session,
        ids["S003"],
        bills,
        ChargeItem("TUITION", 1000_00, _day(1, 31)),
        ChargeItem("TRANSPORT", 120_00, _day(2, 28)),
    )  # E05
    _bill(session, ids["S004"], bills, ChargeItem("MEALS", 100_00, _day(1, 31)))  # E06


def _january(session: Session, ids: dict[str, int]) -> None:
    family = [Share(ids["S001"], 1100_00), Share(ids["S002"], 400_00)]
    _pay(session, family, "CASH", _day(1, 20))  # E07
    _pay(session, [Share(ids["S003"], 600_00)], "CHEQUE", _day(1, 25))  # E08
    transport = make.line_ids(session, _entry(5))[1]
    _pay(session, [Share(ids["S003"], 120_00, pays=transport)], "MOBILE", _day(1, 28))  # E09


def _february(session: Session, ids: dict[str, int]) -> None:
    ledger.reverse(
        session,
        actor=COMMAND_LINE,
        request_id=make.request_id(),
        entry_id=8,
        reason="the cheque bounced",
        date=_day(2, 3),
    )  # E10
    ledger.late_fee(
        session,
        actor=COMMAND_LINE,
        request_id=make.request_id(),
        student_id=ids["S003"],
        amount_minor=25_00,
        due_date=_day(2, 3),
        date=_day(2, 3),
    )  # E11
    _pay(session, [Share(ids["S004"], 200_00)], "BANK", _day(2, 10))  # E12
    ledger.refund(
        session,
        actor=COMMAND_LINE,
        request_id=make.request_id(),
        student_id=ids["S004"],
        amount_minor=50_00,
        tender="CASH",
        reason="overpaid",
        date=_day(2, 12),
    )  # E13
    ledger.transfer(
        session,
        actor=COMMAND_LINE,
        request_id=make.request_id(),
        from_student_id=ids["S004"],
        to_student_id=ids["S002"],
        amount_minor=90_00,
        reason="her brother's account",
        date=_day(2, 15),
    )  # E14
    opening = make.line_ids(session, _entry(1))[0]
    ledger.write_off(
        session,
        actor=COMMAND_LINE,
        request_id=make.request_id(),
        student_id=ids["S003"],
        amount_minor=150_00,
        pays=opening,
        reason="too old to collect",
        date=_day(2, 20),
    )  # E15


def _march(session: Session, ids: dict[str, int]) -> None:
    due = (_day(1, 31), _day(2, 28), _day(3, 31))
    thirds = zip(split(1000_00, [1, 1, 1]), due, strict=True)
    _bill(session, ids["S005"], _day(3, 1), *(ChargeItem("TUITION", part, on) for part, on in thirds))  # E16
    _pay(session, [Share(ids["S005"], 500_00)], "CASH", _day(3, 5))  # E17
    ledger.concession(
        session,
        actor=COMMAND_LINE,
        request_id=make.request_id(),
        student_id=ids["S001"],
        amount_minor=50_00,
        reason="scholarship",
        date=_day(3, 6),
    )  # E18
    _bill(session, ids["S001"], _day(3, 10), ChargeItem("MEALS", 30_00, _day(1, 15)))  # E19


def _entry(number: int) -> Posted:
    return Posted(number, "", None, None, already=True)


def _opening(session: Session, student_id: int, amount: int, on: date, due: date | None = None) -> None:
    ledger.opening_balance(
        session,
        actor=COMMAND_LINE,
        request_id=make.request_id(),
        student_id=student_id,
        amount_minor=amount,
        due_date=due,
        date=on,
    )


def _bill(session: Session, student_id: int, on: date, *items: ChargeItem) -> None:
    make.bill(session, student_id, *items, on=on)


def _pay(session: Session, shares: list[Share], tender: str, on: date) -> None:
    ledger.record_payment(
        session,
        actor=COMMAND_LINE,
        request_id=make.request_id(),
        shares=shares,
        tenders=[TenderPart(tender, sum(share.amount_minor for share in shares))],
        date=on,
    )
