"""What a billing run would charge: in all, by fee head, and student by student."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from school.fees.bills import WARNINGS, Bill, HeadBill
from school.fees.prices import Warned
from school.money import Currency
from school.ui import cards, charts, filters, links, tables, words
from school.ui.charts import Bar

PAGE = "fees.page"
SHOW = {"What is new": "new", "What needs a look": "warned", "Everybody": "all"}


def figures(found: Sequence[Bill], unit: Currency) -> None:
    """The key figures: what the run would charge, to how many, and how many need a look."""
    new, warned = sum(bill.is_new for bill in found), sum(bool(bill.warned) for bill in found)
    more = sum(bill.owes_more for bill in found)
    amount = words.amount(more, unit)
    with st.grid(3, gap="small", min_column_width=cards.width([amount])):
        st.metric(f"To be charged ({unit.code})", amount, border=True)
        st.metric("Students", f"{new:,} of {len(found):,}", border=True)
        st.metric("Need a look", f"{warned:,}", border=True)


def draw(found: Sequence[Bill], unit: Currency) -> None:
    _by_head(found, unit)
    show = filters.choice("Show", SHOW, key="fees.show", on_change=filters.from_page_one(PAGE))
    rows = [bill for bill in found if show == "all" or (bill.warned if show == "warned" else bill.is_new)]
    if not rows:
        st.info("Nobody.", icon=":material/person_search:")
        return
    first = tables.offset(st.session_state.get(PAGE, 1), len(rows))
    _table(rows[first : first + tables.ROWS_PER_PAGE], unit)
    if len(rows) > tables.ROWS_PER_PAGE:
        st.pagination(tables.pages(len(rows)), key=PAGE)


def _by_head(found: Sequence[Bill], unit: Currency) -> None:
    totals: Counter[str] = Counter()
    for bill in found:
        for one in bill.heads:
            totals[one.head.name] += one.decision.charge - one.decision.credit
    conceded = sum(bill.concession for bill in found)
    sizes = {**{name: total for name, total in totals.items() if total}}
    if conceded:
        sizes["Concessions"] = -conceded
    goal = (links.FEES, {"fees.view": "Fee structure"})
    bars = [
        Bar(
            name, abs(size), words.amount(size, unit), f"{name}: {unit.code} {words.amount(size, unit)}", goal
        )
        for name, size in sizes.items()
    ]
    if len(bars) > 1:
        charts.rows(bars, key="fees.by_head", alt="What would be charged by fee head")


def _table(rows: Sequence[Bill], unit: Currency) -> None:
    def amounts(values: list[int]) -> list[str]:
        return [words.amount(value, unit) if value else "" for value in values]

    columns = {
        "Student": [bill.pupil.name for bill in rows],
        "New": amounts([bill.owes_more for bill in rows]),
        "For": [_what_for(bill) for bill in rows],
        "To look at": [_warnings(bill.warned, unit) for bill in rows],
        "Class": [bill.pupil.class_name or links.NO_CLASS for bill in rows],
        "Charges": amounts([bill.charge if bill.charge != bill.owes_more else 0 for bill in rows]),
        "Concessions": amounts([-bill.concession for bill in rows]),
        "Credit notes": amounts([-bill.credit for bill in rows]),
        "Charged before": amounts([bill.charged for bill in rows]),
        "Number": [bill.pupil.admission_no for bill in rows],
    }
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    right = [
        name for name in ("New", "Charges", "Concessions", "Credit notes", "Charged before") if name in kept
    ]
    goals = [(links.STUDENT, links.student(bill.pupil.id)) for bill in rows]
    tables.rows(
        kept, goals, opens="Student", amounts=right, key="fees.bills", alt="What each student is charged"
    )


def _what_for(bill: Bill) -> str:
    """`Tuition, Transport`"""
    return ", ".join(one.head.name for one in bill.heads if _is_new(one))


def _is_new(one: HeadBill) -> bool:
    return bool(one.decision.charge or one.decision.credit or one.decision.concessions)


def _warnings(warned: Sequence[Warned], unit: Currency) -> str:
    return "; ".join(dict.fromkeys(_warning(one, unit) for one in warned))


def _warning(one: Warned, unit: Currency) -> str:
    """`Tuition: charged by hand already, 200.00`"""
    text = f"{one.head}: {WARNINGS[one.what]}" if one.head else WARNINGS[one.what]
    return f"{text}, {words.amount(one.amount_minor, unit)}" if one.amount_minor else text
