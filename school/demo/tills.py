"""The last evenings at the till: counted by each cashier, signed by another, the cash taken to the bank.

The last count of all still waits for its signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from school.access.rules import COMMAND_LINE
from school.cashier import queries
from school.cashier.models import CashUp, CashUpCoin, CashUpSignature, CashUpTender, Deposit, DepositPart
from school.cashier.queries import Expected
from school.cashier.rules import CASH, denominations
from school.ledger.models import Entry
from school.ledger.service import lock_period
from school.students import queries as students

DAYS, EVENING = 7, time(17, 30)
BEFORE, BANK = "Counted and banked on paper", "Equity Bank, Kenyatta Avenue"
SHORT_EVERY, WHY = 4, "A coin short; the drawer was searched"

Cashier = tuple[int, str]


@dataclass
class Tills:
    """The numbers given so far, and where each till was counted to."""

    session: Session
    cashiers: Sequence[Cashier]
    values: Sequence[int]
    ended: dict[int, int]
    counts: int = 0
    deposits: int = 0

    def evening(self, at: datetime, day: date, *, last: bool) -> None:
        """Every till that moved is counted and signed; the cash of all goes to the bank."""
        through = self.session.scalar(select(func.max(Entry.id)).where(Entry.date <= day)) or 0
        made = {}
        for cashier in self.cashiers:
            after = self.ended[cashier[0]]
            expected = queries.expected(self.session, cashier[0], after=after, through=through)
            if expected and all(one.amount >= 0 for one in expected):
                cash = self._count(cashier, at, day, through, expected)
                if not (last and cashier == self.cashiers[-1]):
                    self._sign(cashier, at)
                    made[self.counts] = cash
        if sum(made.values()) > 0:
            self._bank(at, day, {number: cash for number, cash in made.items() if cash})

    def _count(
        self, cashier: Cashier, at: datetime, day: date, through: int, expected: Sequence[Expected]
    ) -> int:
        self.counts += 1
        cashier_id, name = cashier
        pieces = self._pieces(sum(one.amount for one in expected if one.account == CASH))
        cash = sum(value * number for value, number in pieces.items())
        counted = {one.account: cash if one.account == CASH else one.amount for one in expected}
        self._insert(
            CashUpTender,
            *(
                {"account": one.account, "expected": one.amount, "counted": counted[one.account]}
                for one in expected
            ),
        )
        self._insert(CashUpCoin, *({"value": value, "pieces": number} for value, number in pieces.items()))
        head = {
            "id": self.counts,
            "request_id": f"demo:cash-up:{self.counts:04}",
            "cashier_id": cashier_id,
            "cashier": name,
            "date": day,
            "after_entry": self.ended[cashier_id],
            "through_entry": through,
            "counted_at": at,
            "counted_by_id": cashier_id,
            "counted_by": name,
            "cash_float": 0,
            "reason": WHY if any(counted[one.account] != one.amount for one in expected) else None,
        }
        self.session.execute(insert(CashUp), [head])
        self.ended[cashier_id] = through
        return cash

    def _pieces(self, amount: int) -> dict[int, int]:
        """The fewest notes and coins; now and then one of the smallest is missing."""
        found = {}
        for value in self.values:
            number, amount = divmod(amount, value)
            if number:
                found[value] = number
        if found and self.counts % SHORT_EVERY == 0:
            found[min(found)] -= 1
        return {value: number for value, number in found.items() if number}

    def _sign(self, cashier: Cashier, at: datetime) -> None:
        other_id, other = next(one for one in self.cashiers if one != cashier)
        row = {
            "counted_by_id": cashier[0],
            "signed_by_id": other_id,
            "signed_by": other,
            "signed_at": at + timedelta(minutes=10),
        }
        self._insert(CashUpSignature, row)

    def _bank(self, at: datetime, day: date, parts: dict[int, int]) -> None:
        self.deposits += 1
        rows = [
            {"deposit_id": self.deposits, "cash_up_id": number, "account": CASH, "amount": cash}
            for number, cash in parts.items()
        ]
        self.session.execute(insert(DepositPart), rows)
        head = {
            "id": self.deposits,
            "request_id": f"demo:deposit:{self.deposits:04}",
            "account": CASH,
            "amount": sum(parts.values()),
            "date": day,
            "bank": BANK,
            "at": at + timedelta(minutes=20),
            "actor_id": self.cashiers[0][0],
            "actor": self.cashiers[0][1],
        }
        self.session.execute(insert(Deposit), [head])

    def _insert(
        self, model: type[CashUpTender | CashUpCoin | CashUpSignature], *rows: dict[str, Any]
    ) -> None:
        if rows:
            self.session.execute(insert(model), [{"cash_up_id": self.counts, **row} for row in rows])


def count(session: Session, cashiers: Sequence[Cashier], today: date) -> None:
    """The evenings before today; what came before them is closed and was never counted here."""
    first = today - timedelta(days=DAYS)
    lock_period(session, actor=COMMAND_LINE, through=first - timedelta(days=1), reason=BEFORE)
    school, begun = students.school(session), queries.beginning(session)
    tills = Tills(session, cashiers, denominations(school.currency), {one: begun for one, _ in cashiers})
    for day in (first + timedelta(days=n) for n in range(DAYS)):
        at = datetime.combine(day, EVENING, ZoneInfo(school.time_zone))
        tills.evening(at, day, last=day == today - timedelta(days=1))
