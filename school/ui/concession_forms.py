"""The dialogs of concessions: a grant, its refusal and its end; those of schemes are `scheme_forms`'."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading
from school.errors import NotFound
from school.fees import at_once, grants, scheme_listing
from school.fees.at_once import Gift
from school.fees.scheme_listing import GrantFacts, SchemeFacts
from school.money import Currency
from school.students import queries as students
from school.students.queries import StudentFacts
from school.ui import concession_words as says
from school.ui import fee_dialogs, forms, links, scheme_forms, words
from school.ui.scheme_forms import Heads

MATCHES_MAX = 20
DAY = 220  # a narrower field cuts the year off


def offer(actor: Actor, known: Sequence[SchemeFacts], heads: Heads, unit: Currency) -> None:
    """The buttons, and the dialog that the address names."""
    grantable = [s for s in known if s.active and s.kind != "sibling"]
    with st.container(horizontal=True):
        if actor.can("concessions.grant"):
            st.button(
                "Grant a concession",
                type="primary",
                icon=":material/savings:",
                key="fees.new_grant",
                disabled=not grantable,
                on_click=fee_dialogs.open_,
                args=("grant",),
            )
        if actor.can("fees.manage"):
            st.button("Add a scheme", key="fees.add_scheme", on_click=fee_dialogs.open_, args=("scheme",))
    if fee_dialogs.is_asked("grant") and grantable and actor.can("concessions.grant"):
        fee_dialogs.show("Grant a concession", _grant, actor, grantable, heads, unit)
    elif fee_dialogs.is_asked("scheme") and actor.can("fees.manage"):
        fee_dialogs.show("Add a scheme", scheme_forms.add, actor, heads, unit)
    elif fee_dialogs.is_asked("change") and actor.can("fees.manage"):
        scheme_forms.change_of(st.query_params.get(fee_dialogs.SCHEME, ""), actor, known, heads, unit)
    elif fee_dialogs.is_asked("end") and actor.can("concessions.grant"):
        _about(actor, _end, unit)
    elif fee_dialogs.is_asked("decide") and actor.can("approvals.decide"):
        _about(actor, _decide, unit)


def _about(actor: Actor, body: Callable[..., None], unit: Currency) -> None:
    try:
        with reading() as session:
            grant = scheme_listing.grant(session, links.number(fee_dialogs.GRANT))
    except NotFound:
        fee_dialogs.close()
        return
    fee_dialogs.show(
        f"{words.plain(grant.scheme_name)}: {words.plain(grant.student)}", body, actor, grant, unit
    )


def _grant(request_id: str, actor: Actor, known: Sequence[SchemeFacts], heads: Heads, unit: Currency) -> None:
    student = _student()
    scheme = forms.choice_field("Scheme", {s.account: s.name for s in known}, key="fees.scheme")
    chosen = next((s for s in known if s.account == scheme.value), None)
    if chosen:
        waits = " Another person approves it." if chosen.needs_approval else ""
        st.markdown(words.quiet(f"{words.plain(says.gives(chosen, heads, unit))}.{waits}"))
    own = bool(chosen and not chosen.rates)
    if chosen and chosen.rates:
        own = st.toggle("Give something else than the scheme says", key="fees.own")
    head, share, amount = scheme_forms.part(heads, unit) if own else (None, None, None)
    with reading() as session:
        today = students.today(session)
        term = students.term_on(session, today)
    with st.container(horizontal=True):
        first = forms.date_field(
            "Counts from", key="fees.valid_from", value=term.starts_on if term else today, width=DAY
        )
        last = forms.date_field("Through (optional)", key="fees.valid_until", value=None, width=DAY)
    st.markdown(words.quiet("A grant that counts on any day of a term counts for the whole term."))
    reason = forms.text_field("Reason", key="fees.reason", max_chars=300)

    def read(stands: Mapping[str, Any]) -> Callable[[Session], grants.Asked]:
        values: dict[str, Any] = {
            "student_id": int(student.at(stands).code(empty="Find the student first.")),
            "scheme": scheme.at(stands).code(empty="Choose a scheme."),
            "valid_from": first.at(stands).day(),
            "valid_until": last.at(stands).day() if stands.get("fees.valid_until") else None,
            "reason": reason.at(stands).words(),
        }
        if head and share and amount:
            values |= scheme_forms.read_part(stands, head, share, amount)
        return partial(grants.request, actor=actor, request_id=request_id, **values)

    def tell(asked: grants.Asked) -> str:
        if asked.waiting:
            return "The grant waits for the approval of another person."
        return (
            "The concession is granted. The next billing run of a term gives what was not given yet; "
            "the grant itself can give it now."
        )

    fee_dialogs.button("Grant", request_id, read, tell)


def _student() -> forms.TypedChoice:
    """Found by typing; whom the address names stands there already."""
    named = links.number("student")
    text = st.text_input(
        "Find the student",
        key="fees.student_search",
        type="search",
        live=True,
        placeholder="Name, number, guardian or phone",
    )
    with reading() as session:
        found = students.search(session, text, limit=MATCHES_MAX) if text else []
        if not found and named:
            found = list(students.by_ids(session, [named]).values())
    options = {str(one.id): _named(one) for one in found}
    if len(options) == 1:
        st.session_state["fees.student"] = next(iter(options))
    return forms.choice_field("Student", options, key="fees.student", disabled=not options)


def _named(one: StudentFacts) -> str:
    return " · ".join(part for part in (one.name, one.class_name, one.admission_no) if part)


def _end(request_id: str, actor: Actor, grant: GrantFacts, unit: Currency) -> None:
    _facts(grant, unit)
    gives = _give_at_once(request_id, actor, grant, unit)
    if grant.state not in ("granted", "waiting"):
        return
    waits = grant.state == "waiting"
    day = None
    if waits:
        st.markdown("It waits for approval. Withdrawn, it never counts.")
    else:
        with reading() as session:
            today = students.today(session)
        day = forms.date_field("Last day it counts", key="fees.last_day", value=today)
        st.markdown(words.quiet("What was given stays. Terms that begin later get nothing."))
    reason = forms.text_field("Reason", key="fees.reason", max_chars=300)

    def read(stands: Mapping[str, Any]) -> Callable[[Session], None]:
        about: dict[str, Any] = {"actor": actor, "grant_id": grant.id, "reason": reason.at(stands).words()}
        return (
            partial(grants.end, on=day.at(stands).day(), **about)
            if day
            else partial(grants.withdraw, **about)
        )

    told = f"{words.plain(grant.scheme_name)} for {words.plain(grant.student)} is "
    told += "withdrawn." if waits else "ended. What was given stays."
    label = "Withdraw" if waits else "End this grant"
    fee_dialogs.button(label, request_id, read, lambda _: told, first=not gives)


def _give_at_once(request_id: str, actor: Actor, grant: GrantFacts, unit: Currency) -> bool:
    """What terms that are billed still get of it, and the button that does not wait for their next run; True
    where there is such a button.
    """
    if grant.state == "waiting" or not actor.can("billing.run"):
        return False
    with reading() as session:
        found = at_once.gifts(session, grant.id)
    if not found:
        return False
    st.markdown(f"Not given yet of what is billed: {_by_term(found, unit)}.")

    def tell(given: list[Gift]) -> str:
        if not given:
            return "It was given already: nothing more is forgiven."
        return (
            f"{words.plain(grant.scheme_name)} for {words.plain(grant.student)} is given: "
            f"{_by_term(given, unit)}."
        )

    st.button(
        "Give it now",
        type="primary",
        key="fees.give",
        icon=":material/savings:",
        help="Instead of by the next billing run of the term",
        on_click=fee_dialogs.press,
        args=(request_id, lambda _: partial(at_once.give, actor=actor, grant_id=grant.id), tell),
    )
    return True


def _by_term(given: Sequence[Gift], unit: Currency) -> str:
    return ", ".join(
        f"{unit.code} {words.amount(gift.amount, unit)} for "
        f"{words.plain(f'{gift.term.name} {gift.term.year_name}')}"
        for gift in given
    )


def is_own(grant: GrantFacts, actor: Actor) -> bool:
    """Who asked for a grant does not decide it."""
    return (grant.actor_id, grant.actor) == (actor.user_id, actor.name)


def approve(grant: GrantFacts, actor: Actor, request_id: str = "") -> None:
    """For a button."""
    fee_dialogs.press(
        request_id or f"approve {grant.id}",
        lambda _: partial(grants.approve, actor=actor, grant_id=grant.id),
        lambda _: (
            f"{words.plain(grant.scheme_name)} for {words.plain(grant.student)} is approved. "
            "The next billing run gives it."
        ),
    )


def _decide(request_id: str, actor: Actor, grant: GrantFacts, unit: Currency) -> None:
    if grant.state != "waiting" or is_own(grant, actor):
        _end(request_id, actor, grant, unit)
        return
    _facts(grant, unit)
    st.button(
        "Approve",
        type="primary",
        key="fees.approve",
        width="stretch",
        on_click=approve,
        args=(grant, actor, request_id),
    )
    reason = forms.text_field("Why it is refused", key="fees.reason", max_chars=300)
    fee_dialogs.button(
        "Refuse",
        request_id,
        lambda stands: partial(
            grants.refuse, actor=actor, grant_id=grant.id, reason=reason.at(stands).words()
        ),
        lambda _: f"{words.plain(grant.scheme_name)} for {words.plain(grant.student)} is refused.",
        first=False,
    )


def _facts(grant: GrantFacts, unit: Currency) -> None:
    by = "asked for" if grant.state == "waiting" or grant.decided_by else "granted"
    lines = [
        f"{words.plain(says.of_grant(grant, unit))}, {says.span(grant)}",
        f"{words.plain(grant.reason)} · {by} by {words.plain(grant.actor)}",
        words.plain(says.state(grant))
        + (f": {words.plain(grant.decision_reason)}" if grant.decision_reason else ""),
    ]
    st.markdown("  \n".join(lines))
    st.page_link(
        links.STUDENT,
        label="The student's account",
        icon=":material/person:",
        query_params=links.student(grant.student_id),
    )
