"""A report to take along: as CSV, Excel or PDF, made when it is asked for from the books of that moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.access.service import authorise
from school.db import reading
from school.documents import tabular
from school.documents.table import ROWS_MAX, TOO_LONG, TablePaper, table_pdf
from school.documents.tabular import Column, Row, Table
from school.reports import letterheads
from school.students import queries as students
from school.ui import words

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Report:
    """`key` names its buttons, `day` is in the name of its file; `rows` reads the `count` rows anew."""

    key: str
    title: str
    about: str
    day: str
    columns: Sequence[Column]
    rows: Callable[[Session], Iterable[Row]]
    count: int


def offer(report: Report, actor: Actor) -> None:
    """Three buttons; what is too long for paper is not offered as paper."""
    long = report.count > ROWS_MAX
    for_whom = actor.full_name or actor.name
    with st.container(horizontal=True, vertical_alignment="center"):
        _button(report, "CSV", "csv", "text/csv", partial(csv_file, report, actor))
        _button(report, "Excel", "xlsx", XLSX, partial(xlsx_file, report, actor))
        paper = partial(pdf_file, report, actor, words.tag(), for_whom)
        _button(report, "PDF", "pdf", "application/pdf", paper, disabled=long)
    if long:
        st.markdown(words.quiet(TOO_LONG))


def _button(
    report: Report, label: str, ending: str, mime: str, data: Callable[[], bytes], *, disabled: bool = False
) -> None:
    st.download_button(
        label,
        data,
        file_name=f"{report.title.lower()} {report.day}.{ending}",
        mime=mime,
        icon=":material/download:",
        help=f"{report.title} as {label}",
        on_click="ignore",
        key=f"{report.key}.{ending}",
        disabled=disabled,
    )


def csv_file(report: Report, actor: Actor) -> bytes:
    with reading() as session:
        authorise(session, actor, "reports.read")
        return tabular.csv_file(_table(session, report))


def xlsx_file(report: Report, actor: Actor) -> bytes:
    with reading() as session:
        authorise(session, actor, "reports.read")
        return tabular.xlsx_file(_table(session, report), created=clock.now())


def pdf_file(report: Report, actor: Actor, reader: str, for_whom: str) -> bytes:
    now = clock.now()
    with reading() as session:
        authorise(session, actor, "reports.read")
        school = students.school(session)
        return table_pdf(
            TablePaper(
                table=_table(session, report),
                school_name=school.name,
                logo=letterheads.logo(session),
                about=report.about,
                printed=f"Printed {words.moment(now, school.time_zone, reader)} for {for_whom}",
                locale=reader,
                made_at=now,
            )
        )


def _table(session: Session, report: Report) -> Table:
    return Table(report.title, report.columns, report.rows(session), students.school(session).currency)
