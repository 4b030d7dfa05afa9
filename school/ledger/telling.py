"""What the log and the figures of this process are told of the books: ids and minor units, no names."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from school import metrics
from school.access.rules import Actor
from school.db import once_known
from school.errors import SchoolError, Unavailable, kinds
from school.ledger import wording
from school.ledger.models import KINDS
from school.ledger.projections import StudentBalance

if TYPE_CHECKING:
    from school.ledger.posting import Posted

P = ParamSpec("P")
log = logging.getLogger(__name__)

for _kind in KINDS:
    metrics.entries.labels(_kind)
REFUSALS = frozenset(kind.__name__ for kind in kinds(SchoolError) if not issubclass(kind, Unavailable))
FAULT = "Fault"  # of the program; which, the log says
FAILURES = frozenset({*(kind.__name__ for kind in kinds(Unavailable)), FAULT})

for _outcome, _reasons in (
    ("recorded", {""}),
    ("repeated", {""}),
    ("refused", REFUSALS),
    ("failed", FAILURES),
):
    for _reason in _reasons:
        metrics.payments.labels(_outcome, _reason)  # a figure that appears late is not seen to grow

_kept = cast(Table, StudentBalance.__table__)
_BALANCE = select(_kept.c.balance).where(_kept.c.student_id == bindparam("student"))
BALANCES_MAX = 10  # of a family; who pays for more is told without


def entry_posted(
    session: Session, actor: Actor, entry: Mapping[str, Any], document: str | None, lines: Sequence[Any]
) -> None:
    """`payment recorded`, once it is; with the balance of each student after it."""
    students, connection = sorted({line.student_id for line in lines}), session.connection()
    balances = {
        str(one): connection.scalar(_BALANCE, {"student": one})
        for one in (students if len(students) <= BALANCES_MAX else ())
    }
    said = {
        **_who(actor),
        "entry": entry["id"],
        "document": document,
        "reverses": entry["reverses"],
        "request_id": entry["request_id"],
        "minor": entry["total"],
        "students": students if not balances else None,
        "balances": balances or None,
    }
    once_known(session, partial(_posted, entry["kind"], said))


def _posted(kind: str, said: Mapping[str, Any], error: BaseException | None) -> None:
    if error is None:
        metrics.entries.labels(kind).inc()
        log.info(f"{wording.KIND_NAMES[kind].lower()} recorded", extra=said)  # noqa: G004 - one of ten kinds


def run_posted(session: Session, actor: Actor, heads: Sequence[Mapping[str, Any]]) -> None:
    """One line for many entries of one moment."""
    once_known(session, partial(_run_posted, _who(actor), heads))


def _run_posted(
    who: Mapping[str, Any], heads: Sequence[Mapping[str, Any]], error: BaseException | None
) -> None:
    if error is not None or not heads:
        return
    for head in heads:
        metrics.entries.labels(head["kind"]).inc()
    first, last = heads[0]["id"], heads[-1]["id"]
    minor = sum(head["total"] for head in heads)
    log.info(
        "entries recorded", extra={**who, "first": first, "last": last, "count": len(heads), "minor": minor}
    )


def payment(record: Callable[P, Posted]) -> Callable[P, Posted]:
    """Counts what is asked, and what becomes of it; a refusal is told in the log by its kind."""

    @wraps(record)
    def counted(*args: P.args, **asked: P.kwargs) -> Posted:
        metrics.payments_attempted.inc()
        try:
            posted = record(*args, **asked)
        except Exception as error:
            _payment_became(asked, None, error)
            raise
        session: Any = args[0]
        once_known(session, partial(_payment_became, asked, posted))
        return posted

    return counted


def _payment_became(asked: Mapping[str, Any], posted: Posted | None, error: BaseException | None) -> None:
    if error is None and posted is not None:
        metrics.payments.labels("repeated" if posted.already else "recorded", "").inc()
        return
    by_rule = isinstance(error, SchoolError) and not isinstance(error, Unavailable)
    outcome, reason = "refused" if by_rule else "failed", type(error).__name__
    metrics.payment_not_taken(outcome, reason if reason in REFUSALS | FAILURES else FAULT)
    log.log(
        logging.INFO if by_rule else logging.WARNING,
        "payment %s",
        outcome,
        extra={**_who(asked["actor"]), "request_id": asked["request_id"], "reason": reason},
    )


def _who(actor: Actor) -> dict[str, Any]:
    return {"user_id": actor.user_id, "sign_in": actor.sign_in_id}
