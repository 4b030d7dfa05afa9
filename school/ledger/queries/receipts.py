"""Receipts as they were handed over: they follow from the entries up to the payment, so a reprint agrees."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Select, bindparam, exists, func, select
from sqlalchemy.orm import Session, aliased

from school.errors import NotFound
from school.ledger import wording
from school.ledger.models import Account, Entry, Line
from school.ledger.queries.allocation import balances, total
from school.ledger.queries.paid import PaidItem, paid_items
from school.students.models import SchoolClass, Student


@dataclass(frozen=True)
class ReceiptStudent:
    """`paid` is of this receipt; `balance_after` is the account right after it (+ owes)."""

    student_id: int
    admission_no: str
    name: str
    class_name: str
    paid: int
    balance_after: int


@dataclass(frozen=True)
class Receipt:
    """Amounts are minor units, positive. A tender is (code, name, amount).

    total = Σ tenders = Σ paid by students = Σ paid items + credit_kept.
    """

    entry_id: int
    series: str
    no: int
    document: str
    date: dt.date
    at: dt.datetime
    actor: str
    payer: str
    reference: str
    total: int
    tenders: tuple[tuple[str, str, int], ...]
    students: tuple[ReceiptStudent, ...]
    paid_items: tuple[PaidItem, ...]
    credit_kept: int
    reversed_by: int | None
    reversal_document: str | None
    reversal_reason: str | None
    reversal_date: dt.date | None
    hash: str
    request_id: str


@dataclass(frozen=True)
class ReceiptRow:
    """`students` and `tenders` are names joined by commas; `amount` is minor units, positive."""

    entry_id: int
    document: str
    date: dt.date
    at: dt.datetime
    actor: str
    payer: str
    students: str
    tenders: str
    amount: int
    reversed: bool


def receipt(session: Session, entry_id: int) -> Receipt:
    """The receipt of one payment. Raises NotFound when the entry is no payment."""
    found = _receipt(session, _OF_ENTRY, entry=entry_id)
    if found is None:
        raise NotFound("There is no receipt for this entry.")
    return found


def receipt_by_document(session: Session, number: str) -> Receipt:
    """The receipt with this printed number, such as R-000123. Raises NotFound."""
    parts = wording.document_parts(number)
    found = parts and _receipt(session, _OF_DOCUMENT, series=parts[0], no=parts[1])
    if not found:
        raise NotFound(f"There is no receipt {number.strip()[:40]}.")
    return found


def receipt_of_request(session: Session, request_id: str) -> Receipt | None:
    """The receipt a form has already brought about, or None: how an interrupted page finds its payment."""
    return _receipt(session, _OF_REQUEST, request=request_id)


def same_payment(
    session: Session, *, request_id: str, student_id: int, amount: int, since: dt.datetime
) -> str | None:
    """The number of the last payment of this amount for this student since, unless it was reversed.

    None when this request is recorded itself: then it is answered with its own receipt.
    """
    later, own = aliased(Entry), aliased(Entry)
    query = (
        select(Entry.series, Entry.no)
        .where(Entry.kind == "payment", Entry.total == -amount, Entry.at > since)
        .where(Entry.id.in_(select(Line.entry_id).where(Line.student_id == student_id)))
        .where(~exists().where(later.reverses == Entry.id), ~exists().where(own.request_id == request_id))
        .order_by(Entry.id.desc())
    )
    found = session.execute(query).first()
    return found and wording.document(found.series, found.no)


def recent_receipts(
    session: Session,
    *,
    actor_id: int | None = None,
    day: dt.date | None = None,
    student_id: int | None = None,
    limit: int = 10,
) -> list[ReceiptRow]:
    """The last receipts recorded, newest first: of one cashier, one accounting date, one student, or all."""
    query = _recent(actor_id is not None, day is not None, student_id is not None)
    asked = {"actor": actor_id, "day": day, "student": student_id, "limit": limit}
    entries: Sequence[Any] = session.execute(query, asked).all()
    students, tenders = names_of_lines(session, [e.id for e in entries])
    return [
        ReceiptRow(
            entry_id=e.id,
            document=wording.document(e.series, e.no),
            date=e.date,
            at=e.at,
            actor=e.actor,
            payer=e.payer or "",
            students=wording.together(students[e.id]),
            tenders=wording.together(tenders[e.id]),
            amount=-e.total,
            reversed=e.reversed_by is not None,
        )
        for e in entries
    ]


@lru_cache  # on the first page of every cashier; building a statement takes longer than reading it
def _recent(of_actor: bool, of_day: bool, of_student: bool) -> Select[*tuple[Any, ...]]:
    later = aliased(Entry)
    query: Select[*tuple[Any, ...]] = (
        select(
            Entry.id,
            Entry.series,
            Entry.no,
            Entry.date,
            Entry.at,
            Entry.actor,
            Entry.payer,
            Entry.total,
            later.id.label("reversed_by"),
        )
        .outerjoin(later, later.reverses == Entry.id)
        .where(Entry.kind == "payment")
        .order_by(Entry.id.desc())
        .limit(bindparam("limit", type_=Integer))
    )
    if of_actor:
        query = query.where(Entry.actor_id == bindparam("actor"))
    if of_day:
        query = query.where(Entry.date == bindparam("day"))
    if of_student:
        lines = select(Line.entry_id).where(Line.student_id == bindparam("student"))
        query = query.where(Entry.id.in_(lines))
    return query


def names_of_lines(
    session: Session, entry_ids: Collection[int]
) -> tuple[defaultdict[int, list[str]], defaultdict[int, list[str]]]:
    """Student names and account names of each entry, in the order of its lines."""
    students: defaultdict[int, list[str]] = defaultdict(list)
    accounts: defaultdict[int, list[str]] = defaultdict(list)
    for entry_id, student, account in session.execute(_names(), {"ids": list(entry_ids)}):
        students[entry_id].append(student)
        accounts[entry_id].append(account)
    return students, accounts


@lru_cache
def _names() -> Select[int, str, str]:
    return (
        select(Line.entry_id, Student.name, Account.name)
        .join(Student, Student.id == Line.student_id)
        .join(Account, Account.code == Line.account)
        .where(Line.entry_id.in_(bindparam("ids", expanding=True)))
        .order_by(Line.entry_id, Line.n)
    )


# A receipt is looked for at every run of the payments page: its statements are built once.
_ENTRY = select(*Entry.__table__.c)
_PAYMENT = _ENTRY.where(Entry.kind == "payment")
_OF_ENTRY = _PAYMENT.where(Entry.id == bindparam("entry"))
_OF_DOCUMENT = _PAYMENT.where(Entry.series == bindparam("series"), Entry.no == bindparam("no"))
_OF_REQUEST = _PAYMENT.where(Entry.request_id == bindparam("request"))
_REVERSAL = _ENTRY.where(Entry.reverses == bindparam("entry"))
_TENDERS = (
    select(Account.code, Account.name, -total(Line.amount))
    .join(Account, Account.code == Line.account)
    .where(Line.entry_id == bindparam("entry"))
    .group_by(Account.code, Account.name)
    .order_by(func.min(Line.n))
)
_STUDENTS = (
    select(
        Student.id,
        Student.admission_no,
        Student.name,
        func.coalesce(func.max(SchoolClass.name), ""),
        -total(Line.amount),
    )
    .join(Student, Student.id == Line.student_id)
    .outerjoin(SchoolClass, SchoolClass.id == Line.class_id)
    .where(Line.entry_id == bindparam("entry"))
    .group_by(Student.id, Student.admission_no, Student.name)
    .order_by(func.min(Line.n))
)
_AFTER = balances(through_entry=bindparam("entry"), students=bindparam("students", expanding=True))


def _receipt(session: Session, query: Select[*tuple[Any, ...]], **asked: Any) -> Receipt | None:
    entry: Any = session.execute(query, asked).one_or_none()
    if entry is None:
        return None
    reversal: Any = session.execute(_REVERSAL, {"entry": entry.id}).one_or_none()
    students = _students(session, entry.id)
    items = paid_items(session, entry.id, {s.student_id: s.admission_no for s in students})
    return Receipt(
        entry_id=entry.id,
        series=entry.series,
        no=entry.no,
        document=wording.document(entry.series, entry.no),
        date=entry.date,
        at=entry.at,
        actor=entry.actor,
        payer=entry.payer or "",
        reference=entry.reference or "",
        total=-entry.total,
        tenders=_tenders(session, entry.id),
        students=students,
        paid_items=items,
        credit_kept=-entry.total - sum(item.amount for item in items),
        reversed_by=reversal.id if reversal else None,
        reversal_document=wording.document_or_none(reversal.series, reversal.no)
        if reversal and reversal.series
        else None,
        reversal_reason=reversal.reason if reversal else None,
        reversal_date=reversal.date if reversal else None,
        hash=entry.hash,
        request_id=entry.request_id,
    )


def _tenders(session: Session, entry_id: int) -> tuple[tuple[str, str, int], ...]:
    rows = session.execute(_TENDERS, {"entry": entry_id})
    return tuple((code, name, amount) for code, name, amount in rows)


def _students(session: Session, entry_id: int) -> tuple[ReceiptStudent, ...]:
    rows = session.execute(_STUDENTS, {"entry": entry_id}).all()
    then: Any = session.execute(_AFTER, {"entry": entry_id, "students": [row[0] for row in rows]})
    after = {row.student_id: row.balance for row in then}
    return tuple(ReceiptStudent(*row, balance_after=after[row[0]]) for row in rows)
