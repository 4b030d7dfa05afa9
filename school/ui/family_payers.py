"""Who pays which part of a family account, what each of them owes, and the form that says so."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from school.access.rules import Actor
from school.db import writing
from school.students import payers
from school.ui import feedback, percents, tables, words
from school.ui.family_view import Family
from school.ui.percents import TypedPercent


def draw(family: Family) -> None:
    """Each payer's part of all that is charged, less what was paid; the parts add up to the balance."""
    if not family.standings:
        st.markdown("The family answers as one for all that its children owe.")
        return
    unit, rows = family.unit, family.standings
    columns = {
        "Payer": [one.payer.name for one in rows],
        "Stands at": [words.owes(one.owes, unit) for one in rows],
        "Share": [percents.shown(one.payer.share_bp) for one in rows],
        "Of the charges": [words.amount(one.borne, unit) for one in rows],
        "Paid": [words.amount(one.paid, unit) for one in rows],
        "Paid by others": [words.amount(one.of_others, unit) for one in rows],
    }
    if not any(one.of_others for one in rows):
        del columns["Paid by others"]
    amounts = [name for name in columns if name != "Payer"]
    tables.plain(columns, amounts=amounts, key="family.payers", alt="Who pays which share, and owes what")
    st.markdown(
        words.quiet(
            "The shares count for all that was ever charged. A payment is theirs by the name on its receipt; "
            "what anybody else paid counts for all by their shares."
        )
    )


def form(family: Family, actor: Actor) -> None:
    """A percentage for each guardian; none at all, and the family answers as one."""
    if not actor.can("fees.manage") or not family.guardians:
        return
    held = {payer.guardian_id: payer.share_bp for payer in family.payers}
    with st.expander("Change who pays", icon=":material/call_split:", expanded=feedback.refused()):
        st.caption("The shares add up to 100 %. Leave all empty when the family answers as one.")
        typed = {
            one.id: percents.percent_field(
                words.plain(one.name or one.phone or one.email),
                key=f"family.share.{one.id}",
                value=held.get(one.id),
                width=320,
            )
            for one in family.guardians
        }
        st.button(
            "Share the charges so", key="family.shares_so", on_click=_share, args=(family, actor, typed)
        )
        feedback.problem("family.shares")


def _share(family: Family, actor: Actor, typed: Mapping[int, TypedPercent]) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    with feedback.attempt("family") as stands:
        read = {one: field.at(stands).basis_points() for one, field in typed.items()}
        shares = {one: share for one, share in read.items() if share}
        with writing() as session:
            payers.share_charges(session, actor=actor, family_id=family.family_id, shares=shares)
    if not feedback.refused():
        said = "The charges are shared anew." if shares else "The family answers as one."
        feedback.say("success", said)
