"""What may be done to an account: what each deed asks for, whom it is offered, and what writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from school.approvals import service as approvals
from school.approvals.service import Asked
from school.ledger import service
from school.ledger.service import ChargeItem, Posted
from school.ui.student_account import Account
from school.ui.student_fields import IN_CREDIT

GONE = "Who has left takes no new charges."


@dataclass(frozen=True)
class Action:
    """`fields` name what is asked besides the amount; `fits` says for which accounts it is offered, and
    `unfit` what is said of the others.
    """

    label: str
    capability: str
    says: str
    fields: tuple[str, ...]
    post: Callable[..., Posted | Asked]
    fits: Callable[[Account], bool] = lambda _: True
    unfit: str = ""


def _charge(session: Any, *, account: str, amount_minor: int, due_date: Any, memo: str, **who: Any) -> Posted:
    item = ChargeItem(account, amount_minor, due_date, memo=memo or None)
    return service.charge(session, items=[item], **who)


def _transfer(session: Any, *, student_id: int, to: str, **what: Any) -> Posted:
    return service.transfer(session, from_student_id=student_id, to_student_id=int(to), **what)


def _reallocate(session: Any, *, charge: str, **what: Any) -> Posted:
    return service.reallocate(session, pays=int(charge), **what)


def _or_ask(kind: str) -> Callable[..., Posted | Asked]:
    """Recorded at once, or asked for where it is above the limit."""
    return partial(_record, kind=kind)


def _record(session: Any, *, kind: str, **what: Any) -> Posted | Asked:
    return approvals.record(session, kind, **what)


def _opening(session: Any, *, sign: str, amount_minor: int, due_date: Any, **what: Any) -> Posted:
    signed = -amount_minor if sign == IN_CREDIT else amount_minor
    return service.opening_balance(session, amount_minor=signed, due_date=due_date, **what)


def _enrolled(account: Account) -> bool:
    return account.student.status != "left"


def _owes(account: Account) -> bool:
    return account.balance > 0


def _in_credit(account: Account) -> bool:
    return account.balance < 0


ACTIONS: dict[str, Action] = {
    "charge": Action(
        "Charge",
        "charges.record",
        "A bill of one fee head. It is owed from its due date.",
        ("account", "due_date", "memo"),
        _charge,
        _enrolled,
        GONE,
    ),
    "late_fee": Action(
        "Late fee",
        "charges.record",
        "A fee for paying late.",
        ("due_date", "memo"),
        service.late_fee,
        _enrolled,
        GONE,
    ),
    "concession": Action(
        "Concession",
        "charges.record",
        "An amount forgiven by rule or decision, such as a bursary.",
        ("pays", "reason"),
        _or_ask("concession"),
    ),
    "credit_note": Action(
        "Credit note",
        "charges.record",
        "A charge taken back, wholly or in part, because it was wrong.",
        ("account", "pays", "reason"),
        _or_ask("credit_note"),
    ),
    "refund": Action(
        "Refund",
        "refunds.record",
        "Credit paid back to the family.",
        ("tender", "reason"),
        _or_ask("refund"),
        _in_credit,
        "There is no credit on this account to pay back.",
    ),
    "transfer": Action(
        "Transfer to a sibling",
        "transfers.record",
        "Credit moved to another student of the family account.",
        ("to", "reason"),
        _transfer,
        lambda account: _in_credit(account) and bool(account.siblings),
        "Credit moves to a sibling: here is none to move, or nobody to move it to.",
    ),
    "reallocate": Action(
        "Re-allocation",
        "transfers.record",
        "A receipt let pay another charge than the oldest. Nothing is owed more or less by it.",
        ("receipt", "charge", "reason"),
        _reallocate,
        lambda account: bool(account.open_charges) and account.has_receipts,
        "A receipt is let pay another charge: here is no receipt, or nothing that is open.",
    ),
    "write_off": Action(
        "Write-off",
        "write_offs.record",
        "A debt given up. It stays in the books as a bad debt.",
        ("pays", "reason"),
        _or_ask("write_off"),
        _owes,
        "Nothing is owed on this account that could be given up.",
    ),
    "opening_balance": Action(
        "Opening balance",
        "openings.record",
        "What was owed, or in credit, when these books began.",
        ("sign", "due_date"),
        _opening,
    ),
}
