"""The words of the three reminders: typed with placeholders, and read beside them as a family will."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

import streamlit as st

from school import languages
from school.access.rules import Actor
from school.db import one_writer, reading, writing
from school.drafts import service as drafting
from school.errors import BadInput
from school.letters import queries, rules, service
from school.letters.rules import Stage
from school.money import show_with_code
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import drafts, feedback, filled, forms, once, unsent, words
from school.ui.forms import TypedText

TICKET = "words"
SUBJECT, BODY, DAYS = "letters.subject", "letters.body", "letters.days"
FORM = drafts.Form(
    "reminder words",
    "letters",
    {f"{DAYS}.*": "text", f"{SUBJECT}.*": "text", f"{BODY}.*": "text"},
    filled=True,
)
BODY_HEIGHT = 320
EXAMPLE = 12_500  # in the currency's major unit


def draw(actor: Actor) -> None:
    with reading() as session:
        kept = {stage.stage: stage for stage in queries.stages(session)}
        school = students.school(session)
    stage = kept[_chosen()]
    request_id = once.ticket(TICKET)
    form = (FORM, actor, request_id, stage.stage)
    put_back = drafts.restore(*form)
    left, right = st.columns(2, gap="large")
    with left:
        seen = filled.fill(FORM.page, f"{request_id} {stage.stage}", _of_books(stage))
        typed = _fields(stage.stage, partial(filled.default, seen, put_back=put_back))
        drafts.keep(*form, only=filled.touched(seen, {field.key: field.text for field in typed.values()}))
        st.button(
            f"Keep the {rules.STAGE_NAMES[stage.stage].lower()}",
            type="primary",
            icon=":material/check:",
            key="letters.keep_words",
            on_click=_keep,
            args=(actor, request_id, stage.stage, typed, seen, once.Press[bool]()),
        )
        unsent.watch(*form)
    with right:
        _as_read(typed, school)
        _placeholders()


def _chosen() -> int:
    names = {name: stage for stage, name in rules.STAGE_NAMES.items()}
    name = st.segmented_control(
        "Which reminder",
        list(names),
        key="letters.stage",
        bind="query-params",
        default=next(iter(names)),
        required=True,
        label_visibility="collapsed",
    )
    return names.get(name or "", 1)


def _of_books(stage: Stage) -> dict[str, str]:
    n = stage.stage
    return {
        f"{DAYS}.{n}": str(stage.days_overdue),
        f"{SUBJECT}.{n}": stage.subject,
        f"{BODY}.{n}": stage.body,
    }


def _fields(n: int, begins: Callable[[str], str | None]) -> dict[str, TypedText]:
    days = forms.text_field(
        "Days overdue",
        key=f"{DAYS}.{n}",
        value=begins(f"{DAYS}.{n}") or "",
        help="How old the oldest open charge is when this reminder is meant.",
    )
    key = f"{SUBJECT}.{n}"
    subject = forms.text_field(
        "Subject", key=key, value=begins(key) or "", max_chars=rules.SUBJECT_LENGTH_MAX
    )
    key = f"{BODY}.{n}"
    body = st.text_area(
        "Text", begins(key) or "", key=key, height=BODY_HEIGHT, max_chars=rules.BODY_LENGTH_MAX
    )
    feedback.problem(key)
    return {"days": days, "subject": subject, "body": TypedText(body or "", key)}


def _as_read(typed: dict[str, TypedText], school: SchoolFacts) -> None:
    """What a family would read, with an example for each placeholder."""
    unit = school.currency
    language = languages.of(school.locale)
    example = {
        "guardian": "Grace Odhiambo",
        "family": "Odhiambo",
        "students": "Amina Odhiambo",
        "amount": show_with_code(EXAMPLE * 10**unit.exponent, unit, school.locale),
        "since": language.long_day(date(2026, 1, 15)),
        "days": "32",
        "pay_by": language.long_day(date(2026, 3, 2)),
        "school": school.name,
    }
    st.markdown(words.quiet("As a family reads it"))
    with st.container(border=True):
        st.markdown(f"**{words.plain(rules.fill(typed['subject'].text, example))}**")
        for paragraph in rules.fill(typed["body"].text, example).split("\n"):
            if paragraph.strip():
                st.markdown(words.plain(paragraph))


def _placeholders() -> None:
    with st.expander("Placeholders", icon=":material/data_object:"):
        for name, meaning in rules.PLACEHOLDERS.items():
            st.markdown(f"`{{{name}}}` {meaning}")


def _keep(
    actor: Actor,
    request_id: str,
    n: int,
    typed: dict[str, TypedText],
    seen: dict[str, str],
    press: once.Press[bool],
) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    changed = False
    fields = {"days": f"{DAYS}.{n}", "subject": f"{SUBJECT}.{n}", "body": f"{BODY}.{n}"}
    with feedback.attempt("letters", **fields) as stands:
        said = {field.key: field.at(stands).text for field in typed.values()}
        changed = press.once(repr(said), lambda: _write(actor, request_id, n, said, seen))
    if feedback.refused():
        return
    once.done(TICKET)
    name = rules.STAGE_NAMES[n].lower()
    if changed:
        feedback.say("success", f"The words of the {name} are kept. The next reminder run uses them.")
    else:
        feedback.say("info", f"The words of the {name} are kept as they stand here.")


def _write(actor: Actor, request_id: str, n: int, said: dict[str, str], seen: dict[str, str]) -> bool:
    """Whether anything was changed by it."""
    with writing() as session:
        one_writer(session)
        now = next(stage for stage in queries.stages(session) if stage.stage == n)
        kept = filled.merged(seen, said, _of_books(now))
        days, subject, body = (str(kept[f"{part}.{n}"] or "") for part in (DAYS, SUBJECT, BODY))
        stage = Stage(n, _days(days), subject, body)
        changed = service.save_stage(session, actor=actor, stage=stage)
        drafting.forget(session, actor=actor, form=FORM.name, request_id=request_id)
        return changed


def _days(text: str) -> int:
    if not (text.strip().isascii() and text.strip().isdigit()):
        raise BadInput("Type the number of days, such as 21.", field="days")
    return int(text.strip()[:6])
