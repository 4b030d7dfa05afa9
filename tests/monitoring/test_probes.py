"""What machines ask over HTTP, of one running server: alive, ready, and the figures for who may read them."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests import databases, make, people
from tests.serving import Site, serving

TOKEN = "a-token-of-this-test"
DRAIN_S = 2


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("probes")
    with databases.fresh("sqlite") as database:
        with database.writing() as session:
            make.school(session)
            people.everybody(session)
            student = make.student(session, "Ann Abel")
            make.bill(session, student, (10_000, date(2026, 1, 15)), on=date(2026, 1, 15))
        log = str(folder / "school.log")
        with serving(database, folder, SCHOOL_DRAIN_SECONDS=str(DRAIN_S), SCHOOL_LOG_FILE=log) as running:
            yield running


def ask(site: Site, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"{site.url}{path}", headers=named)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read().decode()


def figures(text: str) -> dict[str, float]:
    """Each figure by its name and labels, as `name{page=today}`."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def test_a_process_that_is_alive_and_ready_says_so_and_nothing_else(site: Site) -> None:
    alive, ready = ask(site, "/healthz"), ask(site, "/readyz")

    assert (alive[0], json.loads(alive[2])) == (200, {"status": "ok"})
    assert (ready[0], json.loads(ready[2])) == (
        200,
        {"status": "ok", "process": "ok", "database": "ok", "migrations": "ok", "writing": "ok"},
    )


def test_the_figures_of_the_process_and_of_the_books_are_read_from_this_machine(site: Site) -> None:
    ask(site, "/")
    ask(site, "/nothing/like/this")

    status, headers, text = ask(site, "/metrics")
    found = figures(text)

    assert status == 200
    assert headers["content-type"].startswith("text/plain")
    assert found["school_entries"] == 1
    assert found["school_database_up"] == found["school_migrations_current"] == 1
    assert found["school_http_request_seconds_count{route=page,status=2xx}"] >= 1
    assert found["school_payments_attempted_total"] == found["school_session_errors_total{where=http}"] == 0
    assert found["process_resident_memory_bytes"] > 1e7


def test_a_monitor_may_read_them_as_openmetrics(site: Site) -> None:
    _, headers, text = ask(site, "/metrics", Accept="application/openmetrics-text; version=1.0.0")

    assert headers["content-type"].startswith("application/openmetrics-text")
    assert text.count("# EOF") == 1
    assert text.endswith("# EOF\n")


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("X-Forwarded-For", "203.0.113.7", 404),
        ("X-Forwarded-For", "127.0.0.1, 203.0.113.7", 404),
        ("X-Forwarded-For", "203.0.113.7, 127.0.0.1", 404),
        ("X-Forwarded-For", "unknown", 404),
        ("X-Forwarded-For", "", 404),
        ("X-Real-IP", "203.0.113.7", 404),
        ("Forwarded", "for=127.0.0.1", 404),
        ("X-Forwarded-For", "127.0.0.1", 200),
        ("X-Forwarded-For", "::1", 200),
    ],
)
def test_behind_a_proxy_only_this_machine_reads_them(
    site: Site, header: str, value: str, status: int
) -> None:
    assert ask(site, "/metrics", **{header: value})[0] == status


def test_a_request_has_an_id_the_proxy_s_where_it_gave_one(site: Site) -> None:
    own, given = ask(site, "/healthz")[1]["x-request-id"], "0123456789abcdef0123456789abcdef"

    assert ask(site, "/healthz")[1]["x-request-id"] != own
    assert ask(site, "/healthz", X_Request_Id=given)[1]["x-request-id"] == given
    assert ask(site, "/healthz", X_Request_Id="Ann Abel")[1]["x-request-id"] != "Ann Abel"


def test_a_server_told_to_stop_says_that_it_leaves_and_goes_on_for_a_while(site: Site) -> None:
    """Last of this file: the server is gone after it."""
    assert site.process is not None
    site.process.send_signal(signal.SIGTERM)
    time.sleep(DRAIN_S / 4)

    status, _, text = ask(site, "/readyz")

    assert (status, json.loads(text)["process"]) == (503, "leaving")
    assert ask(site, "/healthz")[0] == 200
    site.process.wait(30)
    with pytest.raises(urllib.error.URLError):
        ask(site, "/healthz")


def test_where_a_token_is_set_it_alone_opens_the_figures(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("token")
    with (
        databases.fresh("sqlite", migrated=False) as late,
        serving(late, folder, SCHOOL_METRICS_TOKEN=TOKEN) as site,
    ):
        without = ask(site, "/metrics")
        wrong = ask(site, "/metrics", Authorization="Bearer a-token-of-this-tesu")
        right = ask(site, "/metrics", Authorization=f"Bearer {TOKEN}", X_Forwarded_For="203.0.113.7")

    assert (without[0], wrong[0], right[0]) == (401, 401, 200)
    assert without[1]["www-authenticate"] == "Bearer"
    assert figures(right[2])["school_database_up"] == 0
