"""Whom the payment is for: found by typing, taken by Enter, kept in the address."""

from __future__ import annotations

from typing import Any

import streamlit as st

from school.money import Currency
from school.reports.roster import RosterRow
from school.students.queries import StudentFacts
from school.ui import feedback, keyboard, links, once, words
from school.ui.payment_desk import MATCHES_MAX, Desk, Member
from school.ui.payment_fact import FAMILY

SEARCH, AMOUNT, TENDER = "payments.student", "payments.amount", "payments.tender"
REFERENCE, RECORD = "payments.reference", "payments.record"
KEYS = "payments.keys"


def asked() -> dict[str, Any]:
    """Whom the page was asked for, before anything is drawn: by what is typed, and by the address."""
    return {
        "text": st.session_state.get(SEARCH) or "",
        "picked": keyboard.picked(KEYS),
        "student_id": links.number("student") or None,
        "split": bool(st.session_state.get(FAMILY)),
    }


def begin_again() -> None:
    """After a receipt: a new form with a new name, for anybody."""
    once.done("payment")
    st.query_params.pop("student", None)


def _let_go(before: str) -> None:
    """Other words are typed: what was begun for one student stays a draft, and is no form for another.

    Streamlit calls it also when it has lost sight of the field, with the words that stood there `before`.
    """
    if st.session_state.get(SEARCH, "") != before and "student" in st.query_params:
        begin_again()


def _choose(student_id: int) -> None:
    st.query_params.update(links.student(student_id))


def _choose_and_go_on(student_id: int) -> None:
    _choose(student_id)
    keyboard.lead(AMOUNT)


def draw(desk: Desk, request_id: str) -> None:
    """The search field with its matches, and the cursor in the field where it is needed."""
    words_there = st.session_state.get(SEARCH) or ""
    st.text_input(
        "Student",
        key=SEARCH,
        type="search",
        live=True,
        placeholder="Name, admission number, guardian or phone",
        on_change=_let_go,
        args=(words_there,),
    )
    feedback.problem(SEARCH)
    chosen = desk.family[0].student.id if desk.family else None
    cursor(
        form=request_id,
        start=AMOUNT if chosen else SEARCH,
        move=AMOUNT if chosen and keyboard.picked(KEYS) else None,
    )
    if not chosen:
        _matches(desk)
    elif st.query_params.get("student") != str(chosen):
        _choose(chosen)


def cursor(*, form: str, start: str, late: bool = False, move: str | None = None) -> None:
    """The cursor in the field where it is needed; Enter leads from the student to the amount and on."""
    amount_to = REFERENCE if st.session_state.get(TENDER) else TENDER
    enter = {AMOUNT: amount_to, TENDER: REFERENCE, REFERENCE: RECORD}
    keyboard.mount(KEYS, form=form, start=start, late=late, move=move, pick=SEARCH, enter=enter, press=RECORD)


def _matches(desk: Desk) -> None:
    typed = st.session_state.get(SEARCH) or ""
    if desk.matches:
        more = " There are more: type on." if len(desk.matches) == MATCHES_MAX else ""
        with st.container(border=True, gap="xxsmall"):
            st.caption(f"Enter takes the first.{more}")
            for row in desk.matches:
                _match(row, desk)
    elif typed.strip():
        st.info(
            f"Nobody is found by “{words.plain(typed.strip())}”. Type the beginning of a name, "
            "the admission number or the last digits of a phone number.",
            icon=":material/person_search:",
        )


def _match(row: RosterRow, desk: Desk) -> None:
    st.button(
        match(row, desk.school.currency),
        key=f"payments.match.{row.student_id}",
        type="tertiary",
        on_click=_choose_and_go_on,
        args=(row.student_id,),
    )


def match(row: RosterRow, unit: Currency) -> str:
    """`Amina Odhiambo · Form 3B · 1024 · owes 1,250.00`, as Markdown."""
    about = " · ".join(words.plain(part) for part in (row.class_name, row.admission_no) if part)
    return f"**{words.plain(row.name)}** · {about} · {words.owes_in_colour(row.balance, unit)}"


def named(student: StudentFacts) -> str:
    """`Amina Odhiambo · Form 3B · 1024`, as Markdown."""
    parts = (student.name, student.class_name, student.admission_no)
    return " · ".join(words.plain(part) for part in parts if part)


def account(desk: Desk) -> None:
    """Whose money this is: the name and what the account stands at, large."""
    student, unit = desk.family[0].student, desk.school.currency
    with st.container(border=True):
        who, how_much = st.columns([3, 2], vertical_alignment="center")
        with who:
            st.header(words.plain(student.name), anchor=False)
            details = [student.admission_no, student.class_name or links.NO_CLASS]
            details += [f"{g.name} {g.phone}".strip() for g in desk.guardians[:2]]
            st.caption(" · ".join(words.plain(detail) for detail in details))
            if student.status == "left":
                left = f" on {words.date(student.left_on)}" if student.left_on else ""
                st.badge(f"Left the school{left}", icon=":material/logout:", color="orange")
        with how_much:
            st.header(words.owes_in_colour(desk.family[0].balance, unit), anchor=False)
            st.caption(standing(desk.family[0], desk))


def standing(member: Member, desk: Desk) -> str:
    """`800.00 overdue · 450.00 not yet due`"""
    open_charges, unit = member.open_charges, desk.school.currency
    amounts = {
        "overdue": sum(c.open for c in open_charges if c.days_overdue > 0),
        "due today": sum(c.open for c in open_charges if c.days_overdue == 0),
        "not yet due": sum(c.open for c in open_charges if c.days_overdue < 0),
    }
    parts = [f"{words.amount(value, unit)} {word}" for word, value in amounts.items() if value]
    return " · ".join(parts) or "Nothing is open."
