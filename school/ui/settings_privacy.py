"""How long personal data are kept, whose need not be kept any longer, and their erasure."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading
from school.errors import BadInput
from school.privacy import queries, service
from school.privacy.queries import Leaver
from school.privacy.service import AT_ONCE_MAX
from school.students import policies
from school.ui import feedback, forms, links, tables, words
from school.ui.settings_form import WIDTH, Stands, Tell, button, text

YEARS, WHOM, REASON, SURE = (f"settings.erase_{name}" for name in ("years", "whom", "reason", "sure"))
WORD = "ERASE"
STAYS = (
    "Names, numbers, guardians, contacts, notes, letters, and what the audit log says of them go for good. "
    "Entries, balances, receipts and their hashes stay, with what stands on the vouchers themselves."
)


def draw(actor: Actor) -> None:
    with reading() as session:
        years, since = queries.retention_years(session), queries.kept_since(session)
        found, erased = queries.leavers(session), queries.count_erased(session)
    with st.container(horizontal=True):
        st.metric("Need not be kept any longer", f"{len(found):,}")
        st.metric("Erased so far", f"{erased:,}")
    _years(actor, years, first=not found)
    if not found:
        st.info(
            f"Nobody who left by {words.date(since)} with nothing owed is left to erase.",
            icon=":material/verified_user:",
        )
        return
    _leavers(found)
    _erase(actor, found[:AT_ONCE_MAX])


def _years(actor: Actor, years: int, *, first: bool) -> None:
    with st.form("settings.privacy", width=WIDTH):
        st.text_input(
            "Years personal data are kept after somebody left", str(years), key=YEARS, autocomplete="off"
        )
        feedback.problem(YEARS)
        st.markdown(
            words.quiet(
                "Counted from the day a student left, or from the last entry after it. Vouchers have "
                "to be kept as long as the law of your country says: ask before you choose fewer years."
            )
        )
        button(
            "Keep", "settings.keep_years", lambda session, stands: _keep(session, actor, stands), first=first
        )


def _keep(session: Session, actor: Actor, stands: Stands) -> Tell:
    typed = text(stands, YEARS).strip()
    with forms.in_field(YEARS):
        if not typed.isdecimal() or len(typed) > len(str(policies.YEARS_MAX)):
            raise BadInput(f"Type a number of years between 1 and {policies.YEARS_MAX}.")
        policies.change_policies(session, actor=actor, values={policies.RETENTION_YEARS: int(typed)})
    kept = _count(int(typed), "year")
    return lambda: f"Kept: personal data are kept for {kept} after somebody left."


def _leavers(found: Sequence[Leaver]) -> None:
    columns = {
        "Student": [one.name for one in found],
        "Number": [one.admission_no for one in found],
        "Left": [words.date(one.left_on) for one in found],
        "Last entry or day": [words.date(one.last_on) for one in found],
    }
    goals = [(links.STUDENT, links.student(one.student_id)) for one in found]
    alt = "Students whose personal data need not be kept any longer"
    tables.rows(columns, goals, opens="Student", key="settings.leavers", alt=alt)


def _erase(actor: Actor, found: Sequence[Leaver]) -> None:
    labels = {str(one.student_id): f"{one.name} ({one.admission_no})" for one in found}
    with st.form("settings.erase", width=WIDTH):
        st.multiselect(
            "Erase the personal data of", list(labels), list(labels), format_func=labels.__getitem__, key=WHOM
        )
        feedback.problem(WHOM)
        st.text_input("Reason", key=REASON, autocomplete="off", placeholder="Kept as long as the law asks")
        feedback.problem(REASON)
        st.text_input(f"Type {WORD}, as there is no way back", key=SURE, autocomplete="off")
        feedback.problem(SURE)
        st.markdown(words.quiet(STAYS))
        button(
            "Erase for good",
            "settings.erase_now",
            lambda session, stands: _write(session, actor, stands),
            empties=(REASON, SURE),
            students=WHOM,
            reason=REASON,
        )


def _write(session: Session, actor: Actor, stands: Stands) -> Tell:
    with forms.in_field(SURE):
        if text(stands, SURE).strip() != WORD:
            raise BadInput(f"Type {WORD} in capital letters if you are sure.")
    chosen = stands.get(WHOM)
    ids = [int(one) for one in chosen if str(one).isdecimal()] if isinstance(chosen, list) else []
    done = service.erase(session, actor=actor, student_ids=ids, reason=text(stands, REASON))
    return lambda: (
        f"Erased for good: {_count(done.students, 'student')}, {_count(done.guardians, 'guardian')}, "
        f"{_count(done.families, 'family', 'families')} and {_count(done.letters, 'letter')}. "
        "Older backups still hold them until they are rotated away."
    )


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
