"""Single students who do otherwise than their class when the year turns; the address remembers them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import streamlit as st

from school.db import reading
from school.students import queries as students
from school.students.next_year import LEAVES
from school.students.queries import StudentFacts
from school.ui import links

ADDRESS = "otherwise"  # `12.5~15.0`: student 12 goes to class 5, student 15 leaves
SEARCH, WHO, DOES, KEPT = "settings.find", "settings.who", "settings.does", "settings.otherwise"
MATCHES_MAX = 20
STAYS = -1
_PART = re.compile(r"([0-9]{1,17})\.([0-9]{1,17})")


def choose(names: Mapping[int, str]) -> dict[int, int | None]:
    """Where the students of the address go, and the fields that add one or let one go."""
    held = _held(names)
    with reading() as session:
        people = students.by_ids(session, held)
        found = students.search(session, str(st.session_state.get(SEARCH) or ""), limit=MATCHES_MAX)
    matches = {one.id: one for one in found if one.status == "enrolled"}
    st.text_input(
        "Find a student", key=SEARCH, type="search", live=True, placeholder="Name or admission number"
    )
    if matches:
        _who_does_what(matches, names)
    elif st.session_state.get(SEARCH):
        st.info("Nobody enrolled is found. Type the beginning of a name.", icon=":material/person_search:")
    if held:
        kept = [student_id for student_id in held if student_id in people]
        st.session_state[KEPT] = kept
        st.multiselect(
            "Do otherwise",
            kept,
            format_func=lambda one: f"{people[one].name}: {_does(held[one], people[one], names)}",
            key=KEPT,
            on_change=_keep,
        )
    return {student_id: to for student_id, to in held.items() if student_id in people}


def _who_does_what(matches: Mapping[int, StudentFacts], names: Mapping[int, str]) -> None:
    does = {STAYS: "Repeats the class", LEAVES: names[LEAVES]}
    does |= {class_id: f"Goes to {name}" for class_id, name in names.items() if class_id != LEAVES}
    if st.session_state.get(WHO) not in matches:
        st.session_state.pop(WHO, None)  # so that the first who is found is chosen
    left, middle, right = st.columns([3, 2, 1], vertical_alignment="bottom")
    with left:
        st.selectbox(
            "Student",
            list(matches),
            format_func=lambda one: _about(matches[one]) if one in matches else "",
            key=WHO,
        )
    with middle:
        st.selectbox("Does", list(does), format_func=lambda to: does.get(to, ""), key=DOES)
    with right:
        st.button("Add", key="settings.add_otherwise", on_click=_add, args=(matches,))


def _about(student: StudentFacts) -> str:
    return " · ".join([student.name, student.class_name or links.NO_CLASS, student.admission_no])


def _does(to: int, student: StudentFacts, names: Mapping[int, str]) -> str:
    return "repeats" if to == student.class_id else names[to].lower() if to == LEAVES else names[to]


def _held(names: Mapping[int, str]) -> dict[int, int]:
    """What the address says, as far as it makes sense."""
    found = {}
    for part in st.query_params.get(ADDRESS, "").split("~"):
        said = _PART.fullmatch(part)
        if said and int(said[2]) in names:
            found[int(said[1])] = int(said[2])
    return found


def _add(matches: Mapping[int, StudentFacts]) -> None:
    student = matches.get(st.session_state.get(WHO) or 0)
    does = st.session_state.get(DOES)
    to = (student.class_id if student else None) if does == STAYS else does
    if student is None or to is None:
        return
    parts = [part for part in st.query_params.get(ADDRESS, "").split("~") if part]
    others = [part for part in parts if part.partition(".")[0] != str(student.id)]
    st.query_params[ADDRESS] = "~".join([*others, f"{student.id}.{to}"])
    st.session_state[SEARCH] = ""


def _keep() -> None:
    kept = {str(student_id) for student_id in st.session_state.get(KEPT) or []}
    parts = st.query_params.get(ADDRESS, "").split("~")
    st.query_params[ADDRESS] = "~".join(part for part in parts if part.partition(".")[0] in kept)
