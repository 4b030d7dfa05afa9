"""The letters documents are numbered under, for what comes next: what was handed out keeps its number."""

from __future__ import annotations

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.errors import BadInput
from school.ledger.models import DocumentSeries, Entry
from school.ledger.posting import authorise
from school.ledger.rules import SERIES, SERIES_SHAPE

OF_KIND = {"payment": "receipts", "refund": "refunds"}
DEPOSIT_SLIPS = "D"  # they are no entries, and count by themselves


def number_documents(session: Session, *, actor: Actor, kind: str, series: str) -> None:
    """Number what comes next under other letters: from 1, or on from where these letters were left.

    Raises BadInput for letters that are none, or that number documents of the other kind.
    """
    authorise(session, actor, "settings.manage")
    if kind not in SERIES:
        raise BadInput("Only receipts and refunds are numbered.", field="kind")
    series = series.strip().upper()
    if not SERIES_SHAPE.fullmatch(series):
        raise BadInput("Type 1 to 6 letters and digits, a letter first, like R or R27.", field="series")
    if series == DEPOSIT_SLIPS:
        raise BadInput(f"{series} numbers deposit slips: choose other letters.", field="series")
    held = {row.kind: row.series for row in session.scalars(select(DocumentSeries))}
    other = next(name for name in SERIES if name != kind)
    used = select(Entry.id).where(Entry.series == series, Entry.kind == other).limit(1)
    if series in (held.get(other, SERIES[other]), SERIES[other]) or session.scalar(used):
        raise BadInput(f"{series} numbers {OF_KIND[other]}: choose other letters.", field="series")
    was = held.get(kind, SERIES[kind])
    if series == was:
        return
    if kind in held:
        session.execute(update(DocumentSeries).where(DocumentSeries.kind == kind).values(series=series))
    else:
        session.execute(insert(DocumentSeries), [{"kind": kind, "series": series}])
    audit.record(
        session,
        actor=actor,
        event=events.SERIES_CHANGED,
        subject=f"series:{kind}",
        before={"series": was},
        after={"series": series},
    )
