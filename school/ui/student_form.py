"""Who a student is and who answers for it, as the office types it; what nobody touched is not written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import streamlit as st
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.db import one_writer, writing
from school.drafts import service as drafting
from school.errors import BadInput
from school.students import queries, rules, service
from school.students.queries import GuardianFacts, StudentFacts
from school.students.rules import NewGuardian
from school.ui import (
    begun,
    drafts,
    feedback,
    filled,
    forms,
    links,
    memory,
    once,
    unsent,
    unwritten,
    words,
)
from school.ui.begun import READ_MAX, SHOWN_MAX, Begun

TICKET = "details"
NUMBER, FIRST, LAST = "details.admission_no", "details.first_name", "details.last_name"
CLASS, STATUS = "details.class", "details.status"
JOINED, LEFT = "details.joined_on", "details.left_on"
GUARDIAN, PHONE, EMAIL = "details.guardian", "details.guardian_phone", "details.guardian_email"
_KINDS: dict[str, drafts.Kind] = {
    **dict.fromkeys((NUMBER, FIRST, LAST, f"{GUARDIAN}.*", f"{PHONE}.*", f"{EMAIL}.*"), "text"),
    **dict.fromkeys((CLASS, STATUS), "choice"),
    **dict.fromkeys((JOINED, LEFT), "day"),
}
FORM = drafts.Form("student details", "details", _KINDS, filled=True)
STATUSES = {code: code.capitalize() for code in rules.STATUSES}
GUARDIANS_MAX = 8
WIDTH = 720
_SAVED = "details.saved"  # the student who was written, until the next page is there

Stands = Mapping[str, Any]
Begins = Callable[[str], Any]


@dataclass(frozen=True)
class Known:
    """What the form begins with; `student` is None where one is to be added, of whom some were `begun`."""

    student: StudentFacts | None
    guardians: tuple[GuardianFacts, ...]
    classes: Mapping[str, str]
    today: date
    begun: tuple[Begun, ...] = ()


class Saved(NamedTuple):
    student_id: int
    told: str


def read(session: Session, student_id: int) -> Known:
    """Raises NotFound for a number that is nobody's; 0 is a student to be added."""
    student = queries.student(session, student_id) if student_id else None
    return Known(
        student,
        tuple(queries.guardians(session, student_id)) if student else (),
        {"0": links.NO_CLASS, **{str(c.id): c.name for c in queries.classes(session)}},
        clock.today(queries.school(session).time_zone),
    )


def read_for(session: Session, actor: Actor, student_id: int) -> Known:
    """As `read`, with what this user has begun to add and not added."""
    known = read(session, student_id)
    return known if known.student else replace(known, begun=tuple(_begun(actor)))


def _begun(actor: Actor) -> Iterator[Begun]:
    here = st.query_params.get(TICKET)
    found = unwritten.unfinished(actor=actor, form=FORM.name, limit=READ_MAX)
    new = [one for one in found if one.fields.get(drafts.STUDENT) == 0 and one.request_id != here]
    for one in new[:SHOWN_MAX]:
        told = [str(one.fields[key]) for key in (NUMBER, FIRST, LAST) if one.fields.get(key)]
        said = words.plain(" ".join(told)) or "A student"
        yield Begun(one.request_id, f"**{said}**", one.saved_at, {TICKET: one.request_id})


def saved() -> int | None:
    """The student who was written by the press before, whose account comes next."""
    found: int | None = st.session_state.get(_SAVED)
    return found


def draw(known: Known, actor: Actor) -> None:
    student_id = known.student.id if known.student else 0
    request_id = once.ticket(TICKET)
    form = (FORM, actor, request_id, student_id)
    put_back = drafts.restore(*form)
    seen = filled.fill(FORM.page, f"{request_id} {student_id}", _of_books(known))
    with st.container(width=WIDTH):
        begins = partial(filled.default, seen, put_back=put_back)
        _student(known, begins)
        _guardians(seen, begins)
        drafts.keep(*form, only=filled.touched(seen, _typed(memory.everything())))
        st.button(
            "Keep the changes" if known.student else "Add the student",
            type="primary",
            icon=":material/check:",
            key="details.keep",
            on_click=_press,
            args=(actor, request_id, student_id, seen, once.Press[Saved]()),
        )
        unsent.watch(*form)
        begun.draw(known.begun, "Begun and not added", FORM, actor)


def _of_books(known: Known) -> dict[str, Any]:
    """A name that is known as a whole only stands in the place of the last name."""
    student = known.student
    if student is None:
        return {NUMBER: "", FIRST: "", LAST: "", CLASS: "0", STATUS: "enrolled", JOINED: known.today}
    filled = {
        NUMBER: student.admission_no,
        FIRST: student.first_name,
        LAST: student.last_name or ("" if student.first_name else student.name),
        CLASS: str(student.class_id or 0),
        STATUS: student.status,
        JOINED: student.joined_on,
        LEFT: student.left_on,
    }
    for n, guardian in enumerate(known.guardians):
        filled |= {f"{GUARDIAN}.{n}": guardian.name, f"{PHONE}.{n}": guardian.phone}
        filled |= {f"{EMAIL}.{n}": guardian.email}
    return filled


