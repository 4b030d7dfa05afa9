"""The turn of the year: who goes where, shown as a dry run with the arrears, and then done once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import pairwise

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading, writing
from school.money import Currency
from school.reports import rolls
from school.reports.rolls import ClassTurn, Turn
from school.students import next_year, promotion
from school.students import queries as students
from school.students.next_year import LEAVES, NewYear
from school.students.promotion import Done, Plan
from school.students.queries import ClassFacts, TermFacts, YearFacts
from school.ui import cards, feedback, filters, forms, links, once, otherwise, tables, words
from school.ui.settings_form import WIDTH

INTO, TICKET = "settings.into", "turn"
NAME, FIRST_DAY, LAST_DAY = "settings.new_year", "settings.new_year_from", "settings.new_year_to"
OUT = "Leaves the school"


@dataclass(frozen=True)
class Step:
    """From one year into the next, which may have to be made."""

    old: YearFacts
    into: YearFacts | NewYear


def draw(actor: Actor) -> None:
    request_id = once.ticket(TICKET)
    with reading() as session:
        unit = students.school(session).currency
        years, terms = students.years(session), students.terms(session)
        classes, turns = students.classes(session), promotion.all_done(session)
        today = students.today(session)
        steps = _steps(session, years, terms, turns, today)
    done = next((turn for turn in turns if turn.request_id == request_id), None)
    if done:
        _result(done, years)
    elif steps and classes:
        step = filters.choice("Into", {step.into.name: step for step in steps}, key=INTO) or steps[0]
        _ask(actor, request_id, unit, step, classes, today)
    elif turns:
        year = _named(turns[0].year_id, years)
        st.info(f"The students are in {year}. It is turned again once it has begun.", icon=":material/event:")
    else:
        st.info("Add a school year and classes first.", icon=":material/event:")
    _history(turns, years)


def _steps(
    session: Session,
    years: Sequence[YearFacts],
    terms: Sequence[TermFacts],
    turns: Sequence[Done],
    today: date,
) -> list[Step]:
    """What can be done now: into the year that has begun while students wait for it, or into a later one."""
    turned = {turn.year_id for turn in turns}
    found: list[Step] = []
    begun = [year for year in years if year.starts_on <= today]
    for old, new in pairwise(years):
        late = new.starts_on <= today <= new.ends_on
        waits = late and rolls.waiting(session, from_year_id=old.id, into_year_id=new.id) > 0
        if new.id not in turned and (waits or (new.starts_on > today and old in begun)):
            found.append(Step(old, new))
    if years and years[-1] in begun:
        found.append(Step(years[-1], next_year.year_after(years[-1], terms)))
    return found


def _ask(
    actor: Actor, request_id: str, unit: Currency, step: Step, classes: Sequence[ClassFacts], today: date
) -> None:
    feedback.problem(INTO)
    summary = st.container()
    into = _new_year(step.into) if isinstance(step.into, NewYear) else step.into
    names = {c.id: c.name for c in classes} | {LEAVES: OUT}
    with st.expander("Where each class goes", icon=":material/moving:"):
        mapping = _mapping(classes, names)
    with st.expander("Students who do otherwise", icon=":material/person_edit:"):
        exceptions = otherwise.choose(names)
    with reading() as session:
        plan = promotion.plan(session, into=into, mapping=mapping, exceptions=exceptions)
        turn = rolls.turn(session, plan)
    if into.starts_on > today:
        st.warning(
            f"{words.plain(into.name)} begins on {words.date(into.starts_on)}. What is posted from now on "
            "counts for the new classes, and leavers take no new charges.",
            icon=":material/event_upcoming:",
        )
    with summary:
        _figures(plan, turn, unit, step)
    _classes(turn, names, unit)
    st.button(
        f"Move {len(plan.moves):,} students into {words.plain(into.name)}",
        type="primary",
        icon=":material/moving:",
        key="settings.promote",
        disabled=not plan.moves,
        on_click=_promote,
        args=(actor, request_id, step, into, mapping, exceptions, plan.digest),
    )
    _leavers(turn, unit)


def _new_year(proposed: NewYear) -> NewYear:
    """The year is made with the moves; its terms are those of the year before, twelve months later."""
    with st.container(border=True, width=WIDTH):
        st.markdown(
            f"**{words.plain(proposed.name)} is added** with its terms, twelve months later than now."
        )
        left, middle, right = st.columns([2, 1, 1])
        with left:
            name = forms.text_field("Name of the new year", key=NAME, default=proposed.name)
        with middle:
            first = forms.date_field("First day", key=FIRST_DAY, value=proposed.starts_on)
        with right:
            last = forms.date_field("Last day", key=LAST_DAY, value=proposed.ends_on)
        spans = [f"{words.plain(n)} {words.date(a)} – {words.date(b)}" for n, a, b in proposed.terms]
        st.markdown(words.quiet("; ".join(spans) or "No terms"))
    since, until = (typed.value for typed in (first, last))
    return NewYear(
        name.words(),
        since if isinstance(since, date) else proposed.starts_on,
        until if isinstance(until, date) else proposed.ends_on,
        proposed.terms,
    )


def _mapping(classes: Sequence[ClassFacts], names: Mapping[int, str]) -> dict[int, int]:
    """Where each class goes; to begin with, to the next in order."""
    proposed = next_year.next_classes(classes)
    chosen: dict[int, int] = {}
    options = [*names]
    with st.grid(3, gap="small", min_column_width=220):
        for one in classes:
            chosen[one.id] = st.selectbox(
                one.name,
                options,
                index=options.index(proposed[one.id]),
                format_func=partial(_goes_to, one.id, names),
                key=f"settings.to_{one.id}",
            )
    return chosen


def _goes_to(own: int, names: Mapping[int, str], to: int) -> str:
    return f"{names[to]} (stays)" if to == own else names[to]


def _figures(plan: Plan, turn: Turn, unit: Currency, step: Step) -> None:
    st.markdown(
        f"From **{words.plain(step.old.name)}** into **{words.plain(step.into.name)}**, as a dry run:"
    )
    owed = words.amount(turn.owed, unit)
    with st.grid(4, gap="small", min_column_width=cards.width([owed])):
        for label, value, below in (
            ("Another class", f"{plan.moved:,}", "move up"),
            ("The same class", f"{plan.stayed:,}", "stay"),
            ("Leave", f"{plan.left:,}", f"{turn.leavers_owing:,} of them owe"),
            (f"Owed in {unit.code}", owed, "brought forward"),
        ):
            st.metric(label, value, delta=below, delta_color="off", delta_arrow="off", border=True)


def _promote(
    actor: Actor,
    request_id: str,
    step: Step,
    into: YearFacts | NewYear,
    mapping: Mapping[int, int],
    exceptions: Mapping[int, int | None],
    seen: str,
) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    fields = {"name": NAME, "starts_on": FIRST_DAY, "ends_on": FIRST_DAY, "terms": FIRST_DAY}
    with (
        feedback.attempt("settings", **fields),
        once.holding(request_id),
        writing() as session,
    ):
        promotion.promote(
            session,
            actor=actor,
            request_id=request_id,
            from_year_id=step.old.id,
            into=into if isinstance(into, NewYear) else into.id,
            mapping=mapping,
            exceptions=exceptions,
            seen=seen,
        )


def _classes(turn: Turn, names: Mapping[int, str], unit: Currency) -> None:
    columns = {
        "Class": [_name(c.class_id, names) for c in turn.classes],
        "Go to": [_going(c, names) for c in turn.classes],
        "Students": [f"{c.going.total():,}" for c in turn.classes],
        "Owed": [words.amount(c.owed, unit) if c.owed else "" for c in turn.classes],
        "In credit": [words.amount(c.credit, unit) if c.credit else "" for c in turn.classes],
    }
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    amounts = [heading for heading in ("Students", "Owed", "In credit") if heading in kept]
    alt = "Where each class goes, with what its students owe"
    if turn.classes:
        tables.plain(kept, amounts=amounts, key="settings.turn", alt=alt)
        st.markdown(words.quiet("What is owed or in credit stays on each account. Nothing is posted for it."))


def _name(class_id: int | None, names: Mapping[int, str]) -> str:
    return names.get(class_id or -1, links.NO_CLASS)


def _going(of: ClassTurn, names: Mapping[int, str]) -> str:
    """`Form 2A`, or `Form 2A 28, stay 2, leave 1` where not all do the same."""
    alone = len(of.going) == 1
    parts = []
    for to, count in of.going.most_common():
        word = "stay" if to == of.class_id else "leave" if to == LEAVES else _name(to, names)
        parts.append(word if alone else f"{word} {count:,}")
    told = ", ".join(parts)
    return told[:1].upper() + told[1:]


def _leavers(turn: Turn, unit: Currency) -> None:
    if not turn.leavers:
        return
    st.header("Leave and still owe", anchor=False)
    more = f", of whom the {len(turn.leavers)} who owe most stand here" * (
        turn.leavers_owing > len(turn.leavers)
    )
    amount = words.amount(turn.leavers_owe, unit)
    st.markdown(f"{turn.leavers_owing:,} owe {unit.code} {amount} together{more}.")
    columns = {
        "Student": [student.name for student, _ in turn.leavers],
        "Balance": [words.owes(balance, unit) for _, balance in turn.leavers],
        "Class": [student.class_name for student, _ in turn.leavers],
        "Number": [student.admission_no for student, _ in turn.leavers],
    }
    goals = [(links.STUDENT, links.student(student.id)) for student, _ in turn.leavers]
    alt = "Students who leave and owe, the largest debt first"
    tables.rows(columns, goals, opens="Student", amounts=("Balance",), key="settings.leavers", alt=alt)


def _result(done: Done, years: Sequence[YearFacts]) -> None:
    st.success(
        f"The students are in {_named(done.year_id, years)}: {done.moved:,} went to another class, "
        f"{done.stayed:,} stayed, {done.left:,} left the school.",
        icon=":material/check_circle:",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(links.STUDENTS, label="Students", icon=":material/groups:")
        st.button("Close", key="settings.turn_seen", on_click=once.done, args=(TICKET,))


def _named(year_id: int, years: Sequence[YearFacts]) -> str:
    return words.plain(next((year.name for year in years if year.id == year_id), ""))


def _history(turns: Sequence[Done], years: Sequence[YearFacts]) -> None:
    if not turns:
        return
    names = {year.id: year.name for year in years}
    columns = {
        "Into": [names.get(turn.year_id, "") for turn in turns],
        "Moved": [f"{turn.moved:,}" for turn in turns],
        "Stayed": [f"{turn.stayed:,}" for turn in turns],
        "Left": [f"{turn.left:,}" for turn in turns],
        "By": [turn.actor for turn in turns],
    }
    counts = ("Moved", "Stayed", "Left")
    tables.plain(columns, amounts=counts, key="settings.turns", alt="Turns of the year, the latest first")
