"""How the books are kept: the letters of documents, what a second person approves, what is closed."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from sqlalchemy.orm import Session

from school import money
from school.access.rules import Actor
from school.db import reading
from school.errors import BadAmount
from school.ledger import queries as ledger
from school.ledger import service
from school.ledger.queries import SeriesFacts
from school.ledger.wording import document
from school.money import Currency
from school.students import policies
from school.students import queries as students
from school.ui import feedback, forms, tables, words
from school.ui.cashier import undone
from school.ui.settings_form import WIDTH, Stands, Tell, button, text

KINDS = {"payment": "Receipts", "refund": "Refunds"}
THROUGH, REASON = "settings.locked_through", "settings.lock_reason"
LOCKS_MAX, DAY = 100, 220
AMOUNTS = [facts for facts in policies.POLICIES.values() if not facts.years]


def numbering(actor: Actor) -> None:
    """What comes next, in whose letters; what was handed out keeps its number."""
    with reading() as session:
        found = ledger.series(session)
    present = [one for one in found if one.present]
    with st.container(horizontal=True):
        for one in present:
            st.metric(f"Next of the {KINDS[one.kind].lower()}", one.next_document)
    with st.form("settings.numbering", width=WIDTH):
        for one, place in zip(present, st.columns(2), strict=True):
            with place:
                st.text_input(f"Letters of {KINDS[one.kind].lower()}", one.series, key=_series_key(one.kind))
                feedback.problem(_series_key(one.kind))
        st.markdown(
            words.quiet(
                "1 to 6 letters and digits, a letter first. They count from the next document on, which is "
                "number 1, or goes on where these letters were left. No number is ever skipped or used twice."
            )
        )
        button("Keep", "settings.keep_numbering", lambda session, stands: _number(session, actor, stands))
    columns = {
        "Documents": [KINDS[one.kind] for one in found],
        "Letters": [one.series for one in found],
        "Handed out": [_handed_out(one) for one in found],
        "Used": ["From now on" if one.present else "In former days" for one in found],
    }
    tables.plain(columns, key="settings.series", alt="Letters of documents, and the numbers handed out")


def _series_key(kind: str) -> str:
    return f"settings.series_{kind}"


def _handed_out(one: SeriesFacts) -> str:
    if not one.last_no:
        return "None yet"
    return f"{document(one.series, 1)} to {document(one.series, one.last_no)}"


def _number(session: Session, actor: Actor, stands: Stands) -> Tell:
    for kind in KINDS:
        key = _series_key(kind)
        with forms.in_field(key):
            service.number_documents(session, actor=actor, kind=kind, series=text(stands, key))
    session.flush()
    nexts = {one.kind: one.next_document for one in ledger.series(session) if one.present}
    return lambda: f"The next receipt is {nexts['payment']}, the next refund {nexts['refund']}."


def limits(actor: Actor) -> None:
    """Beyond which amounts a second person is asked, and what a bounced cheque costs."""
    with reading() as session:
        unit, held = students.school(session).currency, policies.policies(session)
    mark = words.mark()
    st.markdown("What is more, of one student within a day, a second person approves.")
    with st.form("settings.limits", width=WIDTH):
        for facts in AMOUNTS:
            value = held[facts.name]
            shown = "" if value is None else words.amount(value, unit)
            none = "No fee" if facts.name == policies.BOUNCED_CHEQUE_FEE else "No limit"
            forms.amount_field(
                facts.label, key=_limit_key(facts.name), unit=unit, value=shown, placeholder=none
            )
            if facts.name == policies.BOUNCED_CHEQUE_FEE:
                st.markdown(words.quiet(facts.says))
        button(
            "Keep", "settings.keep_limits", lambda session, stands: _limit(session, actor, stands, unit, mark)
        )


def _limit_key(name: str) -> str:
    return f"settings.limit_{name}"


def _limit(session: Session, actor: Actor, stands: Stands, unit: Currency, mark: str) -> Tell:
    values: dict[str, int | None] = {}
    for name in (facts.name for facts in AMOUNTS):
        key = _limit_key(name)
        typed = text(stands, key).strip()
        with forms.in_field(key):
            values[name] = money.parse(typed, unit, mark=mark) if typed else None
            if typed and (values[name] or 0) < 0:
                raise BadAmount("Type an amount of nothing or more, or leave it empty.")
    policies.change_policies(session, actor=actor, values=values)
    return lambda: f"Kept: {_decided(values, unit)}."


def _decided(values: Mapping[str, int | None], unit: Currency) -> str:
    decided = [
        f"{facts.label.lower()} {words.amount(value, unit)}"
        for facts in AMOUNTS
        if (value := values[facts.name]) is not None
    ]
    return ", ".join(decided) or "no limits and no fee"


def period_lock(actor: Actor) -> None:
    """Through which date nothing can be posted, by whom and why; closing is undone by a newer row.

    The date stands outside of the form, so that tills that are not done are told before it is pressed.
    """
    with reading() as session:
        school, today = students.school(session), students.today(session)
        found = ledger.period_locks(session, limit=LOCKS_MAX)
    now = found[0].locked_through if found else None
    st.metric("The books are closed through", words.date(now) if now else "Not closed yet")
    with st.container(width=DAY):
        through = forms.date_field("Close through", key=THROUGH, value=now, most=today)
    with reading() as session:
        tills = undone.of(session, through.value, now)
    with st.container(width=WIDTH):
        undone.warn(tills, through.value, school.currency)
    with st.form("settings.lock", width=WIDTH):
        st.text_input("Reason", key=REASON, autocomplete="off", placeholder="October is reported")
        feedback.problem(REASON)
        st.markdown(words.quiet("An earlier date than now opens the days after it again."))

        def write(session: Session, stands: Stands) -> Tell:
            day = through.at(stands).day()
            left = undone.of(session, day, ledger.locked_through(session))
            service.lock_period(session, actor=actor, through=day, reason=text(stands, REASON))
            said = undone.told(left, school.currency)
            return lambda: f"Nothing can be posted for {words.date(day)} or before any more.{said}"

        button(
            "Close the period", "settings.keep_lock", write, empties=(REASON,), date=THROUGH, reason=REASON
        )
    columns = {
        "Closed through": [words.date(one.locked_through) for one in found],
        "Since": [words.moment(one.at, school.time_zone) for one in found],
        "By": [one.actor for one in found],
        "Reason": [one.reason for one in found],
    }
    if found:
        tables.plain(columns, key="settings.locks", alt="Closed periods, the newest first")
