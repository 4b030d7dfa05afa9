"""The fields of the payment form, and the fact that stands in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.access.service import authorise
from school.db import one_writer, writing
from school.drafts import service as drafting
from school.errors import BadAmount, BadInput
from school.ledger import queries as ledger
from school.ledger import service
from school.ledger.queries import ReceiptRow
from school.ui import drafts, feedback, forms, keyboard, once, payment_fact, words
from school.ui.forms import TypedAmount, TypedChoice, TypedText
from school.ui.payment_desk import Desk, Member
from school.ui.payment_fact import AGAIN, CHARGE, FAMILY, PAYS, TENDERS, Typed, charge_name
from school.ui.payment_search import AMOUNT, REFERENCE, TENDER, named

TYPED_ON = "1s"  # a pause in typing after which the words are kept as a draft
SAME_AGAIN_MINUTES = 10  # a payment repeated sooner is more often a mistake than a second payment
DATE, PAYER = "payments.date", "payments.payer"
DRAFT = drafts.Form(
    "payment",
    "payments",
    {
        AMOUNT: "text",
        DATE: "day",
        TENDER: "choice",
        REFERENCE: "text",
        PAYER: "text",
        FAMILY: "flag",
        "payments.share.*": "text",
        TENDERS: "flag",
        "payments.tender_2": "choice",
        "payments.amount_2": "text",
        CHARGE: "flag",
        PAYS: "choice",
        AGAIN: "flag",
    },
)

Keep = Callable[[], None]


def fields(desk: Desk, keep: Keep) -> Typed:
    """The fields with their refusals, and what stands in them; `keep` is told of every change.

    None is in a fragment: one that runs right behind the page can be taken away and drawn anew, empty.
    """
    unit, tenders = desk.school.currency, {a.code: a.name for a in desk.tenders}
    left, right = st.columns(2)
    with left:
        amount = forms.amount_field("Amount received", key=AMOUNT, unit=unit, live=True, on_change=keep)
    with right:
        day = forms.date_field("Received on", key=DATE, value=desk.today, most=desk.today, on_change=keep)
    _fill(desk)
    tender = _tender(
        "How it came",
        tenders,
        key=TENDER,
        on_change=keyboard.lead,
        args=(REFERENCE,),
        persist_state="page",
    )
    reference, payer = _particulars(desk, keep)
    more = _more(desk)
    second, shares, pays = None, {}, None
    if TENDERS in more:
        second = _second(tenders, desk)
    if FAMILY in more:
        shares = _shares(desk)
    if CHARGE in more:
        pays = _pays(desk.family[0])
    again = _again(desk, amount)
    keep()
    return Typed(amount, tender, day, reference, payer, again, second, shares, pays)


def _particulars(desk: Desk, keep: Keep) -> tuple[TypedText, TypedText]:
    how: dict[str, Any] = {"live": TYPED_ON, "on_change": keep}
    left, right = st.columns(2)
    with left:
        reference = forms.text_field("Reference", key=REFERENCE, placeholder="Cheque or transaction", **how)
    with right:
        payer = forms.text_field("Paid by", key=PAYER, default=_payer(desk), **how)
    return reference, payer


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
    forms.only_known(key, tenders)
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
    for key, label in labels.items():
        if not label:
            st.session_state.pop(key, None)
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
    forms.only_known(PAYS, charges)
    line_id = st.selectbox(
        f"Charge of {member.student.name}",
        list(charges),
        format_func=lambda line: f"{charge_name(charges[line])} · due {words.date(charges[line].due_date)}",
        key=PAYS,
    )
    feedback.problem(PAYS)
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
    again = st.checkbox("Yes, it is another payment", key=AGAIN)
    feedback.problem(AGAIN)
    return again is True


def _same(desk: Desk, amount: TypedAmount) -> ReceiptRow | None:
    try:
        minor = amount.minor()
    except BadAmount:
        return None
    since = _lately()
    return next((r for r in desk.lately if r.amount == minor and r.at > since and not r.reversed), None)


def _lately() -> datetime:
    return clock.now() - timedelta(minutes=SAME_AGAIN_MINUTES)


def fact(desk: Desk, typed: Typed) -> dict[str, Any]:
    """What the form would record, for `record_payment`. Raises BadInput with the field at fault."""
    made = payment_fact.fact(typed, desk.family)
    return {
        "shares": made.shares,
        "tenders": made.tenders,
        "date": typed.day.day(),
        "payer": typed.payer.words(),
        "reference": typed.reference.words(),
    }


def record(desk: Desk, typed: Typed, actor: Actor, request_id: str) -> None:
    """For the button: callbacks run before anything can stop them, so what was pressed is written.

    `desk` and `typed` are as drawn; the fields are read again, and the actor is asked again inside the write.
    """
    with feedback.attempt("payments") as stands:
        now = typed.at(stands)
        made = fact(desk, now)
        with once.holding(request_id), writing() as session:
            if not now.again:
                _refuse_same(session, actor, desk, now.amount.minor(), request_id)
            service.record_payment(session, actor=actor, request_id=request_id, **made)
            drafting.forget(session, actor=actor, form=DRAFT.name, request_id=request_id)


def _refuse_same(session: Session, actor: Actor, desk: Desk, amount: int, request_id: str) -> None:
    """Asked when it is this writer's turn: the same may have been recorded since the form was drawn."""
    one_writer(session)
    authorise(session, actor, "payments.record")  # a receipt's number is not for everybody
    chosen = desk.family[0].student.id
    same = ledger.same_payment(
        session, request_id=request_id, student_id=chosen, amount=amount, since=_lately()
    )
    if same:
        sentence = f"{same} is the same amount a few minutes ago. Say that this is another payment."
        raise BadInput(sentence, field=AGAIN)
