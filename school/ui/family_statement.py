"""The statement of a family, whole or as one payer gets it: on the screen, as a paper, and by e-mail."""

from __future__ import annotations

from datetime import date
from functools import partial

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.access.service import authorise
from school.db import reading
from school.documents import share as papers
from school.documents.statement import StatementFacts, statement_pdf
from school.ledger import queries as ledger
from school.money import Currency
from school.reports import shares, statements
from school.students import payers
from school.students import queries as students
from school.ui import letters_offer, links, percents, periods, statement_words, tables, words
from school.ui.family_view import Family

ROWS_MAX = 200  # the newest; a browser is slow with more, and a period finds the others
WHOLE = "The whole family"
WIDTH = 260  # a name with its share


def draw(session: Session, family: Family, actor: Actor) -> None:
    """All the children's movements by date; above them the part of the payer who is chosen."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        guardian_id = _for(family)
        since, until = periods.fields(students.terms(session), students.years(session), page="family")
    if since and until and until < since:
        st.info("This period ends before it begins. Choose another.", icon=":material/event:")
        return
    with st.container(horizontal=True):
        _download(family, actor, guardian_id, since, until)
        letters_offer.statement(family.family_id, since, until, page="family")
    if guardian_id:
        facts = _facts(session, family.family_id, guardian_id, since, until)
        _share(facts, family.unit)
    _movements(session, family, since, until)


def _for(family: Family) -> int | None:
    """The guardian whose part is asked for; None is the whole, and all there is of a family as one."""
    if not family.payers:
        return None
    offered: dict[str, int | None] = {WHOLE: None}
    offered |= {f"{one.name}, {percents.shown(one.share_bp)}": one.guardian_id for one in family.payers}
    word = st.selectbox("For", list(offered), key="family.for", bind="query-params", width=WIDTH)
    return offered.get(word or WHOLE)


def _share(facts: StatementFacts, unit: Currency) -> None:
    """What the family was charged and paid, and beside it what is this payer's."""
    if facts.share is None:
        return
    own, family = facts.share.own.closing, facts.share.family.closing
    st.metric(
        f"{words.plain(facts.share.name)} ({unit.code})",
        words.owes_in_colour(own, unit),
        delta=f"of the family, which {statement_words.stands(family, unit, coloured=False)}",
        delta_color="off",
        delta_arrow="off",
        border=True,
        width="content",
    )
    told = papers.rows(facts.share)
    columns = {
        "What": [row.what for row in told],
        facts.share.name: [_amount(row.own, row, unit) for row in told],
        "The family": [_amount(row.family, row, unit) for row in told],
    }
    alt = f"The share of {facts.share.name}, {facts.share.percent}, beside what is the family's"
    amounts = (facts.share.name, "The family")
    tables.plain(columns, amounts=amounts, key="family.share_of", alt=alt)
    st.subheader("What the family was charged and paid", anchor=False)


def _amount(minor: int, row: papers.Row, unit: Currency) -> str:
    if row.is_balance:
        return words.owes(minor, unit)
    return f"− {words.amount(-minor, unit)}" if minor < 0 else words.amount(minor, unit)


def _movements(session: Session, family: Family, since: date | None, until: date | None) -> None:
    found, unit = ledger.family_statement(session, family.family_id, since=since, until=until), family.unit
    if not found.rows:
        st.caption(
            f"Nothing was posted in this period; the family {statement_words.stands(found.closing, unit)}."
        )
        return
    shown = found.rows[-ROWS_MAX:]
    if len(shown) < len(found.rows):
        brought = shown[0].row.balance - shown[0].row.amount
        st.markdown(f"Before the rows shown here the family {statement_words.stood(brought, unit)}.")
    elif since:
        st.markdown(f"On {words.date(since)} the family {statement_words.stood(found.opening, unit)}.")
    rows = [one.row for one in shown]
    columns = {
        "What": [statement_words.what(row) for row in rows],
        "Student": [one.child.name for one in shown],
        "Date": [words.date(row.date) for row in rows],
        "Charges": [words.amount(row.amount, unit) if row.amount > 0 else "" for row in rows],
        "Credits": [words.amount(-row.amount, unit) if row.amount < 0 else "" for row in rows],
        "Balance": [words.owes(row.balance, unit) for row in rows],
    }
    if len(family.children) == 1:
        del columns["Student"]
    goals = [(links.ENTRY, links.entry(row.entry_id)) for row in rows]
    amounts = ("Charges", "Credits", "Balance")
    alt = "Statement of the family, oldest first, with the family's balance after each movement"
    tables.rows(columns, goals, opens="What", amounts=amounts, fitted=True, key="family.statement", alt=alt)
    st.markdown(f"At the end the family {statement_words.stands(found.closing, unit)}.")


def _download(
    family: Family, actor: Actor, guardian_id: int | None, since: date | None, until: date | None
) -> None:
    """The paper is made when it is asked for, of the period on the screen."""
    who = next((one.name for one in family.payers if one.guardian_id == guardian_id), family.name)
    st.download_button(
        "Statement as PDF",
        partial(_pdf, actor, family.family_id, guardian_id, since, until),
        file_name=f"{who} statement.pdf",
        mime="application/pdf",
        icon=":material/download:",
        on_click="ignore",
        key="family.statement_pdf",
    )


def _pdf(
    actor: Actor, family_id: int, guardian_id: int | None, since: date | None, until: date | None
) -> bytes:
    with reading() as session:
        authorise(session, actor, "students.read")
        facts = _facts(session, family_id, guardian_id, since, until)
    return statement_pdf(facts)


def _facts(
    session: Session, family_id: int, guardian_id: int | None, since: date | None, until: date | None
) -> StatementFacts:
    facts = statements.family_statement(session, family_id, since, until)
    if guardian_id is None:
        return facts
    known = payers.payers(session, family_id)
    return shares.of_payers(session, family_id, facts, known).get(guardian_id, facts)
