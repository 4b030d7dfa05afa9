"""Many statements at once: of a class or of all, of students or families, as one file to print or a zip."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading
from school.documents.statement import StatementFacts, statements_pdf, statements_zip
from school.money import Currency
from school.reports import recipients, shares, statements
from school.reports.recipients import Recipients
from school.students import queries as students
from school.ui import filters, links, paper_run, words
from school.ui.paper_run import PaperRun
from school.ui.reporting import periods
from school.ui.reporting.periods import Period

PAGE = "reports.statements"
FILE = f"{PAGE}.file"
LETTERS_MAX = paper_run.PAPERS_MAX

FOR = {"Students": "student", "Families": "family", "Each payer": "payer"}
RECIPIENTS: Mapping[str, Callable[..., Recipients]] = {
    "student": recipients.of_students,
    "family": recipients.of_families,
    "payer": recipients.of_payers,
}
STATEMENTS: Mapping[str, Callable[..., Iterator[StatementFacts]]] = {
    "student": statements.student_statements,
    "family": statements.family_statements,
    "payer": shares.payer_statements,
}
WHO = {"Only who owes": True, "Everyone": False}
MADE: Mapping[str, Callable[[Iterator[StatementFacts]], bytes]] = {
    "pdf": statements_pdf,
    "zip": statements_zip,
}


@dataclass(frozen=True)
class Asked:
    """What is to be printed; a file answers only the question it was made for."""

    class_id: int | None
    of: str
    only_owing: bool
    kind: str
    period: Period


def draw(actor: Actor) -> None:
    with reading() as session:
        unit = students.school(session).currency
        asked = _choose(session)
        found = _recipients(session, asked)
    count = found.papers
    if periods.refused(asked.period):
        return
    if not count:
        st.info("Nobody gets a statement here. Choose another class, or everyone.")
        return
    _figure(asked, found, unit)
    if count > LETTERS_MAX:
        st.info(f"One file holds up to {LETTERS_MAX:,} statements. Choose a class, or only who owes.")
        return
    paper_run.offer(_run(asked, found), actor)


def _run(asked: Asked, found: Recipients) -> PaperRun[StatementFacts]:
    def read(session: Session) -> Iterator[StatementFacts]:
        return STATEMENTS[asked.of](session, found.ids, asked.period.since, asked.period.until)

    return PaperRun(
        key=PAGE,
        asked=asked,
        count=found.papers,
        word="statement",
        file_name=f"statements {asked.period.name}",
        kind=asked.kind,
        capability="reports.read",
        read=read,
        make=MADE[asked.kind],
    )


def _figure(asked: Asked, found: Recipients, unit: Currency) -> None:
    count = len(found.ids)
    whose = _many(count, "student") if asked.of == "student" else "family" if count == 1 else "families"
    st.metric(
        "Statements",
        f"{found.papers:,}",
        delta=f"{count:,} {whose}, {_together(found.balance, unit)}",
        delta_color="off",
        delta_arrow="off",
    )


def _together(balance: int, unit: Currency) -> str:
    if balance == 0:
        return "who together owe nothing"
    owed = "owe" if balance > 0 else "have a credit of"
    return f"who together {owed} {unit.code} {words.amount(abs(balance), unit)}"


def _choose(session: Session) -> Asked:
    classes: dict[str, int | None] = {"Every class": None}
    classes |= {row.name: row.id for row in students.classes(session)} | {links.NO_CLASS: 0}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        class_id = filters.choice("Class", classes, key=f"{PAGE}.class")
        of = filters.choice("For", FOR, key=f"{PAGE}.for")
        only_owing = filters.choice("Who", WHO, key=f"{PAGE}.who")
        period = periods.choose(session, tab="statements", first=periods.YEAR)
        kind = filters.choice("As", paper_run.AS, key=f"{PAGE}.as")
    return Asked(class_id, of or "student", bool(only_owing), kind or "pdf", period)


def _recipients(session: Session, asked: Asked) -> Recipients:
    return RECIPIENTS[asked.of](session, class_id=asked.class_id, only_owing=asked.only_owing)


def _many(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
