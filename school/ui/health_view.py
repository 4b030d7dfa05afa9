"""The page of health: is all well, the key figures, and under them what went wrong and what is kept."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from sqlalchemy.orm import Session

from school.access import listing
from school.access.rules import Actor
from school.audit import events
from school.checks import installation
from school.checks import ledger as checks
from school.checks import service as writer
from school.checks.findings import ERROR, WARNING, Finding
from school.checks.place import Place
from school.db import database, reading, writing
from school.incidents import queries as incidents
from school.monitoring import history, watch
from school.settings import settings
from school.ui import feedback, filters, links, tables, words
from school.ui.health_state import INCIDENT_DAYS, Health, counted, faults, milliseconds, size, worries

CARD = 160  # pixels: four beside each other on a desk, two on a telephone
INCIDENT_PAGE = "health.incident_page"
_ICONS = {ERROR: ":red[:material/error:]", WARNING: ":orange[:material/warning:]"}
_NOTE = ":gray[:material/info:]"


def in_a_sentence(health: Health) -> None:
    """For somebody who reads nothing else; with a colour, an icon and words for each."""
    wrong, soon = faults(health), worries(health)
    if wrong:
        _listed(st.error, "needs to be mended", wrong, ":material/error:")
    if soon:
        _listed(st.warning, "should be looked at", soon, ":material/warning:")
    if not wrong and not soon:
        fault = "somebody met a fault of the program" if health.history.incidents else "nobody met a fault"
        said = f"All is well: the books agree, {fault} in {history.DAYS} days, and {_backed_up(health)}."
        st.success(said, icon=":material/check_circle:")


def _backed_up(health: Health) -> str:
    if health.backup is None:
        return "there is no backup yet"
    return f"the newest backup was made {words.ago(health.backup.made_at)}"


def _listed(box: object, what: str, sentences: Sequence[str], icon: str) -> None:
    text = sentences[0]
    if len(sentences) > 1:
        text = "\n".join(
            [
                f"{len(sentences)} things {what.replace('needs', 'need')}:",
                "",
                *(f"- {one}" for one in sentences),
            ]
        )
    box(text, icon=icon)  # type: ignore[operator]


def figures(health: Health) -> None:
    """What an administrator wants to know first; a figure of this process alone says so."""
    deep = f"recomputed {words.date(health.day(health.deep.at))}" if health.deep else "looked at just now"
    failed, paid = health.failed, sum(health.history.payments.values())
    told = f"{counted(failed.names, 'name')}, {counted(failed.addresses, 'address')}"
    waiting, lost = health.letters.get("waiting", 0), health.letters.get("failed", 0)
    with st.grid(4, gap="small", min_column_width=CARD):
        _figure("The books", "Agree" if not health.findings else "Disagree", deep)
        _figure(
            f"Incidents in {INCIDENT_DAYS} days",
            f"{health.incidents:,}",
            "listed below" if health.incidents else "nothing went wrong",
        )
        _figure(f"Payments in {history.HOURS} hours", f"{paid:,}", "recorded")
        late = milliseconds(health.late) if health.pages else "–"
        _figure("95 of 100 pages take", late, "or less, in this process")
        _figure("Open sign-ins", f"{health.sign_ins:,}", "browsers")
        _figure(
            f"Failed sign-ins, {history.HOURS} h",
            f"{failed.count:,}",
            told if failed.count else "nobody was refused",
        )
        _figure("Letters waiting", f"{waiting:,}", f"{lost:,} failed" if lost else "none failed")
        _figure("Newest backup", *_backup(health))


def _backup(health: Health) -> tuple[str, str]:
    if health.backup is None:
        return "None", "nothing to restore yet"
    tried = "tried" if health.backup.verified_at else "not tried yet"
    return words.ago(health.backup.made_at).removesuffix(" ago"), f"old, {size(health.backup.size)}, {tried}"


def _figure(label: str, value: str, below: str) -> None:
    st.metric(label, value, delta=below, delta_color="off", delta_arrow="off", border=True, height="stretch")


def incident_table(session: Session, health: Health) -> None:
    count = incidents.count(session)
    if not count:
        st.info("Nothing has gone wrong since these books were opened.", icon=":material/check_circle:")
        return
    st.markdown(
        words.quiet("The number is what the person was told. It finds the trace in the log of the server.")
    )
    names = {user.id: user.name for user in listing.names(session)}
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
    if count > tables.ROWS_PER_PAGE:
        st.pagination(tables.pages(count), key=INCIDENT_PAGE)


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
        "opened, and the server every quarter of an hour. To read every entry again and recompute every "
        "balance takes longer, and stops nobody's work."
    )
    if st.button("Recompute everything", icon=":material/fact_check:", key="health.deep", type="primary"):
        _recompute(actor)
    if actor.can("audit.read"):
        st.page_link(
            links.AUDIT,
            label="Who recomputed them, and when",
            icon=":material/history:",
            query_params={"audit.event": events.BOOKS_VERIFIED},
        )
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
        _findings(found)
        return
    feedback.say("success", "The books agree: every balance follows from the entries, and none was changed.")
    st.rerun()


def checked() -> None:
    """What `check` says of this installation now, and how to mend it."""
    found = installation.at_work(Place(settings(), database()))
    if not found:
        st.success("Nothing is wrong with this installation.", icon=":material/check_circle:")
    _findings(found)
    last = watch.last(database())
    since = f"The server itself looked {words.ago(last.at)}. " if last else ""
    st.markdown(
        words.quiet(f"{since}Before people are let in, `python3 -m school check --deploy` asks for more.")
    )


def _findings(found: Sequence[Finding]) -> None:
    for finding in found:
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"{_ICONS.get(finding.severity, _NOTE)} **{words.told(finding.message)}**")
            st.markdown(words.told(finding.mend))
            if finding.why:
                st.markdown(words.quiet(words.told(finding.why)))
