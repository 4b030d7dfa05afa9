"""What this process counts and times of itself since it started, as Prometheus reads it.

A label has few values and never a person's: pages, routes, kinds and outcomes. What is known to the database
alone, and so is the same for every process, is read in `school.monitoring`.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

import school
from school import clock

disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

WAITS_S = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30)
ANSWERS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
RUNS_KEPT = 5_000  # of pages, for the health page: a busy day, in half a megabyte

Gauge("school_build", "The version that runs; always 1.", ["version"], registry=REGISTRY).labels(
    school.__version__
).set(1)

page_seconds = Histogram(
    "school_page_run_seconds",
    "How long pages ran on the server, by page.",
    ["page"],
    buckets=ANSWERS_S,
    registry=REGISTRY,
)
page_errors = Counter(
    "school_page_errors",
    "Faults that somebody met on a page: incident is the program's, unavailable the database's.",
    ["page", "kind"],
    registry=REGISTRY,
)
session_errors = Counter(
    "school_session_errors",
    "Faults between browser and page: of a request (http), of a socket, or told by the web server itself.",
    ["where"],
    registry=REGISTRY,
)
http_seconds = Histogram(
    "school_http_request_seconds",
    "How long requests took until they were answered, by route and kind of answer.",
    ["route", "status"],
    buckets=ANSWERS_S,
    registry=REGISTRY,
)
websocket_connects = Counter(
    "school_websocket_connects",
    "Sockets of browsers: accepted, or turned away.",
    ["outcome"],
    registry=REGISTRY,
)
websockets_open = Gauge("school_websockets_open", "Tabs that are connected now.", registry=REGISTRY)
sign_ins = Counter(
    "school_sign_ins",
    "Attempts to sign in: ok, wrong, wrong_code, locked for a while, or busy because too many wait.",
    ["outcome"],
    registry=REGISTRY,
)
payments_attempted = Counter(
    "school_payments_attempted", "Payments that were asked to be recorded.", registry=REGISTRY
)
payments = Counter(
    "school_payments",
    "What became of them: recorded, repeated (the request was recorded before), refused by a rule, or failed "
    "though nothing was wrong with them. `reason` is the kind of refusal or fault.",
    ["outcome", "reason"],
    registry=REGISTRY,
)
entries = Counter("school_entries_recorded", "Entries of the ledger, by kind.", ["kind"], registry=REGISTRY)
database_wait = Histogram(
    "school_database_wait_seconds",
    "How long writers waited: for their turn in this process, or for the lock of the database.",
    ["what"],
    buckets=WAITS_S,
    registry=REGISTRY,
)
write_seconds = Histogram(
    "school_database_write_seconds",
    "How long writes took from the first wait to the end of the transaction.",
    buckets=WAITS_S,
    registry=REGISTRY,
)
database_errors = Counter(
    "school_database_errors", "What the database could not do, by kind.", ["kind"], registry=REGISTRY
)

for _outcome in ("ok", "wrong", "wrong_code", "locked", "busy"):
    sign_ins.labels(_outcome)
for _where in ("http", "socket", "server"):
    session_errors.labels(_where)
for _kind in ("unavailable", "read_only"):
    database_errors.labels(_kind)
for _outcome in ("accepted", "turned_away"):
    websocket_connects.labels(_outcome)


class PageRun(NamedTuple):
    at: datetime
    page: str
    seconds: float


class PaymentNotTaken(NamedTuple):
    at: datetime
    reason: str


_page_runs: deque[PageRun] = deque(maxlen=RUNS_KEPT)


_not_taken: deque[PaymentNotTaken] = deque(maxlen=RUNS_KEPT)
STARTED_AT = clock.now()


def page_ran(page: str, seconds: float) -> None:
    page_seconds.labels(page).observe(seconds)
    _page_runs.append(PageRun(clock.now(), page, seconds))


def payment_not_taken(outcome: str, reason: str) -> None:
    payments.labels(outcome, reason).inc()
    _not_taken.append(PaymentNotTaken(clock.now(), reason))


def payments_not_taken() -> list[PaymentNotTaken]:
    """The last refused or failed ones of this process, the oldest first."""
    return list(_not_taken)


def value(name: str, **labels: str) -> int:
    """A figure of this process as it is now; 0 where nothing was counted yet."""
    return round(REGISTRY.get_sample_value(name, labels) or 0)


def page_runs() -> list[PageRun]:
    """The last ones of this process, the oldest first."""
    return list(_page_runs)
