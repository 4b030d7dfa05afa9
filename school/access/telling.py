"""What the log and the figures of this process are told of attempts to sign in: ids, and nothing typed.

The row of an attempt has the name and the address; its id is here, so that they are found in the books alone.
"""

from __future__ import annotations

import logging
from functools import partial

from sqlalchemy.orm import Session

from school import metrics
from school.db import once_known

log = logging.getLogger(__name__)


def signed_in(session: Session, *, user_id: int, sign_in_id: str) -> None:
    once_known(session, partial(_signed_in, user_id, sign_in_id))


def _signed_in(user_id: int, sign_in_id: str, error: BaseException | None) -> None:
    if error is None:
        metrics.sign_ins.labels("ok").inc()
        log.info("signed in", extra={"user_id": user_id, "sign_in": sign_in_id})


def was_wrong(outcome: str, *, user_id: int | None = None, attempt_id: int | None = None) -> None:
    """`outcome` is `wrong`, `wrong_code`, `locked` or `busy`."""
    metrics.sign_ins.labels(outcome).inc()
    log.info("sign-in failed", extra={"outcome": outcome, "user_id": user_id, "attempt": attempt_id})
