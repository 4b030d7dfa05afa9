"""One account as the student page shows it: read in one moment, drawn view by view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import streamlit as st
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.approvals import queries as approvals
from school.approvals.queries import ApprovalFacts
from school.ledger import queries as ledger
from school.ledger.limits import POLICIES as LIMITS
from school.ledger.queries import AccountFacts, Credit, OpenCharge, ReceiptRow
from school.ledger.wording import KIND_NAMES
from school.money import Currency
from school.students import policies
from school.students import queries as students
from school.students.queries import GuardianFacts, SchoolFacts, StudentFacts
from school.ui import links, tables, words
from school.ui.payment_fact import charge_name

RECEIPTS_MAX = 50  # of so many one is chosen
CARD = 220  # pixels: a balance in words and figures is never cut short


@dataclass(frozen=True)
class Sibling:
    """`balance` in minor units, + owes."""

    student: StudentFacts
    balance: int


@dataclass(frozen=True)
class Account:
    """`balance` is minor units, + owes; `open_charges` oldest due first; `waiting` is what another person is
    to decide. What only a dialog needs is there if asked: `accounts` in use, `receipts`, `credit`, `limits`.
    """

    school: SchoolFacts
    today: date
    student: StudentFacts
    guardians: tuple[GuardianFacts, ...]
    siblings: tuple[Sibling, ...]
    balance: int
    open_charges: tuple[OpenCharge, ...]
    waiting: tuple[ApprovalFacts, ...]
    has_receipts: bool
    accounts: tuple[AccountFacts, ...] = ()
    receipts: tuple[ReceiptRow, ...] = ()
    credit: Credit | None = None
    limits: Mapping[str, int | None] = field(default_factory=dict)

    @property
    def unit(self) -> Currency:
        return self.school.currency

    @property
    def figures(self) -> dict[str, int]:
        """What is open by its due date; what is nothing is left out."""
        days = {"Overdue": 0, "Due today": 0, "Not yet due": 0}
        for charge in self.open_charges:
            late = charge.days_overdue
            days["Overdue" if late > 0 else "Not yet due" if late < 0 else "Due today"] += charge.open
        return {word: amount for word, amount in days.items() if amount}


def read(session: Session, student_id: int, *, chart: bool = False) -> Account:
    """`chart` says whether a dialog needs more than the page. Raises NotFound."""
    student = students.student(session, student_id)
    siblings = students.siblings(session, student_id)
    school = students.school(session)
    account = Account(
        school=school,
        today=clock.today(school.time_zone),
        student=student,
        guardians=tuple(students.guardians(session, student_id)),
        siblings=tuple(Sibling(one, ledger.balance(session, one.id)) for one in siblings),
        balance=ledger.balance(session, student_id),
        open_charges=tuple(ledger.open_charges(session, student_id)),
        waiting=tuple(approvals.waiting(session, student_id=student_id)),
        has_receipts=bool(ledger.recent_receipts(session, student_id=student_id, limit=1)),
    )
    if not chart:
        return account
    return replace(
        account,
        accounts=tuple(a for a in ledger.accounts(session) if a.active),
        receipts=tuple(ledger.recent_receipts(session, student_id=student_id, limit=RECEIPTS_MAX)),
        credit=ledger.refundable(session, student_id),
        limits=policies.policies(session),
    )


def bounds(account: Account, deed: str) -> list[str]:
    """How much a deed may be of, and above which amount another person decides."""
    said = []
    if account.credit and deed in ("refund", "transfer"):
        most = words.amount(account.credit.refundable, account.unit)
        kept = account.credit.credit - account.credit.refundable
        said.append(f"At most {most}.")
        if kept:
            said.append(f"{words.amount(kept, account.unit)} of the credit is not refundable.")
    limit = account.limits.get(LIMITS.get(deed, ""))
    if limit is not None:
        said.append(f"Above {words.amount(limit, account.unit)} another person decides.")
    return said


def waiting(account: Account, actor: Actor) -> None:
    """What was asked for and nobody has decided."""
    for one in account.waiting:
        what = f"{KIND_NAMES[one.kind]} of {words.amount(one.amount, account.unit)}"
        st.info(
            f"{what} waits for another person: “{words.plain(one.reason)}”, "
            f"asked by {words.plain(one.asked_by)} {words.ago(one.asked_at)}.",
            icon=":material/hourglass_top:",
        )
    if account.waiting and actor.can("approvals.decide"):
        st.page_link(links.APPROVALS, label="Approvals", icon=":material/rule:")


def head(account: Account) -> None:
    """Who it is, and what the account stands at, large and in words."""
    student, unit = account.student, account.unit
    st.title(words.plain(student.name), anchor=False)
    about = [student.admission_no, student.class_name or links.NO_CLASS]
    about += [f"{g.name} {g.phone}".strip() for g in account.guardians[:2]]
    st.caption(" · ".join(words.plain(part) for part in about))
    if student.status == "left":
        left = f" on {words.date(student.left_on)}" if student.left_on else ""
        st.badge(f"Left the school{left}; takes no new charges", icon=":material/logout:", color="orange")
    with st.grid(max(2, 1 + len(account.figures)), gap="small", min_column_width=CARD):
        st.metric("Balance", words.owes_in_colour(account.balance, unit), border=True)
        for word, amount in account.figures.items():
            st.metric(word, words.amount(amount, unit), border=True)


def open_charges(account: Account) -> None:
    """What is open of each charge, oldest due first: the order in which a payment settles them."""
    rows, unit = account.open_charges, account.unit
    if not rows:
        st.caption("Nothing is open on this account.")
        return
    columns = {
        "Charge": [charge_name(c) for c in rows],
        "Due": [words.date(c.due_date) for c in rows],
        "Charged": [words.amount(c.amount, unit) for c in rows],
        "Open": [words.amount(c.open, unit) for c in rows],
        "Age": [_age(c.days_overdue) for c in rows],
    }
    goals = [(links.ENTRY, links.entry(c.entry_id)) for c in rows]
    alt = "Open charges, oldest due first"
    tables.rows(columns, goals, opens="Charge", amounts=("Charged", "Open"), key="student.charges", alt=alt)


def _age(days_overdue: int) -> str:
    if days_overdue > 0:
        return f"{days_overdue} day{'s' if days_overdue > 1 else ''} overdue"
    if days_overdue == 0:
        return "due today"
    return f"due in {-days_overdue} day{'s' if days_overdue < -1 else ''}"


def family(account: Account) -> None:
    """The other students of the family account, and who answers for them."""
    unit = account.unit
    if account.siblings:
        total = account.balance + sum(sibling.balance for sibling in account.siblings)
        st.markdown(f"The family account in all: {words.owes_in_colour(total, unit)}.")
        everyone = [Sibling(account.student, account.balance), *account.siblings]
        columns = {
            "Student": [one.student.name for one in everyone],
            "Number": [one.student.admission_no for one in everyone],
            "Class": [one.student.class_name or links.NO_CLASS for one in everyone],
            "Balance": [words.owes(one.balance, unit) for one in everyone],
        }
        goals = [(links.STUDENT, links.student(one.student.id)) for one in everyone]
        alt = "The students of this family account"
        tables.rows(columns, goals, opens="Student", amounts=("Balance",), key="student.family", alt=alt)
    else:
        st.caption("No other student is in this family account.")
    address = links.family(account.student.family_id)
    st.page_link(
        links.FAMILY, label="Family account", icon=":material/family_restroom:", query_params=address
    )
    guardians(account.guardians)


def guardians(rows: Sequence[GuardianFacts], *, key: str = "student.guardians") -> None:
    if not rows:
        st.caption("No guardian is known. An administrator can add one in the student's details.")
        return
    columns = {
        "Guardian": [g.name for g in rows],
        "Phone": [g.phone for g in rows],
        "E-mail": [g.email for g in rows],
    }
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    tables.plain(kept, key=key, alt="Guardians, the one written to first at the top")
