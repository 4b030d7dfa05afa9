"""Concessions: what each scheme costs, who waits for approval, who has what; each row opens its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading
from school.fees import queries, register, scheme_listing
from school.fees.register import SchemeCost
from school.fees.scheme_listing import GrantFacts, SchemeFacts
from school.money import Currency
from school.students import queries as students
from school.ui import cards, fee_dialogs, filters, links, tables, words
from school.ui import concession_forms as grant_forms
from school.ui import concession_words as says

VIEW = {"fees.view": "Concessions"}
PAGE = "fees.grants_page"
WAITING_SHOWN = 5  # the rest stands in the table
STATES = {
    "In force": scheme_listing.IN_FORCE,
    "Waiting": scheme_listing.WAITING,
    "Over": scheme_listing.OVER,
    "Every state": None,
}


@dataclass(frozen=True)
class _Read:
    unit: Currency
    heads: dict[str, str]
    schemes: list[SchemeFacts]
    waiting: list[GrantFacts]
    year: str
    costs: dict[str, SchemeCost]


def draw(actor: Actor) -> None:
    with reading() as session:
        read = _read(session)
        _figures(read)
        doing = st.container()
        if read.waiting:
            _waiting(read, actor)
        _schemes(read)
        _grants(session, read)
    with doing:
        grant_forms.offer(actor, read.schemes, read.heads, read.unit)


def _read(session: Session) -> _Read:
    today = students.today(session)
    year = students.year_on(session, today)
    since, until = (year.starts_on, year.ends_on) if year else (today.replace(month=1, day=1), today)
    term_ids = [term.id for term in students.terms(session) if year and term.year_name == year.name]
    costs = register.register(session, since=since, until=until, term_ids=term_ids)
    return _Read(
        unit=students.school(session).currency,
        heads={head.account: head.name for head in queries.heads(session) if head.is_head},
        schemes=scheme_listing.schemes(session),
        waiting=scheme_listing.grants(session, state=scheme_listing.WAITING)[0],
        year=year.name if year else str(today.year),
        costs={cost.scheme: cost for cost in costs},
    )


def _figures(read: _Read) -> None:
    given = sum(cost.amount for cost in read.costs.values())
    amount = words.amount(given, read.unit)
    with st.grid(3, gap="small", min_column_width=cards.width([amount])):
        st.metric(f"Conceded in {read.year} ({read.unit.code})", amount, border=True)
        st.metric("Grants in force", f"{sum(s.in_force for s in read.schemes):,}", border=True)
        st.metric("Waiting for approval", f"{len(read.waiting):,}", border=True)


def _waiting(read: _Read, actor: Actor) -> None:
    st.header("Waiting for approval", anchor=False)
    for grant in read.waiting[:WAITING_SHOWN]:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            about = " · ".join(words.plain(part) for part in (grant.class_name, grant.admission_no) if part)
            st.markdown(
                f"**{words.plain(grant.student)}** · {about}  \n"
                f"{words.plain(grant.scheme_name)}: {words.plain(says.of_grant(grant, read.unit))}, "
                f"{says.span(grant)}  \n"
                + words.quiet(f"{words.plain(grant.reason)} · asked by {words.plain(grant.actor)}"),
                width="stretch",
            )
            _decide(grant, actor)
    if len(read.waiting) > WAITING_SHOWN:
        every = {**VIEW, "fees.grants_state": "Waiting"}
        st.page_link(
            links.FEES,
            label=f"All {len(read.waiting):,} that wait",
            icon=":material/hourglass:",
            query_params=every,
        )


def _decide(grant: GrantFacts, actor: Actor) -> None:
    if grant_forms.is_own(grant, actor):
        _opens("Withdraw", "end", grant, help="Another person decides what you asked for.")
    elif actor.can("approvals.decide"):
        st.button(
            "Approve",
            key=f"fees.approve.{grant.id}",
            on_click=grant_forms.approve,
            args=(grant, actor),
        )
        _opens("Refuse", "decide", grant)


def _opens(label: str, dialog: str, grant: GrantFacts, **how: Any) -> None:
    st.button(
        label,
        key=f"fees.{dialog}.{grant.id}",
        on_click=fee_dialogs.open_,
        args=(dialog,),
        kwargs={fee_dialogs.GRANT: str(grant.id)},
        **how,
    )


def _schemes(read: _Read) -> None:
    st.header("Schemes", anchor=False)
    if not read.schemes:
        st.info(
            "There is no scheme yet. Add one, such as siblings, staff or a bursary.",
            icon=":material/savings:",
        )
    rows = read.schemes
    by_hand = [cost for code, cost in read.costs.items() if code not in {s.account for s in rows}]
    nothing = SchemeCost("", "", None, 0, 0)
    costs = [*(read.costs.get(s.account, nothing) for s in rows), *by_hand]
    if not costs:
        return
    dashes = [""] * len(by_hand)
    columns = {
        "Scheme": [*(s.name for s in rows), *(cost.name for cost in by_hand)],
        f"Conceded in {read.year}": [words.amount(cost.amount, read.unit) for cost in costs],
        "Students": [f"{cost.students:,}" for cost in costs],
        "Grants": [*(_count(s) for s in rows), *("By hand" for _ in by_hand)],
        "Gives": [*(says.gives(s, read.heads, read.unit) for s in rows), *dashes],
        "Kind": [*(says.KINDS[s.kind] for s in rows), *dashes],
    }
    goals = [
        *((links.FEES, {**VIEW, "do": "change", fee_dialogs.SCHEME: s.account}) for s in rows),
        *((links.ENTRIES, links.entries(account=cost.name)) for cost in by_hand),
    ]
    amounts = (f"Conceded in {read.year}", "Students")
    tables.rows(columns, goals, opens="Scheme", amounts=amounts, key="fees.schemes", alt="Concession schemes")


def _count(scheme: SchemeFacts) -> str:
    if not scheme.active:
        return "No longer in use"
    return "By itself" if scheme.kind == "sibling" else f"{scheme.in_force:,} in force"


def _grants(session: Session, read: _Read) -> None:
    st.header("Grants", anchor=False)
    turn = filters.from_page_one(PAGE)
    names = {"Every scheme": None} | {s.name: s.account for s in read.schemes if s.kind != "sibling"}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Student",
            key="fees.grants_search",
            type="search",
            live=True,
            bind="query-params",
            placeholder="Name, number, guardian or phone",
            on_change=turn,
            width=260,
        )
        scheme = filters.choice("Scheme", names, key="fees.grants_scheme", on_change=turn)
        state = filters.choice("State", STATES, key="fees.grants_state", on_change=turn)
    found, matches = scheme_listing.grants(
        session,
        state=state,
        scheme=scheme,
        text=text or "",
        limit=tables.ROWS_PER_PAGE,
        offset=filters.first_row(PAGE),
    )
    if not found:
        st.caption("No grant matches.")
        return
    columns = {
        "Student": [g.student for g in found],
        "Class": [g.class_name or links.NO_CLASS for g in found],
        "Scheme": [g.scheme_name for g in found],
        "Gives": [says.of_grant(g, read.unit) for g in found],
        "Counts": [says.span(g) for g in found],
        "State": [says.state(g) for g in found],
        "Reason": [g.reason for g in found],
        "Granted by": [g.actor for g in found],
    }
    goals = [
        (
            links.FEES,
            {**VIEW, "do": "decide" if g.state == "waiting" else "end", fee_dialogs.GRANT: str(g.id)},
        )
        for g in found
    ]
    tables.rows(columns, goals, opens="Student", key="fees.grants", alt="Grants by student")
    if matches > tables.ROWS_PER_PAGE:
        st.pagination(tables.pages(matches), key=PAGE)


def of_student(session: Session, student_id: int, unit: Currency, actor: Actor) -> None:
    """For the student's page: what the student is granted now, and what waits."""
    found, _ = scheme_listing.grants(session, student_id=student_id)
    kept = [g for g in found if g.state in ("granted", "waiting")]
    if kept:
        _of_student(kept, unit)
    if actor.can("concessions.grant"):
        about = {**VIEW, "do": "grant", "student": str(student_id)}
        st.page_link(links.FEES, label="Grant a concession", icon=":material/savings:", query_params=about)


def _of_student(kept: Sequence[GrantFacts], unit: Currency) -> None:
    columns = {
        "Concession": [g.scheme_name for g in kept],
        "Gives": [says.of_grant(g, unit) for g in kept],
        "Counts": [says.span(g) for g in kept],
        "State": [says.state(g) for g in kept],
        "Reason": [g.reason for g in kept],
    }
    tables.plain(columns, key="student.grants", alt="Concessions granted to this student")
