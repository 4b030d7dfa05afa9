"""Who owes, how much and since when, as at any day: by student, by family or by class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading
from school.documents.tabular import Column, Row
from school.reports import debtors
from school.reports.ageing import Ageing
from school.reports.debtors import DebtorPage, DebtorRow
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import board, charts, filters, links, open_charges, tables, words
from school.ui.charts import Bar
from school.ui.reporting import files, shown
from school.ui.tables import Goal

PAGE = "reports.debtors.page"
BY = {"Student": "student", "Family": "family", "Class": "class"}
ORDERS = {"Most owed first": "balance", "Oldest debt first": "oldest", "Name": "name"}
STRENGTHS = (0.35, 0.5, 0.65, 0.8, 1.0)  # the older the debt, the stronger its bar
AGES = {**open_charges.BUCKETS, "Credit": "credit"}
BALANCE = "Balance"


@dataclass(frozen=True)
class Asked:
    """`past` is the day when it is not today; `class_name` is None for every class."""

    by: str
    order: str
    day: date
    past: date | None
    class_name: str | None
    class_id: int | None

    @property
    def about(self) -> str:
        whom = "" if self.class_name is None else f", {self.class_name}"
        return f"As at {words.date(self.day)}, by {self.by}{whom}"


def draw(actor: Actor) -> None:
    with reading() as session:
        school = students.school(session)
        asked = choose(session)
        page = debtors.page(
            session,
            by=asked.by,
            order=asked.order,
            as_at=asked.past,
            class_id=asked.class_id,
            offset=filters.first_row(PAGE),
        )
    if not page.matches:
        st.info(f"Nobody owes anything as at {words.date(asked.day)}, and nobody is in credit.")
        return
    figures(page.whole, school)
    if page.whole.open_total:
        bars(page.whole, asked, school)
    table(page, asked, school)
    if page.matches > tables.ROWS_PER_PAGE:
        st.pagination(tables.pages(page.matches), key=PAGE)
    files.offer(report(asked, page.matches), actor)


def choose(session: Session) -> Asked:
    turn = filters.from_page_one(PAGE)
    classes: dict[str, int | None] = {"Every class": None}
    classes |= {row.name: row.id for row in students.classes(session)} | {links.NO_CLASS: 0}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        today = students.today(session)
        day = filters.as_at(key="reports.debtors.as_at", today=today, on_change=turn)
        by = filters.choice("By", BY, key="reports.debtors.by", on_change=turn) or "student"
        class_id = filters.choice("Class", classes, key="reports.debtors.class", on_change=turn)
        order = filters.choice("Order", ORDERS, key="reports.debtors.order", on_change=turn) or "balance"
    name = next((name for name, known in classes.items() if known == class_id), None)
    past = day if day < today else None
    return Asked(by, order, day, past, None if class_id is None else name, class_id)


def figures(aged: Ageing, school: SchoolFacts) -> None:
    unit = school.currency
    late = "nothing is owed"
    if aged.open_total:
        late = f"{board.percent(round(100 * aged.overdue / aged.open_total, 1))} of it"
    with st.grid(3, gap="small", min_column_width=shown.CARD):
        shown.figure(f"Owed, {unit.code}", words.amount(aged.open_total, unit), "due or not yet due")
        shown.figure("Overdue", words.amount(aged.overdue, unit), late)
        shown.figure("In credit", words.amount(aged.credit, unit), "kept for charges to come")


def bars(aged: Ageing, asked: Asked, school: SchoolFacts) -> None:
    """The ages as bars, each of which opens its charges."""
    made = []
    for (age, bucket), strength in zip(open_charges.BUCKETS.items(), STRENGTHS, strict=True):
        amount = words.amount(getattr(aged, bucket), school.currency)
        goal = _charges(age, asked)
        made.append(Bar(age, getattr(aged, bucket), amount, f"{age}: {amount}", goal, strength))
    charts.rows(made, key="reports.debtors.ages", alt="What is owed, by days since it was due")


def _charges(age: str, asked: Asked) -> Goal:
    address = open_charges.address(age=age, as_at=asked.past, class_name=asked.class_name)
    return open_charges.PAGE, address


def table(page: DebtorPage, asked: Asked, school: SchoolFacts) -> None:
    """The totals of all stand in the first row of every page."""
    rows, aged, count = page.rows, page.whole, page.matches
    unit = school.currency
    head = next(name for name, by in BY.items() if by == asked.by)
    plural = {"student": "students", "family": "families", "class": "classes"}[asked.by]
    every = f"All {count:,} {plural}" if count > 1 else "In all"
    columns = {
        head: [every, *(_name(row, asked) for row in rows)],
        BALANCE: [
            words.owes(one, unit) for one in (aged.open_total - aged.credit, *(r.balance for r in rows))
        ],
        **{
            age: [shown.some(amount, unit) for amount in (getattr(one, name) for one in (aged, *rows))]
            for age, name in AGES.items()
        },
        "Since": ["", *(words.date(row.since) if row.since else "" for row in rows)],
        **{name: ["", *cells] for name, cells in _more(rows, asked).items()},
    }
    kept = shown.filled(columns)
    goals = [_charges(open_charges.ALL, asked), *(_goal(row, asked) for row in rows)]
    amounts = [name for name in (BALANCE, *AGES, "Students") if name in kept]
    alt = f"Aged debtors by {asked.by}, all together first"
    tables.rows(kept, goals, fitted=True, opens=head, amounts=amounts, key="reports.debtors.rows", alt=alt)


def _more(rows: Sequence[DebtorRow], asked: Asked) -> dict[str, list[str]]:
    if asked.by == "student":
        return {
            "Class": [row.class_name or links.NO_CLASS for row in rows],
            "Number": [row.detail for row in rows],
        }
    if asked.by == "family":
        return {"Children": [row.detail for row in rows]}
    return {"Students": [f"{row.students:,}" for row in rows]}


def _name(row: DebtorRow, asked: Asked) -> str:
    return row.name or links.NO_CLASS if asked.by == "class" else row.name


def _goal(row: DebtorRow, asked: Asked) -> Goal:
    if asked.by == "student":
        return links.STUDENT, links.student(row.key)
    if asked.by == "family":
        return links.FAMILY, {"family": str(row.key)}
    return tables.HERE, {"reports.debtors.class": row.name or links.NO_CLASS, "reports.debtors.by": "Student"}


def report(asked: Asked, count: int) -> files.Report:
    def read(session: Session) -> Iterator[Row]:
        for row in debtors.every(
            session, by=asked.by, order=asked.order, as_at=asked.past, class_id=asked.class_id
        ):
            amounts = [row.balance, *(getattr(row, name) or None for name in AGES.values())]
            yield _name(row, asked), row.detail, row.class_name, *amounts, row.since

    head = next(name for name, by in BY.items() if by == asked.by)
    return files.Report(
        key="reports.debtors",
        title="Aged debtors",
        about=asked.about,
        day=asked.day.isoformat(),
        columns=(
            Column(head, wide=True),
            Column("Children" if asked.by == "family" else "Number", wide=asked.by == "family"),
            Column("Class"),
            *(Column(name, "amount", summed=True) for name in (BALANCE, *AGES)),
            Column("Since", "day"),
        ),
        rows=read,
        count=count,
    )
