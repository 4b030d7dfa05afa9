"""The classes, from the youngest to the oldest: added, renamed, put in order."""

from __future__ import annotations

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading
from school.reports import rolls
from school.students import classes
from school.students import queries as students
from school.students.queries import ClassFacts
from school.ui import feedback, filters, links, tables, words
from school.ui.settings_form import WIDTH, Stands, Tell, button, text

CHOSEN, NEW = "settings.class", "A new class"
FIRST = "First of all"


def draw(actor: Actor) -> None:
    with reading() as session:
        held = students.classes(session)
        enrolled = rolls.enrolled(session)
    chosen = filters.choice("Class", {NEW: None, **{c.name: c for c in held}}, key=CHOSEN)
    _form(actor, held, chosen)
    if not held:
        st.info("There are no classes yet. An import makes those it finds.", icon=":material/school:")
        return
    columns = {
        "Class": [c.name for c in held],
        "Students": [f"{enrolled.get(c.id, 0):,}" for c in held],
    }
    goals = [(links.STUDENTS, links.students(class_name=c.name)) for c in held]
    alt = "Classes from the youngest to the oldest, with the students enrolled"
    tables.rows(columns, goals, opens="Class", amounts=("Students",), key="settings.classes", alt=alt)


def _form(actor: Actor, held: list[ClassFacts], chosen: ClassFacts | None) -> None:
    ident = chosen.id if chosen else 0
    name, place = f"settings.class_name_{ident}", f"settings.class_after_{ident}"
    others = {FIRST: 0} | {f"After {c.name}": c.id for c in held if c is not chosen}
    at = held.index(chosen) if chosen else len(held)
    with st.form(f"settings.class_{ident}", width=WIDTH):
        left, right = st.columns(2)
        with left:
            st.text_input("Name", chosen.name if chosen else "", key=name, autocomplete="off")
            feedback.problem(name)
        with right:
            st.selectbox("Place, from the youngest", list(others), index=at, key=place)

        def write(session: Session, stands: Stands) -> Tell:
            after, typed, class_id = others.get(text(stands, place)), text(stands, name), ident
            if not chosen:
                class_id = classes.add_class(session, actor=actor, name=typed)
            classes.change_class(session, actor=actor, class_id=class_id, name=typed, after=after)
            return lambda: f"{words.plain(typed.strip())} is {'kept' if chosen else 'added'}."

        label = "Keep" if chosen else "Add the class"
        button(label, f"settings.keep_class_{ident}", write, empties=() if chosen else (name,), name=name)
