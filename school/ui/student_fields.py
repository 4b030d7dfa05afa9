"""The fields of the dialogs on a student's page: drawn alike in each, kept as a draft, read when recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from school.ui import drafts, forms, words
from school.ui.forms import TypedChoice, TypedDate, TypedText
from school.ui.payment_fact import charge_name
from school.ui.student_account import Account

OWES, IN_CREDIT = "owes", "is in credit"
AMOUNT, RECORD = "student.amount", "student.record"
OLDEST = ""  # of the charges, which is what a credit pays unless it is said
KEPT: dict[str, drafts.Kind] = {
    AMOUNT: "text",
    "student.memo": "text",
    "student.reason": "text",
    "student.due_date": "day",
    "student.account": "choice",
    "student.tender": "choice",
    "student.pays": "choice",
    "student.receipt": "choice",
    "student.charge": "choice",
    "student.to": "choice",
    "student.sign": "choice",
}

Keep = Callable[[], None]
Field = TypedText | TypedDate | TypedChoice


def read(field: str, typed: Field) -> Any:
    """What is recorded of it. Raises BadInput or BadDate with the field."""
    if isinstance(typed, TypedText):
        return typed.words()
    if isinstance(typed, TypedDate):
        return typed.day()
    code = typed.code()
    if field == "pays":
        return int(code) if code else None
    return code


def _fee_head(account: Account, keep: Keep) -> Field:
    heads = {a.code: a.name for a in account.accounts if a.type == "income"}
    return forms.choice_field("Fee head", heads, key="student.account", on_change=keep)


def _tender(account: Account, keep: Keep) -> Field:
    tenders = {a.code: a.name for a in account.accounts if a.type == "tender"}
    return forms.choice_field("Paid back by", tenders, key="student.tender", on_change=keep)


def _due_date(account: Account, keep: Keep) -> Field:
    return forms.date_field("Due", key="student.due_date", value=account.today, on_change=keep)


def _pays(account: Account, keep: Keep) -> Field:
    charges = {str(c.line_id): charge_name(c) for c in account.open_charges}
    options = {OLDEST: "The oldest due first", **charges}
    return forms.choice_field("Of which charge", options, key="student.pays", chosen=OLDEST, on_change=keep)


def _receipt(account: Account, keep: Keep) -> Field:
    receipts = {
        r.document: f"{r.document} of {words.date(r.date)}, {words.amount(r.amount, account.unit)}"
        for r in account.receipts
        if not r.reversed
    }
    asked = st.query_params.get("receipt", next(iter(receipts), None))
    return forms.choice_field("Receipt", receipts, key="student.receipt", chosen=asked, on_change=keep)


def _charge(account: Account, keep: Keep) -> Field:
    charges = {
        str(c.line_id): f"{charge_name(c)}, open {words.amount(c.open, account.unit)}"
        for c in account.open_charges
    }
    return forms.choice_field("Let it pay", charges, key="student.charge", on_change=keep)


def _to(account: Account, keep: Keep) -> Field:
    siblings = {str(one.student.id): one.student.name for one in account.siblings}
    only = next(iter(siblings), None)
    return forms.choice_field("To", siblings, key="student.to", chosen=only, on_change=keep)


def _sign(account: Account, keep: Keep) -> Field:
    signs = {OWES: OWES, IN_CREDIT: IN_CREDIT}
    return forms.choice_field(account.student.name, signs, key="student.sign", chosen=OWES, on_change=keep)


def _text(label: str, key: str, placeholder: str, keep: Keep) -> Field:
    return forms.text_field(label, key=key, placeholder=placeholder, live="1s", on_change=keep)


FIELDS: dict[str, Callable[[Account, Keep], Field]] = {
    "account": _fee_head,
    "tender": _tender,
    "due_date": _due_date,
    "pays": _pays,
    "receipt": _receipt,
    "charge": _charge,
    "to": _to,
    "sign": _sign,
    "memo": lambda _, keep: _text("What for (optional)", "student.memo", "School trip, 3 March", keep),
    "reason": lambda _, keep: _text("Reason", "student.reason", "It stays in the books", keep),
}
