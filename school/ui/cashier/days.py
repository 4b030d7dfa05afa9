"""Days are closed once every till is done; a longer period is closed, or opened again, with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.cashier import queries, service
from school.cashier.queries import Closed, Lock, Missing
from school.db import writing
from school.documents.rules import check_code
from school.ledger.service import lock_period
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import feedback, filters, forms, links, tables, words
from school.ui.cashier import papers, till, undone
from school.ui.forms import TypedDate, TypedText

DAY, THROUGH, REASON, PAGE = "cashup.day", "cashup.through", "cashup.lock_reason", "cashup.days"


def draw(session: Session, actor: Actor) -> None:
    """Through when the books are closed, what keeps a day open, and the days that were closed."""
    school, today, locks = students.school(session), students.today(session), queries.locks(session)
    closed, matches = queries.closed(session, offset=filters.first_row(PAGE))
    _state(locks)
    day = _chosen(today)
    missing = queries.missing(session, day)
    done = queries.close_of(session, day)
    if done and not done.reopened:
        papers.day_button(done)
    if actor.can("periods.lock"):
        _close(day, missing, actor, is_closed=bool(locks) and day <= locks[0].locked_through)
        _longer(session, school, today, locks, actor)
    if closed:
        st.header("Closed days", anchor=False)
        _rows(closed, school)
        if matches > tables.ROWS_PER_PAGE:
            st.pagination(tables.pages(matches), key=PAGE)


def _state(locks: Sequence[Lock]) -> None:
    st.metric(
        "The books are closed through",
        words.date(locks[0].locked_through) if locks else "No day yet",
    )
    if locks:
        st.markdown(words.quiet(f"{words.plain(locks[0].reason)}, by {words.plain(locks[0].actor)}."))


def _chosen(today: date) -> date:
    """The day in question: today to begin with."""
    with st.container(width=till.CARD):
        field = forms.date_field("Day", key=DAY, value=today, most=today)
    chosen = field.value if isinstance(field.value, date) else today
    return min(chosen, today)


def _close(day: date, missing: Sequence[Missing], actor: Actor, *, is_closed: bool) -> None:
    if is_closed:
        st.info(f"{words.date(day)} is closed.", icon=":material/lock:")
        return
    if missing:
        st.warning(f"Before {words.date(day)} can be closed:", icon=":material/pending_actions:")
        with st.container(gap="xsmall"):
            for one in missing:
                _still_to_do(one)
    else:
        st.success("Every till is counted and signed.", icon=":material/check_circle:")
    st.button(
        f"Close {words.date(day)}",
        type="primary",
        icon=":material/lock:",
        key="cashup.close",
        help="Nothing more is entered for this day or one before it",
        on_click=_press,
        args=(day, actor),
    )


def _still_to_do(one: Missing) -> None:
    name = words.plain(one.cashier)
    if one.cash_up_id:
        label, goal = f"Sign cash-up {one.cash_up_id} of {name}", links.cash_up(one.cash_up_id)
        st.page_link(links.CASHUP, label=label, icon=":material/signature:", query_params=goal)
    else:
        goal = links.cash_ups("My till", **{till.WHOSE: str(one.cashier_id)})
        label = f"Count the till of {name}"
        st.page_link(links.CASHUP, label=label, icon=":material/point_of_sale:", query_params=goal)


def _press(day: date, actor: Actor) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    with feedback.attempt("cashup"), writing() as session:
        service.close_day(session, actor=actor, day=day)
    if not feedback.refused():
        feedback.say("success", f"{words.date(day)} is closed: nothing more is entered for it.")


def _longer(session: Session, school: SchoolFacts, today: date, locks: Sequence[Lock], actor: Actor) -> None:
    """A month or a term closed at once, or opened again by an earlier date."""
    with st.expander("Close a longer period, or open one again", icon=":material/date_range:"):
        st.markdown("An earlier date than the present one opens the days after it again.")
        left, right = st.columns([1, 3])
        with left:
            through = forms.date_field(
                "Closed through", key=THROUGH, value=locks[0].locked_through if locks else today, most=today
            )
        with right:
            reason = forms.text_field("Reason", key=REASON, placeholder="The month is reconciled")
        present = locks[0].locked_through if locks else None
        undone.warn(undone.of(session, through.value, present), through.value, school.currency)
        st.button("Set the date", key="cashup.lock", on_click=_lock, args=(through, reason, actor))
        if locks:
            tables.plain(
                {
                    "Closed through": [words.date(one.locked_through) for one in locks],
                    "Reason": [one.reason for one in locks],
                    "By": [one.actor for one in locks],
                },
                key="cashup.locks",
                alt="The last dates that were set, the newest first",
            )


def _lock(through: TypedDate, reason: TypedText, actor: Actor) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    with feedback.attempt("cashup", date=THROUGH, reason=REASON) as stands:
        day, why = through.at(stands).day(), reason.at(stands).words()
        with writing() as session:
            lock_period(session, actor=actor, through=day, reason=why)
    if not feedback.refused():
        feedback.say("success", f"The books are closed through {words.date(day)}.")


def _rows(closed: Sequence[Closed], school: SchoolFacts) -> None:
    tables.rows(
        {
            "Day": [words.date(one.date) for one in closed],
            "Closed": [words.moment(one.at, school.time_zone) for one in closed],
            "By": [one.actor for one in closed],
            "Last entry": [f"{one.last_entry:,}" for one in closed],
            "Check code": [check_code(one.last_hash) if one.last_hash else "" for one in closed],
            "State": ["Opened again" if one.reopened else "Closed" for one in closed],
        },
        [(links.ENTRIES, links.entries(since=one.date, until=one.date)) for one in closed],
        opens="Day",
        amounts=("Last entry",),
        key="cashup.closed",
        alt="Closed days, the latest first; a day opens its entries",
    )
