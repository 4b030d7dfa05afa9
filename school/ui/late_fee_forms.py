"""The dialogs of late fees: a rule and its end, being late waived, a run taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.errors import BadInput, NotFound
from school.fees import late_fee_rules, late_fees, runs, waivers
from school.fees.late_fee_rules import RuleFacts
from school.fees.late_fees import ChargeFacts
from school.fees.lateness import RuleTerms
from school.fees.runs import RunFacts
from school.money import Currency
from school.ui import fee_dialogs, forms, links, percents, words

DAY = 220  # a narrower field cuts the year off
AT_ALL, LATER = "at_all", "later"
ENDS = {LATER: "Charges due later than a day", AT_ALL: "Every charge, at once"}


def costs(rule: RuleTerms, unit: Currency) -> str:
    """`10.00 once, 10 % a year, at most 50.00 a charge`"""
    parts = []
    if rule.flat:
        parts.append(f"{words.amount(rule.flat, unit)} once")
    if rule.rate_bp_a_year:
        parts.append(f"{percents.shown(rule.rate_bp_a_year)} a year")
    if rule.cap:
        parts.append(f"at most {words.amount(rule.cap, unit)} a charge")
    if rule.least_open:
        parts.append(f"from {words.amount(rule.least_open, unit)} open")
    return ", ".join(parts)


def reach(rule: RuleFacts) -> str:
    if not rule.active:
        return "Stopped"
    first = f"from {words.date(rule.due_from)}"
    return f"{first} through {words.date(rule.due_until)}" if rule.due_until else first


def offer(session: Session, actor: Actor, known: Sequence[RuleFacts], unit: Currency, today: date) -> None:
    """The dialog that the address names."""
    try:
        if fee_dialogs.is_asked("rule") and actor.can("fees.manage"):
            fee_dialogs.show("Add a rule for late fees", _rule, actor, unit, today)
        elif fee_dialogs.is_asked("end_rule") and actor.can("fees.manage"):
            number = links.number(fee_dialogs.RULE)
            rule = next((one for one in known if one.id == number), None)
            if rule:
                fee_dialogs.show(words.plain(rule.name), _end_rule, actor, rule, unit, today)
        elif fee_dialogs.is_asked("waive") and actor.can("concessions.grant"):
            charge = late_fees.charge(session, links.number(fee_dialogs.CHARGE))
            fee_dialogs.show(f"Late fees of {words.plain(charge.name)}", _waive, actor, charge, unit)
        elif fee_dialogs.is_asked("undo_late") and actor.can("billing.run"):
            run = runs.run(session, links.number(fee_dialogs.RUN))
            fee_dialogs.show(f"Run of {words.date(run.date)}", _undo, actor, run, unit)
    except NotFound:
        fee_dialogs.close()


def _rule(request_id: str, actor: Actor, unit: Currency, today: date) -> None:
    name = forms.text_field("Name", key="fees.name", placeholder="Late payment")
    with st.container(horizontal=True):
        flat = forms.amount_field("Fee, once a charge", key="fees.flat", unit=unit)
        rate = percents.percent_field("Interest a year", key="fees.rate")
    with st.container(horizontal=True):
        grace = forms.text_field("Days of grace", key="fees.grace_days", default="0")
        first = forms.date_field("For charges due from", key="fees.due_from", value=today, width=DAY)
    with st.container(horizontal=True):
        cap = forms.amount_field("Most a charge costs", key="fees.cap", unit=unit)
        least = forms.amount_field("Only from so much open", key="fees.least_open", unit=unit)
    st.markdown(
        words.quiet("Interest counts from the due date on what was open each day, once grace is over.")
    )

    def read(stands: Mapping[str, Any]) -> Callable[[Session], int]:
        return partial(
            late_fee_rules.add_rule,
            actor=actor,
            name=name.at(stands).words(),
            due_from=first.at(stands).day(),
            grace_days=_days(grace.at(stands)),
            flat_minor=_optional(flat.at(stands)),
            rate_bp_a_year=rate.at(stands).basis_points(most=late_fee_rules.RATE_BP_MAX) or 0,
            cap_minor=_optional(cap.at(stands)) or None,
            least_open_minor=_optional(least.at(stands)),
        )

    fee_dialogs.button(
        "Add the rule", request_id, read, lambda _: "The rule is added. See below what a run today charges."
    )


def _optional(amount: forms.TypedAmount) -> int:
    return amount.minor() if amount.text.strip() else 0


def _days(field: forms.TypedText) -> int:
    text = field.words()
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise BadInput("Type a number of days, such as 7.", field=field.key)
    return int(text)


def _end_rule(request_id: str, actor: Actor, rule: RuleFacts, unit: Currency, today: date) -> None:
    st.markdown(f"{words.plain(costs(rule, unit))}, {rule.grace_days} days of grace, {reach(rule)}.")
    st.markdown(
        words.quiet("A rule is not changed, because charges fell due on its terms: end it and add another.")
    )
    if not rule.active:
        return
    how = forms.choice_field("It stops for", ENDS, key="fees.ends", chosen=LATER)
    last = None
    if how.value == LATER:
        last = forms.date_field(
            "Last due date it is for", key="fees.due_until", value=max(today, rule.due_from)
        )

    def read(stands: Mapping[str, Any]) -> Callable[[Session], None]:
        until = last.at(stands).day() if last else None
        return partial(late_fee_rules.end_rule, actor=actor, rule_id=rule.id, due_until=until)

    told = f"{words.plain(rule.name)} is ended. What it charged stays."
    fee_dialogs.button("End this rule", request_id, read, lambda _: told)


def _waive(request_id: str, actor: Actor, charge: ChargeFacts, unit: Currency) -> None:
    charged = words.amount(charge.charged, unit)
    st.markdown(
        f"{words.plain(charge.head)}, due {words.date(charge.due_date)}. "
        f"Charged for being late so far: **{unit.code} {charged}**."
    )
    st.page_link(
        links.STUDENT,
        label="The student's account",
        icon=":material/person:",
        query_params=links.student(charge.student_id),
    )
    if charge.waived:
        st.info(f"Waived: {words.plain(charge.waived)}", icon=":material/check_circle:")
        return
    st.markdown(
        words.quiet("Waived, what was charged for it is conceded, and being late costs nothing more.")
    )
    reason = forms.text_field("Reason", key="fees.reason", max_chars=300)

    def tell(conceded: int) -> str:
        amount = f"{unit.code} {words.amount(conceded, unit)} is conceded. " if conceded else ""
        return f"Waived for {words.plain(charge.name)}. {amount}The charge costs nothing more for being late."

    fee_dialogs.button(
        "Waive",
        request_id,
        lambda stands: partial(
            waivers.waive, actor=actor, charge_id=charge.charge_id, reason=reason.at(stands).words()
        ),
        tell,
    )


def _undo(request_id: str, actor: Actor, run: RunFacts, unit: Currency) -> None:
    st.markdown(
        f"{unit.code} {words.amount(run.total, unit)} for {run.students:,} "
        f"student{'' if run.students == 1 else 's'}, by {words.plain(run.actor)}."
    )
    about = links.entries(kind="late_fee", since=run.date, until=run.date)
    st.page_link(links.ENTRIES, label="Its entries", icon=":material/list_alt:", query_params=about)
    if run.undone_at is not None:
        st.info(f"Taken back: {words.plain(run.undone_reason or '')}", icon=":material/undo:")
        return
    st.markdown("Taking it back reverses each of its entries. What was paid stays paid, and becomes credit.")
    reason = forms.text_field("Reason", key="fees.reason", max_chars=300)
    fee_dialogs.button(
        "Take the whole run back",
        request_id,
        lambda stands: partial(runs.undo, actor=actor, run_id=run.id, reason=reason.at(stands).words()),
        lambda _: "The run is being taken back.",
    )
