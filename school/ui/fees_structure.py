"""The fee structure: what each class pays in a term, and the rows that say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading, writing
from school.fees import costing, queries, service
from school.fees.queries import FeeFacts, HeadFacts, PlanFacts
from school.money import Currency
from school.students import queries as students
from school.students.queries import ClassFacts, TermFacts
from school.ui import fee_dialogs, feedback, filters, forms, links, tables, words

VIEW = {"fees.view": "Fee structure"}
ADD, CHANGE = "add_fee", "fee"
EVERY = ""  # term, class; and no plan
EVERY_TERM, EVERY_CLASS, AT_ONCE = "Every term", "Every class", "As a whole"


@dataclass(frozen=True)
class _Read:
    unit: Currency
    term: TermFacts
    terms: list[TermFacts]
    classes: list[ClassFacts]
    heads: list[HeadFacts]
    fees: list[FeeFacts]
    plans: list[PlanFacts]

    def term_name(self, term_id: int | None) -> str:
        return next((one.name for one in self.terms if one.id == term_id), EVERY_TERM)

    def class_name(self, class_id: int | None) -> str:
        return next((one.name for one in self.classes if one.id == class_id), EVERY_CLASS)

    def plan_name(self, plan_id: int | None) -> str:
        return next((one.name for one in self.plans if one.id == plan_id), AT_ONCE)

    def head_name(self, account: str) -> str:
        return next((one.name for one in self.heads if one.account == account), account)


def draw(actor: Actor) -> None:
    with reading() as session:
        term = choose_term(session, key="fees.structure_term")
        read = _read(session, term) if term else None
    if read is None:
        st.info("There is no term yet: an administrator adds years and terms.", icon=":material/event:")
        return
    if not read.heads:
        st.info("Say first what is charged for, in Fee heads.", icon=":material/category:")
        return
    if read.fees:
        _by_class(read)
        _rows(read)
    else:
        st.info(f"Nothing costs anything in {read.term.year_name} yet.", icon=":material/request_quote:")
    st.button("Add a fee", icon=":material/add:", key="fees.add_fee", on_click=fee_dialogs.open_, args=(ADD,))
    _dialogs(read, actor)


def choose_term(session: Session, *, key: str) -> TermFacts | None:
    """The present term to begin with, else the next, else the last."""
    known = students.terms(session)
    today = students.today(session)
    now = next((term for term in known if term.ends_on >= today), known[-1] if known else None)
    rest = [term for term in reversed(known) if term is not now]
    named = {f"{term.name} {term.year_name}": term for term in ([now, *rest] if now else rest)}
    return filters.choice("Term", named, key=key)


def _read(session: Session, term: TermFacts) -> _Read:
    return _Read(
        students.school(session).currency,
        term,
        [one for one in students.terms(session) if one.year_id == term.year_id],
        students.classes(session),
        queries.heads_in_use(session),
        queries.fees(session, term.year_id),
        [plan for plan in queries.plans(session) if plan.active],
    )


def _by_class(read: _Read) -> None:
    """What a student of each class pays who is there all term, options apart."""
    st.header(f"What {words.plain(read.term.name)} costs ({read.unit.code})", anchor=False)
    costs = {one.name: [_cost(read, head, one.id) for head in read.heads] for one in read.classes}
    columns: dict[str, list[str]] = {"Class": list(costs)}
    for n, head in enumerate(read.heads):
        cells = [row[n] for row in costs.values()]
        if any(cells):
            name = f"{head.name} (chosen)" if head.optional else head.name
            columns[name] = [words.amount(cell, read.unit) if cell else "–" for cell in cells]
    fixed = [n for n, head in enumerate(read.heads) if not head.optional]
    columns["All must pay"] = [words.amount(sum(row[n] for n in fixed), read.unit) for row in costs.values()]
    tables.plain(
        columns, amounts=list(columns)[1:], key="fees.by_class", alt="What each class pays", height="auto"
    )


def _cost(read: _Read, head: HeadFacts, class_id: int) -> int:
    rows = [fee for fee in read.fees if fee.account == head.account]
    fee = costing.counts(rows, term_id=read.term.id, class_id=class_id)
    return fee.amount if fee else 0


def _rows(read: _Read) -> None:
    st.header(f"Fees of {words.plain(read.term.year_name)}", anchor=False)
    st.markdown(
        words.quiet(
            "The row that says most counts: of term and class, then of the term, then of the class, "
            "then of every class."
        )
    )
    place = {head.account: n for n, head in enumerate(read.heads)}
    fees = sorted(read.fees, key=lambda fee: place.get(fee.account, len(place)))
    columns = {
        "Fee head": [read.head_name(fee.account) for fee in fees],
        "A term costs": [words.amount(fee.amount, read.unit) for fee in fees],
        "Class": [read.class_name(fee.class_id) for fee in fees],
        "Term": [read.term_name(fee.term_id) for fee in fees],
        "Due": [read.plan_name(fee.plan_id) for fee in fees],
    }
    goals = [(links.FEES, {**VIEW, "do": CHANGE, fee_dialogs.OF: str(fee.id)}) for fee in fees]
    tables.rows(columns, goals, opens="Fee head", amounts=("A term costs",), key="fees.rows", alt="Fees")


def _dialogs(read: _Read, actor: Actor) -> None:
    if fee_dialogs.is_asked(ADD):
        fee_dialogs.show("A fee", _edit, read, actor, None)
    elif fee_dialogs.is_asked(CHANGE):
        fee_id = links.number(fee_dialogs.OF)
        fee = next((one for one in read.fees if one.id == fee_id), None)
        if fee is None:
            fee_dialogs.close()
        else:
            fee_dialogs.show(words.plain(read.head_name(fee.account)), _edit, read, actor, fee)


def _edit(request_id: str, read: _Read, actor: Actor, fee: FeeFacts | None) -> None:
    if fee is None:
        reach = _reach(read)
    else:
        where = f"{read.class_name(fee.class_id)}, {read.term_name(fee.term_id)} of {read.term.year_name}"
        st.markdown(words.plain(where))
        same = {"account": fee.account, "term_id": fee.term_id, "class_id": fee.class_id}
        reach = partial(_same, same)
    was = words.amount(fee.amount, read.unit) if fee else ""
    amount = forms.amount_field("A term costs", key="fees.amount", unit=read.unit, value=was)
    plans = {EVERY: AT_ONCE, **{str(plan.id): plan.name for plan in read.plans}}
    plan = forms.choice_field(
        "Due", plans, key="fees.plan", chosen=str(fee.plan_id) if fee and fee.plan_id else EVERY
    )

    def believed(stands: Mapping[str, Any]) -> Callable[[Session], int]:
        code = plan.at(stands).code()
        return partial(
            service.set_fee,
            actor=actor,
            year_id=read.term.year_id,
            amount_minor=amount.at(stands).minor(),
            plan_id=int(code) if code else None,
            **reach(stands),
        )

    fee_dialogs.button(
        "Keep the fee", request_id, believed, lambda _: "The fee is kept. The next billing run looks at it."
    )
    if fee is not None:
        st.button("Take it out", width="stretch", key="fees.take_out", on_click=_end, args=(actor, fee.id))


def _reach(read: _Read) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    heads = {head.account: head.name for head in read.heads}
    only = next(iter(heads)) if len(heads) == 1 else None
    head = forms.choice_field("Fee head", heads, key="fees.head", chosen=only)
    classes = {EVERY: EVERY_CLASS, **{str(one.id): one.name for one in read.classes}}
    class_ = forms.choice_field("Class", classes, key="fees.class", chosen=EVERY)
    terms = {EVERY: EVERY_TERM, **{str(one.id): one.name for one in read.terms}}
    term = forms.choice_field("Term", terms, key="fees.term", chosen=EVERY)

    def reach(stands: Mapping[str, Any]) -> dict[str, Any]:
        class_id, term_id = class_.at(stands).code(), term.at(stands).code()
        return {
            "account": head.at(stands).code(empty="Choose a fee head."),
            "class_id": int(class_id) if class_id else None,
            "term_id": int(term_id) if term_id else None,
        }

    return reach


def _same(reach: dict[str, Any], _: Mapping[str, Any]) -> dict[str, Any]:
    return reach


def _end(actor: Actor, fee_id: int) -> None:
    with feedback.attempt("fees"), writing() as session:
        service.end_fee(session, actor=actor, fee_id=fee_id)
    if not feedback.refused():
        feedback.say("success", "The fee is taken out. What was charged by it stays charged.")
        fee_dialogs.close()