def _student(known: Known, begins: Begins) -> None:
    number, form = st.columns(2)
    with number:
        _text("Admission number", NUMBER, begins, rules.ADMISSION_NO_MAX)
    with form:
        forms.choice_field("Class", known.classes, key=CLASS, chosen=begins(CLASS))
    first, last = st.columns(2)
    with first:
        _text("First name", FIRST, begins, rules.NAME_MAX)
    with last:
        _text("Last name", LAST, begins, rules.NAME_MAX)
    standing, since = st.columns(2)
    with standing:
        offered = {code: name for code, name in STATUSES.items() if known.student or code != "left"}
        status = forms.choice_field("Status", offered, key=STATUS, chosen=begins(STATUS))
    with since:
        if status.value == "left":
            forms.date_field("Left on", key=LEFT, value=begins(LEFT) or known.today)
        else:
            forms.date_field("Joined on", key=JOINED, value=begins(JOINED))


def _text(label: str, key: str, begins: Begins, most: int) -> None:
    forms.text_field(label, key=key, value=begins(key) or "", max_chars=most)


def _guardians(seen: Stands, begins: Begins) -> None:
    """As many as are typed, and room for one more."""
    st.header("Guardians", anchor=False)
    st.markdown(
        words.quiet(
            "The first is written to first. Students with a guardian in common, of one name and one phone or "
            "e-mail, are siblings in one family account."
        )
    )
    stands = {**seen, **memory.everything()}
    typed = [n for n in range(GUARDIANS_MAX) if any(_guardian(stands, n))]
    for n in range(min(max(typed, default=-1) + 2, GUARDIANS_MAX)):
        name, phone, email = st.columns(3)
        with name:
            _text(f"Guardian {n + 1}", f"{GUARDIAN}.{n}", begins, rules.TEXT_MAX)
        with phone:
            _text("Phone", f"{PHONE}.{n}", begins, rules.TEXT_MAX)
        with email:
            _text("E-mail", f"{EMAIL}.{n}", begins, rules.TEXT_MAX)


def _typed(stands: Stands) -> dict[str, Any]:
    return {key: value for key, value in stands.items() if value and FORM.kind(key)}


def _guardian(stands: Any, n: int) -> tuple[str, str, str]:
    name, phone, email = (str(stands.get(f"{key}.{n}") or "") for key in (GUARDIAN, PHONE, EMAIL))
    return name, phone, email


def _press(actor: Actor, request_id: str, student_id: int, seen: Stands, press: once.Press[Saved]) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    with feedback.attempt("details", class_id=CLASS) as stands:
        typed = _typed(stands)
        done = press.once(
            repr(sorted(typed.items())), lambda: _write(actor, request_id, student_id, typed, seen)
        )
    if feedback.refused():
        return
    once.done(TICKET)
    st.session_state[_SAVED] = done.student_id
    feedback.say("success", done.told)


def _write(actor: Actor, request_id: str, student_id: int, typed: Stands, seen: Stands) -> Saved:
    with writing() as session:
        one_writer(session)
        known = read(session, student_id)
        now = _of_books(known)
        values = filled.merged(seen, typed, now, shown=_shown(known, now))
        changes = _changes(values, now if student_id else {})
        if student_id:
            service.change_student(session, actor=actor, student_id=student_id, **changes)
            told = "{name} is changed."
        else:
            student_id = service.add_student(session, actor=actor, **changes)
            told = "{name} is added{to_class}{siblings}."
        drafting.forget(session, actor=actor, form=FORM.name, request_id=request_id)
        return Saved(student_id, told.format(**_about(session, student_id)))


def _shown(known: Known, now: Stands) -> dict[str, str]:
    days = {key: words.date(now[key]) for key in (JOINED, LEFT) if now.get(key)}
    return {CLASS: known.classes.get(now[CLASS], ""), STATUS: STATUSES.get(now[STATUS], ""), **days}


def _changes(values: Stands, now: Stands) -> Any:
    """What is not in the books as it stands now. Raises BadInput with the field."""
    wanted = {
        **{key: str(values.get(key) or "") for key in (NUMBER, FIRST, LAST, STATUS)},
        **{key: _day(values.get(key)) for key in (JOINED, LEFT) if key == JOINED or now},
        CLASS: values.get(CLASS),
    }
    found: dict[str, Any] = {
        key.partition(".")[2]: value for key, value in wanted.items() if key not in now or value != now[key]
    }
    if "class" in found:
        found["class_id"] = _class(found.pop("class"))
    people = [_guardian(values, n) for n in range(GUARDIANS_MAX)]
    if not now or people != [_guardian(now, n) for n in range(GUARDIANS_MAX)]:
        found["guardians"] = [_checked(n, NewGuardian(*one)) for n, one in enumerate(people) if any(one)]
    return found


def _class(value: object) -> int | None:
    """No class for the first of the list; what is not in it is a class that nobody finds."""
    return (int(value) or None) if isinstance(value, str) and value.isdecimal() else -1


def _day(value: object) -> date | None:
    return value if isinstance(value, date) else None


def _checked(n: int, guardian: NewGuardian) -> NewGuardian:
    try:
        return rules.checked_guardian(guardian)
    except BadInput as error:
        raise BadInput(error.sentence, field=f"details.{error.field}.{n}") from error


def _about(session: Session, student_id: int) -> dict[str, str]:
    student = queries.student(session, student_id)
    siblings = [words.plain(one.name) for one in queries.siblings(session, student_id)]
    return {
        "name": words.plain(student.name),
        "to_class": f" to {words.plain(student.class_name)}" if student.class_name else "",
        "siblings": f", in one family account with {', '.join(siblings)}" if siblings else "",
    }
