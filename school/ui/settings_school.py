"""Whose books these are: the name, what stands on letters and receipts, time zone, language, currency."""

from __future__ import annotations

from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import one_writer, reading
from school.documents import engine
from school.errors import BadInput
from school.ledger import queries as ledger
from school.reports import letterheads
from school.students import calendar
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import feedback, filled, forms, languages, proposals, words
from school.ui.settings_form import WIDTH, Stands, Tell, button, text

NAME, ADDRESS, HOW_TO_PAY = "settings.name", "settings.address", "settings.how_to_pay"
ZONE, LOCALE, CURRENCY = "settings.time_zone", "settings.locale", "settings.currency"
LOGO, NO_LOGO = "settings.logo", "settings.no_logo"
LANGUAGE_HELP = (
    "Receipts, statements, invoices, reminders, e-mails and the papers of the till are written in it. What "
    "you have named yourselves, such as classes and fee heads, stays as you typed it."
)
PICTURES = ["png", "jpg", "jpeg", "svg"]


def draw(actor: Actor) -> None:
    with reading() as session:
        school, picture = students.school(session), letterheads.logo(session)
        begun = ledger.last_entry(session) > 0
    seen = filled.fill("settings", "school", _texts(school))
    with st.form("settings.school", width=WIDTH):
        st.text_input("Name of the school", seen[NAME], key=NAME, autocomplete="organization")
        feedback.problem(NAME)
        st.text_area("Address", seen[ADDRESS], key=ADDRESS, height=100, help="It stands on every document.")
        feedback.problem(ADDRESS)
        st.text_area(
            "How to pay",
            seen[HOW_TO_PAY],
            key=HOW_TO_PAY,
            height=100,
            help="Bank account, paybill number, office hours: it stands on statements, invoices and letters.",
        )
        feedback.problem(HOW_TO_PAY)
        left, right = st.columns(2)
        with left:
            forms.choice_field("Time zone", proposals.time_zones(), key=ZONE, chosen=school.time_zone)
        with right:
            tags = {tag: languages.of_papers(tag) for tag in languages.offered(school.locale) if tag}
            forms.choice_field(
                "Language of documents", tags, key=LOCALE, chosen=school.locale, help=LANGUAGE_HELP
            )
        if not languages.has_words(school.locale):
            st.markdown(words.quiet(_in_english(school.locale)))
        _currency(school, begun)
        _logo(picture)
        button("Keep", "settings.keep_school", lambda session, stands: _keep(session, actor, stands, seen))


def _texts(school: SchoolFacts) -> dict[str, str]:
    return {NAME: school.name, ADDRESS: school.address, HOW_TO_PAY: school.how_to_pay}


def _in_english(tag: str) -> str:
    name = words.plain(languages.own_name(tag))
    return (
        f"Documents have no words in {name} yet, so they are in English; numbers and dates are written as in "
        f"{name}. Whoever knows both languages can add it in an afternoon: docs/languages.md tells how."
    )


def _currency(school: SchoolFacts, begun: bool) -> None:
    code = school.currency.code
    if begun:
        st.markdown(words.quiet(f"The currency is {code}. It stays, because amounts are posted in it."))
        return
    currencies = proposals.currencies(words.tag())
    forms.choice_field("Currency", currencies, key=CURRENCY, chosen=code, help="It stays once posted in.")


def _logo(picture: bytes | None) -> None:
    if picture:
        st.image(picture.decode() if b"<svg" in picture[:1000] else picture, width=96)
        st.checkbox("Print no logo any more", key=NO_LOGO)
    st.file_uploader("Another logo" if picture else "Logo", type=PICTURES, max_upload_size=1, key=LOGO)
    feedback.problem(LOGO)


def _keep(session: Session, actor: Actor, stands: Stands, seen: dict[str, str]) -> Tell:
    one_writer(session)
    now = _texts(students.school(session))
    kept = filled.merged(seen, {key: text(stands, key) for key in now}, now)
    if currency := text(stands, CURRENCY):
        calendar.change_currency(session, actor=actor, currency=currency)
    calendar.change_school(
        session,
        actor=actor,
        name=kept[NAME] or "",
        address=kept[ADDRESS] or "",
        how_to_pay=kept[HOW_TO_PAY] or "",
        time_zone=text(stands, ZONE) or None,
        locale=text(stands, LOCALE) or None,
        logo=_new_logo(stands.get(LOGO), without=bool(stands.get(NO_LOGO))),
    )
    return lambda: _told(kept[NAME])


def _told(name: str) -> str:
    filled.forget("settings")
    return f"{words.plain(name.strip())} is kept. New documents say it so from now on."


def _new_logo(sent: Any, *, without: bool) -> bytes | None:
    """The picture; nothing for no logo, None for the one there is. Raises BadInput for what is no picture."""
    if sent is None:
        return b"" if without else None
    data: bytes = sent.getvalue()
    if len(data) <= calendar.LOGO_BYTES_MAX and engine.picture(data) is None:
        raise BadInput("This file is no picture that can be printed: choose a PNG, JPEG or SVG.", field=LOGO)
    return data
