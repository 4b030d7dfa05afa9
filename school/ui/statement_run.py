"""Many statements at once: of a class or of all, of students or families, as one file to print or a zip."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.access.service import authorise
from school.db import reading
from school.documents.statement import StatementFacts, statements_pdf, statements_zip
from school.money import Currency
from school.reports import recipients, shares, statements
from school.reports.recipients import Recipients
from school.students import queries as students
from school.ui import filters, links, words
from school.ui.reporting import periods
from school.ui.reporting.periods import Period

PAGE = "reports.statements"
FILE = f"{PAGE}.file"
LETTERS_MAX = 5_000  # in one file; it is held in memory until it is fetched

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
AS = {"One PDF": "pdf", "A PDF each, zipped": "zip"}
MADE: Mapping[str, Callable[[Iterator[StatementFacts]], bytes]] = {
    "pdf": statements_pdf,
    "zip": statements_zip,
}
MIME = {"pdf": "application/pdf", "zip": "application/zip"}


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
    held: Any = st.session_state.get(FILE)
    made: bytes | None = held[1] if held and held[0] == asked else None
    bar = st.empty()
    if st.button(
        f"Make {count:,} {_many(count, 'statement')}",
        type="secondary" if made else "primary",
        icon=":material/print:",
        key=f"{PAGE}.make",
    ):
        st.session_state[FILE] = (asked, _make(asked, found, actor, bar))
        st.rerun()
    if made:
        _fetch(asked, made)


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
        kind = filters.choice("As", AS, key=f"{PAGE}.as")
    return Asked(class_id, of or "student", bool(only_owing), kind or "pdf", period)


def _recipients(session: Session, asked: Asked) -> Recipients:
    return RECIPIENTS[asked.of](session, class_id=asked.class_id, only_owing=asked.only_owing)


def _make(asked: Asked, found: Recipients, actor: Actor, bar: st.delta_generator.DeltaGenerator) -> bytes:
    with reading() as session:
        authorise(session, actor, "reports.read")
        facts = STATEMENTS[asked.of](session, found.ids, asked.period.since, asked.period.until)
        made = MADE[asked.kind](_counted(facts, found.papers, bar))
    bar.empty()
    return made


def _counted(
    facts: Iterator[StatementFacts], count: int, bar: st.delta_generator.DeltaGenerator
) -> Iterator[StatementFacts]:
    """Progress while the letters are set; whoever leaves the page stops them."""
    for number, fact in enumerate(facts, start=1):
        if number % 10 == 0 or number == count:
            bar.progress(min(number / count, 1.0), text=f"{number:,} of {count:,} statements")
        yield fact


def _fetch(asked: Asked, made: bytes) -> None:
    megabytes = max(1, round(len(made) / 2**20))
    st.success(f"The file is ready: {megabytes} MB.", icon=":material/check_circle:")
    st.download_button(
        "Download",
        made,
        file_name=f"statements {asked.period.name}.{asked.kind}",
        mime=MIME[asked.kind],
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        key=f"{PAGE}.download",
    )


def _many(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
