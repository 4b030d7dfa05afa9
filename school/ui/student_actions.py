"""What may be done to an account, each in a dialog of its own: one form, one fact, one request id."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from school.access.rules import Actor
from school.approvals import queries as approvals
from school.db import one_writer, reading, writing
from school.drafts import service as drafting
from school.ledger import queries as ledger
from school.ledger.wording import KIND_NAMES
from school.students import queries as students
from school.students.service import change_student
from school.ui import drafts, feedback, filled, forms, keyboard, links, once, student_account, unsent, words
from school.ui.forms import TypedAmount, TypedText
from school.ui.student_account import Account
from school.ui.student_deeds import ACTIONS
from school.ui.student_fields import AMOUNT, FIELDS, KEPT, RECORD, Field, read

DO, TICKET = "do", "action"


def asked() -> bool:
    """True when the address names a dialog."""
    return DO in st.query_params


def offer(account: Account, actor: Actor) -> None:
    """The payment first, the rest in a menu; the dialog that the address names is open."""
    may = {name: a for name, a in ACTIONS.items() if actor.can(a.capability) and a.fits(account)}
    with st.container(horizontal=True, vertical_alignment="center"):
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
        if actor.can("students.write"):
            address = links.student(account.student.id)
            st.page_link(links.DETAILS, label="Details", icon=":material/edit:", query_params=address)
    name = st.query_params.get(DO)
    if name not in ACTIONS or not actor.can(ACTIONS[name].capability):
        return
    request_id = once.ticket(TICKET)
    _say_what_is_recorded(request_id, account)
    if name in may:
        title = f"{may[name].label} for {words.plain(account.student.name)}"
        give_up = partial(_give_up, drafted(name), actor, request_id)
        st.dialog(title, on_dismiss=give_up)(_draw)(name, account, actor, request_id)
    else:
        st.info(ACTIONS[name].unfit, icon=":material/info:")
        close()


def _say_what_is_recorded(request_id: str, account: Account) -> None:
    """A dialog whose fact is in the books, or asked for, is done with, however its press ended."""
    with reading() as session:
        entry_id = ledger.entry_of_request(session, request_id)
        done = ledger.entry(session, entry_id) if entry_id else None
        asked = approvals.of_request(session, request_id)
    if done is not None:
        moved = sum(line.amount for line in done.lines if line.amount > 0) or abs(done.total)
        feedback.say("success", f"{_named(done.called, moved, account)} is recorded.")
    elif asked is not None:
        what = _named(KIND_NAMES[asked.kind], asked.amount, account)
        feedback.say("info", f"{what} is above the limit: another person decides on it.")
    else:
        return
    close()
    st.rerun()


def _named(what: str, minor: int, account: Account) -> str:
    return f"{what} of {account.unit.code} {words.amount(minor, account.unit)}"


def _give_up(form: drafts.Form, actor: Actor, request_id: str) -> None:
    drafts.forget(form, actor, request_id)
    close()


def _open() -> None:
    name = st.session_state["student.more"]
    once.done(TICKET)
    st.query_params[DO] = name


def close() -> None:
    """The address no longer names a dialog; the next one is a new form."""
    once.done(TICKET)
    st.query_params.pop(DO, None)


def _draw(name: str, account: Account, actor: Actor, request_id: str) -> None:
    action = ACTIONS[name]
    form = (drafted(name), actor, request_id, account.student.id)
    if _is_recorded(request_id):
        st.rerun()
    drafts.restore(*form)
    keep = partial(drafts.keep, *form)
    st.caption(" ".join([action.says, *student_account.bounds(account, name)]))
    feedback.problem("student")
    amount = forms.amount_field("Amount", key=AMOUNT, unit=account.unit, on_change=keep)
    typed = {field: FIELDS[field](account, keep) for field in action.fields}
    keep()
    st.button(
        f"Record {action.label.lower()}",
        type="primary",
        key=RECORD,
        width="stretch",
        on_click=_record,
        args=(name, account, actor, request_id, amount, typed),
    )
    texts = [AMOUNT, *(field.key for field in typed.values() if isinstance(field, TypedText))]
    keyboard.mount(
        "student.keys",
        form=request_id,
        start=AMOUNT,
        enter=dict(zip(texts, [*texts[1:], RECORD], strict=True)),
        press=RECORD,
    )
    unsent.watch(*form)


def _is_recorded(request_id: str) -> bool:
    with reading() as session:
        recorded = ledger.entry_of_request(session, request_id) is not None
        return recorded or approvals.of_request(session, request_id) is not None


def _record(
    name: str,
    account: Account,
    actor: Actor,
    request_id: str,
    amount: TypedAmount,
    typed: Mapping[str, Field],
) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    with feedback.attempt("student") as stands:
        minor = amount.at(stands).minor()
        what = {field: read(field, drawn.at(stands)) for field, drawn in typed.items()}
        who = {"actor": actor, "request_id": request_id, "student_id": account.student.id}
        with once.holding(request_id), writing() as session:
            ACTIONS[name].post(session, amount_minor=minor, **who, **what)
            drafting.forget(session, actor=actor, form=drafted(name).name, request_id=request_id)


def drafted(name: str) -> drafts.Form:
    """What is kept of the form of this action while it is half typed."""
    return drafts.Form(name, "student", KEPT)


def notes(account: Account, actor: Actor) -> None:
    """What the office wants to remember of this student; whoever may change students writes it."""
    student = account.student
    if actor.can("audit.read"):
        st.page_link(
            links.AUDIT,
            label="What was changed of this student",
            icon=":material/history:",
            query_params=links.history(f"student:{student.id}"),
        )
    if not actor.can("students.write"):
        st.markdown(words.plain(student.notes) if student.notes else "Nothing is noted.")
        return
    key = f"student.notes.{student.id}"
    seen = filled.fill("student", key, {key: student.notes})
    with st.form("student.notes_form", border=False):
        st.text_area("Notes", seen[key], key=key, height=160)
        feedback.problem(key)
        st.form_submit_button(
            "Keep the notes",
            key="student.keep_notes",
            on_click=_keep_notes,
            args=(student.id, key, actor, seen),
        )


def _keep_notes(student_id: int, key: str, actor: Actor, seen: Mapping[str, str]) -> None:
    with feedback.attempt("student", notes=key) as stands:
        typed = {key: str(stands.get(key) or "")}
        with writing() as session:
            one_writer(session)
            now = {key: students.student(session, student_id).notes}
            text = str(filled.merged(seen, typed, now)[key] or "")
            change_student(session, actor=actor, student_id=student_id, notes=text)
    if not feedback.refused():
        filled.forget("student")
        feedback.say("success", "The notes are kept.")
