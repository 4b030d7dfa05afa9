"""What one student has chosen of the optional fee heads, on the student's own page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading, writing
from school.fees import options, queries
from school.fees.queries import HeadFacts, OptionFacts
from school.ui import feedback, forms, once, tables, words
from school.ui.student_account import Account


def draw(account: Account, actor: Actor) -> None:
    """The bus, meals, boarding: since when, until when, and at what amount where it is an own one."""
    with reading() as session:
        heads = [head for head in queries.heads_in_use(session) if head.optional]
        chosen = queries.options(session, [account.student.id]).get(account.student.id, [])
    names = {head.account: head.name for head in heads}
    if chosen:
        columns = {
            "Option": [names.get(one.account, one.account) for one in chosen],
            "From": [words.date(one.days.first) if one.days.first else "" for one in chosen],
            "Until": [words.date(one.days.last) if one.days.last else "further notice" for one in chosen],
            "A term costs": [
                words.amount(one.amount, account.unit) if one.amount else "as in the fee structure"
                for one in chosen
            ],
        }
        tables.plain(columns, amounts=("A term costs",), key="student.options", alt="Options chosen")
    else:
        st.markdown("Nothing is chosen." if heads else "The school has no optional fee head.")
    if heads and actor.can("fees.manage") and account.student.status != "left":
        _choose(account, actor, heads)
        if chosen:
            _end(account, actor, chosen, names)


def _choose(account: Account, actor: Actor, heads: Sequence[HeadFacts]) -> None:
    with st.expander("Choose an option", icon=":material/add:"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            names = {head.account: head.name for head in heads}
            head = forms.choice_field("Option", names, key="student.option", width=190)
            since = forms.date_field("From", key="student.option_from", value=account.today, width=160)
            amount = forms.amount_field(
                "Own amount, if any", key="student.option_amount", unit=account.unit, width=190
            )
        feedback.problem("student.from_on")

        def read(stands: Mapping[str, Any]) -> Callable[[Session], object]:
            own = amount.at(stands)
            return partial(
                options.choose_option,
                actor=actor,
                student_id=account.student.id,
                account=head.at(stands).code(empty="Choose an option."),
                from_on=since.at(stands).day(),
                amount_minor=own.minor() if own.text.strip() else None,
            )

        _button(
            "Keep the option", "student.keep_option", read, "The option is kept. The next run charges it."
        )


def _end(account: Account, actor: Actor, chosen: Sequence[OptionFacts], names: Mapping[str, str]) -> None:
    running = {
        str(one.id): f"{names.get(one.account, one.account)} from {_day(one.days.first)}" for one in chosen
    }
    with st.expander("End an option", icon=":material/event_busy:"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            only = next(iter(running)) if len(running) == 1 else None
            option = forms.choice_field("Which", running, key="student.which", chosen=only, width=260)
            until = forms.date_field("Last day", key="student.option_until", value=account.today, width=160)
        mistake = st.toggle("It was chosen by mistake: it counts for no day", key="student.mistake")
        feedback.problem("student.until_on")

        def read(stands: Mapping[str, Any]) -> Callable[[Session], object]:
            wrong = bool(stands.get("student.mistake", mistake))
            return partial(
                options.end_option,
                actor=actor,
                option_id=int(option.at(stands).code()),
                until_on=None if wrong else until.at(stands).day(),
            )

        _button(
            "End the option", "student.end_option", read, "The option is ended. The next run looks at it."
        )


def _button(
    label: str, key: str, read: Callable[[Mapping[str, Any]], Callable[[Session], object]], told: str
) -> None:
    st.button(label, key=key, on_click=_press, args=(read, told, once.Press[object]()))


def _press(
    read: Callable[[Mapping[str, Any]], Callable[[Session], object]], told: str, press: once.Press[object]
) -> None:
    with feedback.attempt("student", account="student.option", amount="student.option_amount") as stands:
        write = read(stands)

        def act() -> object:
            with writing() as session:
                return write(session)

        press.once(told, act)
    if not feedback.refused():
        feedback.say("success", told)


def _day(day: dt.date | None) -> str:
    return words.date(day) if day else "the beginning"
