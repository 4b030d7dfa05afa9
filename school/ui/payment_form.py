"""The fields of the payment form, and the fact that stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import streamlit as st

from school import clock
from school.errors import BadAmount, BadInput
from school.ledger.queries import Receipt, ReceiptRow
from school.money import Currency
from school.ui import feedback, forms, keyboard, words
from school.ui.forms import TypedAmount, TypedChoice
from school.ui.payment_desk import Desk, Member
from school.ui.payment_draft import Typed, charge_name, draft
from school.ui.payment_search import AMOUNT, RECORD, REFERENCE, SPLIT, TENDER, named

FAMILY, TENDERS, CHARGE = SPLIT, "payments.two_tenders", "payments.for_one_charge"
SAME_AGAIN_MINUTES = 10  # a payment repeated sooner is more often a mistake than a second payment


def fields(desk: Desk) -> Typed:
    """The fields with their refusals, and what stands in them."""
    unit, tenders = desk.school.currency, {a.code: a.name for a in desk.tenders}
    left, right = st.columns(2)
    with left:
        amount = forms.amount_field("Amount received", key=AMOUNT, unit=unit, live=True)
    with right:
        day = forms.date_field(
            "Received on", key="payments.date", value=desk.today, most=desk.today, on_change="ignore"
        )
    _fill(desk)
    tender = _tender(
        "How it came",
        tenders,
        key=TENDER,
        on_change=keyboard.lead,
        args=(REFERENCE,),
        persist_state="session",  # the next family in the queue most often pays the same way
    )
    left, right = st.columns(2)
    with left:
        reference = _text("Reference", REFERENCE, "Cheque or transaction")
    with right:
        payer = _text("Paid by", "payments.payer", _payer(desk))
    more = _more(desk)
    second, shares, pays = None, {}, None
    if TENDERS in more:
        second = _second(tenders, desk)
    if FAMILY in more:
        shares = _shares(desk)
    if CHARGE in more:
        pays = _pays(desk.family[0])
    again = _again(desk, amount)
    return Typed(amount, tender, day, reference, payer or _payer(desk), again, second, shares, pays)


def _text(label: str, key: str, placeholder: str) -> str:
    typed = st.text_input(label, key=key, placeholder=placeholder, on_change="ignore", autocomplete="off")
    feedback.problem(key)
    return (typed or "").strip()


def _payer(desk: Desk) -> str:
    return desk.guardians[0].name if desk.guardians else ""


def _fill(desk: Desk) -> None:
    """What a family most often pays, one click away."""
    unit = desk.school.currency
    due = sum(c.open for c in desk.family[0].open_charges if c.days_overdue >= 0)
    choices = {"What is due": due, "The whole balance": desk.family[0].balance}
    shown = {label: minor for label, minor in choices.items() if minor > 0}
    if shown.get("What is due") == shown.get("The whole balance"):
        shown.pop("What is due", None)
    with st.container(horizontal=True, gap="small"):
        for label, minor in shown.items():
            text = words.amount(minor, unit)
            key = f"payments.fill.{label.split()[-1]}"
            st.button(f"{label} {text}", key=key, on_click=_set_amount, args=(text,))


def _set_amount(text: str) -> None:
    st.session_state[AMOUNT] = text
    keyboard.lead(REFERENCE if st.session_state.get(TENDER) else TENDER)


def _tender(label: str, tenders: Mapping[str, str], *, key: str, **how: Any) -> TypedChoice:
    value = st.radio(
        label,
        list(tenders),
        index=None,
        format_func=lambda code: words.plain(tenders.get(code, "")),
        horizontal=True,
        key=key,
        **how,
    )
    feedback.problem(key)
    return TypedChoice(value, tenders, key)


def _more(desk: Desk) -> set[str]:
    """The keys of the rarer kinds of payment that this one is."""
    labels = {
        FAMILY: "Split over the family" if len(desk.family) > 1 else "",
        TENDERS: "Two tenders" if len(desk.tenders) > 1 else "",
        CHARGE: "For one charge" if desk.family[0].open_charges else "",
    }
    with st.container(horizontal=True):
        return {key for key, label in labels.items() if label and st.checkbox(label, key=key)}


def _second(tenders: Mapping[str, str], desk: Desk) -> tuple[TypedChoice, TypedAmount]:
    left, right = st.columns([3, 2])
    with left:
        tender = _tender("The other part came by", tenders, key="payments.tender_2")
    with right:
        amount = forms.amount_field("Of which", key="payments.amount_2", unit=desk.school.currency, live=True)
    return tender, amount


def _shares(desk: Desk) -> dict[int, TypedAmount]:
    """A part for each child; what is left empty is filled by what each owes, the chosen student first."""
    found = {}
    for member in desk.family:
        key = f"payments.share.{member.student.id}"
        label = f"{named(member.student)} · {words.owes(member.balance, desk.school.currency)}"
        found[member.student.id] = forms.amount_field(
            label, key=key, unit=desk.school.currency, live=True, placeholder="by what is owed"
        )
    return found


def _pays(member: Member) -> int | None:
    charges = {c.line_id: c for c in member.open_charges}
    line_id = st.selectbox(
        f"Charge of {member.student.name}",
        list(charges),
        format_func=lambda line: f"{charge_name(charges[line])} · due {words.date(charges[line].due_date)}",
        key="payments.pays",
    )
    feedback.problem("payments.pays")
    return line_id if line_id in charges else None


def _again(desk: Desk, amount: TypedAmount) -> bool:
    same = _same(desk, amount)
    if same is None:
        return False
    st.warning(
        f"{same.document} took {words.amount(same.amount, amount.unit)} for {words.plain(same.students)} "
        f"at {words.moment(same.at, desk.school.time_zone)}. Is this another payment?",
        icon=":material/content_copy:",
    )
    again = st.checkbox("Yes, it is another payment", key="payments.again")
    feedback.problem("payments.again")
    return again is True


def _same(desk: Desk, amount: TypedAmount) -> ReceiptRow | None:
    try:
        minor = amount.minor()
    except BadAmount:
        return None
    since = clock.now() - timedelta(minutes=SAME_AGAIN_MINUTES)
    return next((r for r in desk.lately if r.amount == minor and r.at > since and not r.reversed), None)


def fact(desk: Desk, typed: Typed) -> dict[str, Any]:
    """What the form would record, for `record_payment`. Raises BadInput with the field at fault."""
    made = draft(typed, desk.family)
    day = typed.day.day()
    if (same := _same(desk, typed.amount)) and not typed.again:
        sentence = f"{same.document} is the same amount a few minutes ago. Say that this is another payment."
        raise BadInput(sentence, field="payments.again")
    return {
        "shares": made.shares,
        "tenders": made.tenders,
        "date": day,
        "payer": typed.payer,
        "reference": typed.reference,
    }


def differs(receipt: Receipt, unit: Currency) -> bool:
    """True when Record was just pressed on a form that is recorded already, but with other values."""
    if not st.session_state.get(RECORD):
        return False
    try:
        minor = TypedAmount(st.session_state.get(AMOUNT) or "", unit, words.mark(), AMOUNT).minor()
    except BadAmount:
        return True
    students = {str(student.student_id) for student in receipt.students}
    return minor != receipt.total or st.query_params.get("student") not in students
