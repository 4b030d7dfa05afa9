"""The state of the house on one page: the books, incidents, sign-ins, the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st
from babel.numbers import format_decimal
from sqlalchemy.orm import Session

import school
from school import clock, money
from school.access import attempts, listing
from school.access.rules import Actor
from school.audit import events
from school.audit import queries as audit
from school.audit.queries import EventFacts
from school.checks import ledger as checks
from school.checks import machine
from school.checks import service as writer
from school.checks.findings import Finding
from school.checks.machine import MachineFacts
from school.db import database, reading, writing
from school.incidents import queries as incidents
from school.ledger import queries as ledger
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import feedback, filters, tables, words

CARD = 180  # pixels: four beside each other on a desk, two on a telephone held sideways
INCIDENT_DAYS = 7
ATTEMPT_HOURS = 24
SCARCE = 10  # percent of the disk; below it somebody should look
INCIDENT_PAGE = "health.incident_page"


@dataclass(frozen=True)
class Health:
    """As of this moment; `findings` are of the quick check, `deep` is when all was last recomputed."""

    school: SchoolFacts
    findings: Sequence[Finding]
    deep: EventFacts | None
    incidents: int
    sign_ins: int
    failed: attempts.AttemptTotals
    machine: MachineFacts
    locked_through: date | None

    def moment(self, at: datetime) -> str:
        return words.moment(at, self.school.time_zone)

    def day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.school.time_zone)).date()


def read(session: Session) -> Health:
    now = clock.now()
    return Health(
        school=students.school(session),
        findings=checks.verify(session, deep=False),
        deep=audit.latest(session, events.BOOKS_VERIFIED, writer.BOOKS),
        incidents=incidents.count(session, now - timedelta(days=INCIDENT_DAYS)),
        sign_ins=listing.open_count(session),
        failed=attempts.totals(session, now - timedelta(hours=ATTEMPT_HOURS)),
        machine=machine.facts(session, database()),
        locked_through=ledger.locked_through(session),
    )


def figures(health: Health) -> None:
    """What an administrator wants to know first, and what is wrong in sentences under it."""
    deep = f"recomputed {words.date(health.day(health.deep.at))}" if health.deep else "looked at just now"
    failed = health.failed
    with st.grid(4, gap="small", min_column_width=CARD):
        _figure("The books", "Agree" if not health.findings else "Disagree", deep)
        _figure(
            f"Incidents in {INCIDENT_DAYS} days",
            f"{health.incidents:,}",
            "listed below" if health.incidents else "nothing went wrong",
        )
        _figure("Open sign-ins", f"{health.sign_ins:,}", "browsers")
        told = f"{_counted(failed.names, 'name')}, {_counted(failed.addresses, 'address')}"
        _figure(
            f"Failed sign-ins in {ATTEMPT_HOURS} hours",
            f"{failed.count:,}",
            told if failed.count else "nobody was refused",
        )
    for sentence in _worries(health):
        st.warning(sentence, icon=":material/warning:")
    findings(health.findings)


def _counted(count: int, thing: str) -> str:
    return f"1 {thing}" if count == 1 else f"{count:,} {thing}{'es' if thing.endswith('s') else 's'}"


def _figure(label: str, value: str, below: str) -> None:
    st.metric(label, value, delta=below, delta_color="off", delta_arrow="off", border=True, height="stretch")


def findings(found: Sequence[Finding]) -> None:
    for finding in found:
        st.error(f"{words.plain(finding.message)} {words.plain(finding.mend)}", icon=":material/error:")


def _worries(health: Health) -> list[str]:
    facts, found = health.machine, []
    if not facts.is_up_to_date:
        found.append("The database is not up to date. Run `python3 -m school migrate`.")
    if not database().takes_entries():
        found.append("The books take no entries: the disk is full, or the database is set to be read only.")
    if 100 * facts.disk_free < SCARCE * facts.disk_total:
        found.append(f"The disk of the books has only {size(facts.disk_free)} left. Make room soon.")
    return found


def incident_table(session: Session, health: Health) -> None:
    count = incidents.count(session)
    if not count:
        st.info("Nothing has gone wrong since these books were opened.", icon=":material/check_circle:")
        return
    st.markdown(
        words.quiet("The number is what the person was told. It finds the trace in the log of the server.")
    )
    names = {user.id: user.name for user in listing.users(session)}
    rows = incidents.latest(session, tables.ROWS_PER_PAGE, offset=filters.first_row(INCIDENT_PAGE))
    tables.plain(
        {
            "Number": [row.number for row in rows],
            "When": [health.moment(row.at) for row in rows],
            "Who": [names.get(row.user_id or 0, "not signed in") for row in rows],
            "Page": [row.page.strip("/") or "today" for row in rows],
            "What": [row.error for row in rows],
            "Where": [row.place for row in rows],
            "Form": [row.request_id or "" for row in rows],
        },
        key="health.incidents",
        alt="Incidents, the newest first",
    )
    _turn(count, INCIDENT_PAGE)


def _turn(matches: int, key: str) -> None:
    if matches > tables.ROWS_PER_PAGE:
        st.pagination(tables.pages(matches), key=key)


def books(health: Health, actor: Actor) -> None:
    """The quick check was made with this page; the deep one is a button away."""
    if health.deep:
        wrong = (health.deep.after or {}).get("disagreements", 0)
        said = "everything agreed" if not wrong else f"{wrong} disagreements were found"
        st.markdown(
            f"All entries were recomputed on {health.moment(health.deep.at)} by "
            f"{words.plain(health.deep.actor)}: {said}."
        )
    st.markdown(
        "This page looks at the guards of the database, the totals and the last entries each time it is "
        "opened. To read every entry again and recompute every balance takes longer, and stops nobody's work."
    )
    if st.button("Recompute everything", icon=":material/fact_check:", key="health.deep"):
        _recompute(actor)
    feedback.show("health")


def _recompute(actor: Actor) -> None:
    bar = st.progress(0.0, text="Reading every entry again …")
    with reading() as session:
        found = checks.verify(
            session, told=lambda done, of: bar.progress(done / of, text=f"Step {done + 1} of {of} …")
        )
    bar.empty()
    with feedback.refusals("health"), writing() as session:
        writer.verified(session, actor=actor, findings=found)
    if found:
        findings(found)
        return
    feedback.say("success", "The books agree: every balance follows from the entries, and none was changed.")
    st.rerun()


def facts(health: Health) -> None:
    """The database and the machine, as somebody asks who is called for help."""
    of = health.machine
    guards = [finding for finding in health.findings if finding.check == "guards"]
    st.table(
        {
            "Version": school.__version__,
            "Database": of.engine,
            "Size of the books": size(of.size),
            "Tables": "up to date" if of.is_up_to_date else f"at {of.revision or 'nothing'}, not the newest",
            "Rules of the database": "in place" if not guards else "changed",
            "Closed through": words.date(health.locked_through)
            if health.locked_through
            else "not closed yet",
            "Disk": f"{size(of.disk_free)} free of {size(of.disk_total)}",
            "Python and system": f"{of.python}, {of.system}",
        },
        border="horizontal",
    )


def size(count: int) -> str:
    """`1.2 GB`, as this reader writes numbers."""
    for unit, of in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= of:
            return f"{format_decimal(round(count / of, 1), locale=money.locale(words.tag()))} {unit}"
    return f"{count} bytes"
