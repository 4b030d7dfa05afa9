"""Instalment plans: in which parts a fee is due, and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading
from school.errors import BadInput
from school.fees import queries, service
from school.fees.costing import Part
from school.fees.queries import PlanFacts
from school.money import split
from school.ui import fee_dialogs, forms, links, percents, tables, words

VIEW = {"fees.view": "Instalments"}
ADD, CHANGE = "add_plan", "plan"
PARTS_MAX = 12
AFTER, ON_DATES = "days after the term begins", "dates"

Reads = Callable[[Mapping[str, Any]], Part]


def draw(actor: Actor) -> None:
    with reading() as session:
        known = queries.plans(session)
    if known:
        columns = {
            "Plan": [plan.name for plan in known],
            "Parts": [str(len(plan.parts)) for plan in known],
            "Due, from the first day of the term": [told(plan.parts) for plan in known],
        }
        goals = [(links.FEES, {**VIEW, "do": CHANGE, fee_dialogs.OF: str(plan.id)}) for plan in known]
        tables.rows(
            columns, goals, opens="Plan", amounts=("Parts",), key="fees.plans", alt="Instalment plans"
        )
    else:
        st.info(
            "There is no plan yet: every fee is due as a whole on the day a run is given.",
            icon=":material/event:",
        )
    st.button(
        "Add a plan", icon=":material/add:", key="fees.add_plan", on_click=fee_dialogs.open_, args=(ADD,)
    )
    if fee_dialogs.is_asked(ADD):
        fee_dialogs.show("A new instalment plan", _edit, actor, None)
    elif fee_dialogs.is_asked(CHANGE):
        plan_id = links.number(fee_dialogs.OF)
        plan = next((one for one in known if one.id == plan_id), None)
        if plan is None:
            fee_dialogs.close()
        else:
            fee_dialogs.show(words.plain(plan.name), _edit, actor, plan)


def told(parts: Sequence[Part]) -> str:
    """`50 % after 14 days · 50 % on 1 Mar 2026`, days counted from the first of the term."""
    return " · ".join(f"{percents.shown(part.share_bp)} {_when(part)}" for part in parts)


def _when(part: Part) -> str:
    if part.due_on:
        return f"on {words.date(part.due_on)}"
    days = part.due_days or 0
    if not days:
        return "when the term begins"
    span = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    return f"after {span}" if days > 0 else f"{span} before"


def _edit(request_id: str, actor: Actor, plan: PlanFacts | None) -> None:
    name = forms.text_field(
        "Name", key="fees.name", value=plan.name if plan else "", placeholder="Three instalments"
    )
    held = plan.parts if plan else ()
    count = _count(len(held) or 3)
    dated = st.radio(
        "Each part is due by",
        [AFTER, ON_DATES],
        index=int(bool(held and held[0].due_on)),
        horizontal=True,
        key="fees.due_by",
    )
    rows = [_row(n, count, held, dated == ON_DATES) for n in range(count)]

    def read(stands: Mapping[str, Any]) -> Callable[[Session], int]:
        parts = [row(stands) for row in rows]
        return partial(
            service.set_plan,
            actor=actor,
            name=name.at(stands).words(),
            parts=parts,
            plan_id=plan.id if plan else None,
        )

    fee_dialogs.button(
        "Keep the plan", request_id, read, lambda _: "The plan is kept. Bills keep their due dates."
    )


def _count(default: int) -> int:
    chosen = st.selectbox("Parts", range(1, PARTS_MAX + 1), index=default - 1, key="fees.count")
    return int(chosen or 1)


def _row(n: int, count: int, held: Sequence[Part], dated: bool) -> Reads:
    """One part: its share, and when it is due."""
    equal = split(percents.WHOLE, [1] * count)
    as_held = held[n] if len(held) == count else None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        share = percents.percent_field(
            f"Part {n + 1}", key=f"fees.share.{count}.{n}", value=as_held.share_bp if as_held else equal[n]
        )
        if dated:
            day = forms.date_field("Due on", key=f"fees.day.{n}", value=as_held.due_on if as_held else None)
            return lambda stands: Part(share.at(stands).basis_points() or 0, due_on=day.at(stands).day())
        days = forms.text_field(
            "Days after",
            key=f"fees.days.{count}.{n}",
            value=str(as_held.due_days) if as_held and as_held.due_days is not None else str(30 * n),
        )
    return lambda stands: Part(
        share.at(stands).basis_points() or 0, due_days=_days(days.at(stands).words(), days.key)
    )


def _days(typed: str, key: str) -> int:
    bare = typed.replace("−", "-")
    if not bare.removeprefix("-").isdecimal() or not bare.isascii() or len(bare) > 4:
        raise BadInput("Type a number of days, such as 14.", field=key)
    return int(bare)
