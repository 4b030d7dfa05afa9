"""The fee heads: what is charged for, in the order in which a bill lists it and a payment settles it."""

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
from school.fees.queries import HeadFacts
from school.ledger.service.chart import LATE_FEES
from school.ui import fee_dialogs, forms, links, tables, words

VIEW = {"fees.view": "Fee heads"}
ADD, CHANGE = "add_head", "head"


def draw(actor: Actor) -> None:
    with reading() as session:
        known = [head for head in queries.heads(session) if head.account != LATE_FEES]
    heads = [head for head in known if head.is_head]
    st.markdown(
        "Of charges due on the same day, a payment settles them in this order."
        if heads
        else "Say what is charged for: an income account becomes a fee head, or add a new one."
    )
    _table(known)
    st.button(
        "Add a fee head", icon=":material/add:", key="fees.add_head", on_click=fee_dialogs.open_, args=(ADD,)
    )
    if fee_dialogs.is_asked(ADD):
        fee_dialogs.show("A new fee head", _add, actor)
    elif fee_dialogs.is_asked(CHANGE):
        head = next((one for one in known if one.account == st.query_params.get(fee_dialogs.OF)), None)
        if head is None:
            fee_dialogs.close()
        else:
            fee_dialogs.show(words.plain(head.name), _change, actor, head)


def _table(known: Sequence[HeadFacts]) -> None:
    columns = {
        "Fee head": [head.name for head in known],
        "Order": [str(head.position) if head.is_head else "" for head in known],
        "Code": [head.account for head in known],
        "Charged to": [_whom(head) for head in known],
        "For part of a term": [_part(head) for head in known],
        "Paid back": [("yes" if head.refundable else "no") if head.is_head else "" for head in known],
    }
    goals = [(links.FEES, {**VIEW, "do": CHANGE, fee_dialogs.OF: head.account}) for head in known]
    tables.rows(columns, goals, opens="Fee head", amounts=("Order",), key="fees.heads", alt="Fee heads")


def _whom(head: HeadFacts) -> str:
    if not head.is_head:
        return "nobody: not a fee head yet"
    return "those who chose it" if head.optional else "everybody"


def _part(head: HeadFacts) -> str:
    return ("by the days" if head.prorated else "in full") if head.is_head else ""


def _add(request_id: str, actor: Actor) -> None:
    name = forms.text_field("Name", key="fees.name", placeholder="School bus")
    code = forms.text_field("Code", key="fees.code", placeholder="BUS")
    kinds = _fields(None)

    def read(stands: Mapping[str, Any]) -> Callable[[Session], str]:
        return partial(
            service.add_fee_head,
            actor=actor,
            code=code.at(stands).words(),
            name=name.at(stands).words(),
            **kinds(stands),
        )

    fee_dialogs.button(
        "Add the fee head", request_id, read, lambda made: f"{made} is a fee head. Say next what it costs."
    )


def _change(request_id: str, actor: Actor, head: HeadFacts) -> None:
    kinds = _fields(head if head.is_head else None)

    def read(stands: Mapping[str, Any]) -> Callable[[Session], None]:
        return partial(service.set_fee_head, actor=actor, account=head.account, **kinds(stands))

    told = f"{words.plain(head.name)} is kept. The next billing run looks at it."
    label = "Keep the changes" if head.is_head else "Make it a fee head"
    fee_dialogs.button(label, request_id, read, lambda _: told)


def _fields(head: HeadFacts | None) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    optional = st.toggle("Only for those who chose it", head.optional if head else False, key="fees.optional")
    prorated = st.toggle(
        "For part of a term, by the days at school", head.prorated if head else True, key="fees.prorated"
    )
    refundable = st.toggle("Can be paid back", head.refundable if head else True, key="fees.refundable")
    order = forms.text_field(
        "Place in the order",
        key="fees.position",
        value=str(head.position) if head else "",
        placeholder="Last",
    )

    def read(stands: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "optional": bool(stands.get("fees.optional", optional)),
            "prorated": bool(stands.get("fees.prorated", prorated)),
            "refundable": bool(stands.get("fees.refundable", refundable)),
            "position": _place(order.at(stands).words()),
        }

    return read


def _place(typed: str) -> int | None:
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 3 and int(typed)):
        raise BadInput("Type a number from 1 to 999, or leave it empty.", field="fees.position")
    return int(typed)
