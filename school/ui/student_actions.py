"""What may be done to an account, each in a dialog of its own: one form, one fact, one request id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from school.access.rules import Actor
from school.db import writing
from school.ledger import service
from school.ledger.service import ChargeItem, Posted
from school.students.service import change_student
from school.ui import feedback, forms, links, once, words
from school.ui.payment_draft import charge_name
from school.ui.student_account import Account

DO, TICKET = "do", "action"
OWES, IN_CREDIT = "owes", "is in credit"


@dataclass(frozen=True)
class Action:
    """`fields` name what is asked besides the amount; `fits` says for which accounts it is offered."""

    label: str
    capability: str
    says: str
    fields: tuple[str, ...]
    post: Callable[..., Posted]
    fits: Callable[[Account], bool] = lambda _: True


def _charge(session: Any, *, account: str, amount_minor: int, due_date: Any, memo: str, **who: Any) -> Posted:
    item = ChargeItem(account, amount_minor, due_date, memo=memo or None)
    return service.charge(session, items=[item], **who)


def _transfer(session: Any, *, student_id: int, to: str, **what: Any) -> Posted:
    return service.transfer(session, from_student_id=student_id, to_student_id=int(to), **what)


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
        ("income", "due_date", "memo"),
        _charge,
        _enrolled,
    ),
    "late_fee": Action(
        "Late fee",
        "charges.record",
        "A fee for paying late.",
        ("due_date", "memo"),
        service.late_fee,
        _enrolled,
    ),
    "concession": Action(
        "Concession",
        "charges.record",
        "An amount forgiven by rule or decision, such as a bursary.",
        ("pays", "reason"),
        service.concession,
    ),
    "credit_note": Action(
        "Credit note",
        "charges.record",
        "A charge taken back, wholly or in part, because it was wrong.",
        ("income", "pays", "reason"),
        service.credit_note,
    ),
    "refund": Action(
        "Refund",
        "refunds.record",
        "Credit paid back to the family.",
        ("tender", "reason"),
        service.refund,
        _in_credit,
    ),
    "transfer": Action(
        "Transfer to a sibling",
        "transfers.record",
        "Credit moved to another student of the family account.",
        ("to", "reason"),
        _transfer,
        lambda account: _in_credit(account) and bool(account.siblings),
    ),
    "write_off": Action(
        "Write-off",
        "write_offs.record",
        "A debt given up. It stays in the books as a bad debt.",
        ("pays", "reason"),
        service.write_off,
        _owes,
    ),
    "opening_balance": Action(
        "Opening balance",
        "openings.record",
        "What was owed, or in credit, when these books began.",
        ("sign", "due_date"),
        _opening,
    ),
}


def asked() -> bool:
    """True when the address names a dialog."""
    return DO in st.query_params


def offer(account: Account, actor: Actor) -> None:
    """The payment first, the rest in a menu; the dialog that the address names is open."""
    may = {name: a for name, a in ACTIONS.items() if actor.can(a.capability) and a.fits(account)}
    with st.container(horizontal=True):
        if actor.can("payments.record"):
            pay = st.button("Take a payment", type="primary", icon=":material/payments:", key="student.pay")
            if pay:
                st.switch_page(links.PAYMENTS, query_params=links.payment(account.student.id))
        if may:
            st.menu_button(
                "More",
                list(may),
                format_func=lambda name: ACTIONS[name].label,
                key="student.more",
                on_click=_open,
            )
    name = st.query_params.get(DO)
    if name in may:
        title = f"{may[name].label} for {words.plain(account.student.name)}"
        st.dialog(title, on_dismiss=close)(_draw)(name, account, actor)


def _open() -> None:
    name = st.session_state["student.more"]
    once.done(TICKET)
    st.query_params[DO] = name


def close() -> None:
    """The address no longer names a dialog; the next one is a new form."""
    once.done(TICKET)
    st.query_params.pop(DO, None)


def _draw(name: str, account: Account, actor: Actor) -> None:
    action, request_id = ACTIONS[name], once.ticket(TICKET)
    st.caption(action.says)
    feedback.problem("student")
    with st.form("student.form", border=False):
        amount = forms.amount_field("Amount", key="student.amount", unit=account.unit)
        typed = {field: FIELDS[field](account) for field in action.fields}
        pressed = st.form_submit_button(
            f"Record {action.label.lower()}", type="primary", key="student.record", width="stretch"
        )
    if not pressed:
        return
    with feedback.refusals("student"):
        minor = amount.minor()
        what = {"account" if field == "income" else field: read() for field, read in typed.items()}
        with once.holding(request_id), writing() as session:
            who = {"actor": actor, "request_id": request_id, "student_id": account.student.id}
            action.post(session, amount_minor=minor, **who, **what)
    close()
    unit = account.unit
    feedback.say("success", f"{action.label} of {unit.code} {words.amount(minor, unit)} is recorded.")
    st.rerun()


Read = Callable[[], Any]


def _choice(label: str, options: Mapping[str, str], *, key: str, chosen: str | None = None) -> Read:
    return forms.choice_field(label, options, key=key, chosen=chosen).code


def _income(account: Account) -> Read:
    heads = {a.code: a.name for a in account.accounts if a.type == "income"}
    return _choice("Fee head", heads, key="student.account")


def _tender(account: Account) -> Read:
    tenders = {a.code: a.name for a in account.accounts if a.type == "tender"}
    return _choice("Paid back by", tenders, key="student.tender")


def _due_date(account: Account) -> Read:
    return forms.date_field("Due", key="student.due_date", value=account.today).day


def _pays(account: Account) -> Read:
    charges = {str(c.line_id): charge_name(c) for c in account.open_charges}
    options = {"": "The oldest due first", **charges}
    read = _choice("Of which charge", options, key="student.pays", chosen="")
    return lambda: int(chosen) if (chosen := read()) else None


def _to(account: Account) -> Read:
    siblings = {str(one.student.id): one.student.name for one in account.siblings}
    only = next(iter(siblings), None)
    return _choice("To", siblings, key="student.to", chosen=only)


def _sign(account: Account) -> Read:
    return _choice(account.student.name, {OWES: OWES, IN_CREDIT: IN_CREDIT}, key="student.sign", chosen=OWES)


def _text(label: str, key: str, placeholder: str = "") -> Read:
    typed = st.text_input(label, key=key, placeholder=placeholder, autocomplete="off")
    feedback.problem(key)
    return lambda: typed or ""


FIELDS: dict[str, Callable[[Account], Read]] = {
    "income": _income,
    "tender": _tender,
    "due_date": _due_date,
    "pays": _pays,
    "to": _to,
    "sign": _sign,
    "memo": lambda _: _text("What for (optional)", "student.memo", "School trip, 3 March"),
    "reason": lambda _: _text("Reason", "student.reason", "It stays in the books"),
}


def notes(account: Account, actor: Actor) -> None:
    """What the office wants to remember of this student; whoever may change students writes it."""
    student = account.student
    if not actor.can("students.write"):
        st.markdown(words.plain(student.notes) if student.notes else "Nothing is noted.")
        return
    with st.form("student.notes_form", border=False):
        text = st.text_area("Notes", student.notes, key=f"student.notes.{student.id}", height=160)
        feedback.problem("student.notes")
        pressed = st.form_submit_button("Keep the notes", key="student.keep_notes")
    if pressed:
        with feedback.refusals("student"), writing() as session:
            change_student(session, actor=actor, student_id=student.id, notes=text)
        feedback.say("success", "The notes are kept.")
        st.rerun()
