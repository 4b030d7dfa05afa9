"""What was billed and what came in: by term from `class_total`, by date from `day_total`.

Amounts are minor units and carry their sign in their name. A term's figures are of the lines posted to that
term, in the class as at posting; dates are accounting dates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sqlalchemy import FromClause, Select, String, bindparam, cast, func, select
from sqlalchemy.orm import Session

from school.errors import NotFound
from school.ledger.models import STUDENTS_CONTROL, Account, Entry, Line
from school.ledger.projections import ClassTotal, DayTotal
from school.ledger.queries.allocation import total, up_to_date
from school.students.queries import TermFacts, terms, today, years


@dataclass(frozen=True)
class MonthRow:
    """A month by its first day, beside the same month a year before."""

    month: date
    billed: int
    collected: int
    billed_last_year: int
    collected_last_year: int


@dataclass(frozen=True)
class AccountTotal:
    """What an account moved, in minor units; `account` is its code, the key to `ledger.queries.entries`."""

    account: str
    name: str
    amount: int


@dataclass(frozen=True)
class Posted:
    """What was posted to a term on one account; + is on the student's side, who owes more."""

    account: str
    name: str
    type: str
    amount: int


def months(session: Session, *, as_at: date | None = None) -> list[MonthRow]:
    """Twelve months from the start of the school year, each beside the same month a year before."""
    day = as_at or today(session)
    begins = _year_begins(session, day)
    firsts = [_month_after(begins, n) for n in range(12)]
    sums = _month_sums(session, _month_after(firsts[0], -12), day)
    return [
        MonthRow(
            month=first,
            billed=sums.get((first, "income"), 0),
            collected=-sums.get((first, "tender"), 0),
            billed_last_year=sums.get((_month_after(first, -12), "income"), 0),
            collected_last_year=-sums.get((_month_after(first, -12), "tender"), 0),
        )
        for first in firsts
    ]


def trial_balance(session: Session, *, as_at: date | None = None) -> list[AccountTotal]:
    """Every account that moved through `as_at`, and the students' control account: debits +, the sum is 0."""
    query = select(Account.code, Account.name, -total(DayTotal.amount)).join(
        Account, Account.code == DayTotal.account
    )
    if as_at is not None:
        query = query.where(DayTotal.date <= as_at)
    rows = session.execute(query.group_by(Account.code, Account.name).order_by(Account.code))
    accounts = [AccountTotal(*row) for row in rows]
    owed = -sum(account.amount for account in accounts)
    return [
        AccountTotal(STUDENTS_CONTROL, "Students", owed),
        *(account for account in accounts if account.amount),
    ]


def by_tender(
    session: Session, *, as_at: date | None = None, term_id: int | None = None
) -> list[AccountTotal]:
    """Collected in the term, by tender; their sum is `figures.collected`."""
    return of_type(by_account(session, as_at=as_at, term_id=term_id), "tender")


def by_fee_head(
    session: Session, *, as_at: date | None = None, term_id: int | None = None
) -> list[AccountTotal]:
    """Billed for the term, by income account; their sum is `figures.billed`."""
    return of_type(by_account(session, as_at=as_at, term_id=term_id), "income")


def takings(session: Session, *, since: date, until: date) -> list[AccountTotal]:
    """Collected by tender from `since` to `until`, inclusive accounting dates."""
    return [AccountTotal(*row) for row in session.execute(_takings(), {"since": since, "until": until})]


@lru_cache
def _takings() -> Select[str, str, int]:
    return (
        select(Account.code, Account.name, -total(DayTotal.amount))
        .join(Account, Account.code == DayTotal.account)
        .where(DayTotal.date.between(bindparam("since"), bindparam("until")), Account.type == "tender")
        .group_by(Account.code, Account.name, Account.position)
        .order_by(Account.position, Account.code)
    )


def term_of(session: Session, day: date, term_id: int | None) -> TermFacts | None:
    """The named term, or the last one begun by `day`. Raises NotFound for a name that is none."""
    known = terms(session)
    if term_id is None:
        begun = [term for term in known if term.starts_on <= day]
        return begun[-1] if begun else None
    for term in known:
        if term.id == term_id:
            return term
    raise NotFound("There is no such term.")


def term_id_of(session: Session, as_at: date | None, term_id: int | None) -> int | None:
    """The id that was named, or that of the last term begun; nothing was posted to an id that is none."""
    if term_id is not None:
        return term_id
    term = term_of(session, as_at or today(session), None)
    return term.id if term else None


def posted_to_term(now: bool) -> FromClause:
    """Columns class_id (0 for none), account, amount: what was posted to `:term`, now or through `:as_at`."""
    if now:
        return (
            select(ClassTotal.class_id, ClassTotal.account, ClassTotal.amount)
            .where(ClassTotal.term_id == bindparam("term"))
            .subquery()
        )
    return (
        select(
            func.coalesce(Line.class_id, 0).label("class_id"),
            Line.account,
            total(Line.amount).label("amount"),
        )
        .join(Entry, Entry.id == Line.entry_id)
        .where(Line.term_id == bindparam("term"), Entry.date <= bindparam("as_at"))
        .group_by(Line.class_id, Line.account)
        .subquery()
    )


def by_account(session: Session, *, as_at: date | None = None, term_id: int | None = None) -> list[Posted]:
    """What was posted to the term, account by account in the school's order."""
    posted_term = term_id_of(session, as_at, term_id)
    if posted_term is None:
        return []
    asked = {"term": posted_term, "as_at": as_at}
    rows = session.execute(_account_totals(up_to_date(session, as_at)), asked)
    return [Posted(*row) for row in rows]


def of_type(posted: Iterable[Posted], type_: str) -> list[AccountTotal]:
    """Those of this type; of tenders what they gained."""
    sign = -1 if type_ == "tender" else 1
    return [AccountTotal(one.account, one.name, sign * one.amount) for one in posted if one.type == type_]


@lru_cache  # a statement built once is read four times as fast as one built anew
def _account_totals(now: bool) -> Select[str, str, str, int]:
    """Summed by account first: what is joined and put in order are a few rows."""
    posted = posted_to_term(now)
    sums = (
        select(posted.c.account, total(posted.c.amount).label("amount")).group_by(posted.c.account).subquery()
    )
    return (
        select(Account.code, Account.name, Account.type, sums.c.amount)
        .join(sums, sums.c.account == Account.code)
        .order_by(Account.position, Account.code)
    )


def _month_sums(session: Session, since: date, until: date) -> dict[tuple[date, str], int]:
    rows = session.execute(_month_totals(), {"since": since, "until": until})
    return {(date.fromisoformat(f"{month}-01"), type_): amount for month, type_, amount in rows}


@lru_cache
def _month_totals() -> Select[str, str, int]:
    month = func.substr(cast(DayTotal.date, String), 1, 7)  # 2026-11 on both engines
    return (
        select(month, Account.type, total(DayTotal.amount))
        .join(Account, Account.code == DayTotal.account)
        .where(DayTotal.date.between(bindparam("since"), bindparam("until")))
        .where(Account.type.in_(("income", "tender")))
        .group_by(month, Account.type)
    )


def _year_begins(session: Session, day: date) -> date:
    """The first of the month the school year of `day` begins in; `day` is in the twelve months from it."""
    begun = [year.starts_on for year in years(session) if year.starts_on <= day]
    twelfth = _month_after(day, -11)
    return max(_month_after(begun[-1], 0), twelfth) if begun else twelfth


def _month_after(day: date, months: int) -> date:
    """The first of the month so many months after the month of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)
