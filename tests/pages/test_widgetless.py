"""A client without widgets, which knows no browser's limits, is refused by the same sentences."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from school.clock import now
from school.db import Database
from school.ledger import queries
from tests import make, people
from tests.serving import Site, serving

Send = Callable[..., list[str]]


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    with database.writing() as session:
        make.school(session)
        people.everybody(session)
        make.student(session, "Ann Abel", admission_no="A-17")
    with serving(database, tmp_path, "--server.enableAgentApi", "true") as running:
        yield running


@pytest.fixture
def send(site: Site) -> Send:
    """Sets widgets and presses a button, signed in as finance; answers with the refusals shown."""

    def post(**body: Any) -> Any:
        request = urllib.request.Request(
            f"{site.url}/_stcore/agent/interact",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    session_id = post()["session_id"]

    def sent(press: str | None = None, page: str | None = None, **widgets: Any) -> list[str]:
        body: dict[str, Any] = {"session_id": session_id}
        if page:
            return refusals(post(**body, page=page)["tree"])
        if press:
            body["trigger"] = {"key": press}
        return refusals(
            post(**body, widget_state={k.replace("__", "."): v for k, v in widgets.items()})["tree"]
        )

    sent("sign_in.send", sign_in__name="finn", sign_in__password=people.PASSWORD)
    sent(page="payments")
    sent(payments__student="A-17")
    return sent


def refusals(element: dict[str, Any]) -> list[str]:
    own = [str(element["props"]["body"])] if element["type"] == "error" else []
    return own + [sentence for child in element.get("children") or [] for sentence in refusals(child)]


def recorded(database: Database) -> list[int]:
    with database.reading() as session:
        return [row.amount for row in queries.recent_receipts(session)]


def test_what_is_wrong_is_refused_and_what_is_right_is_recorded_once(database: Database, send: Send) -> None:
    tomorrow, today = (str(now().date() + timedelta(days=days)) for days in (2, 0))
    record = "payments.record"

    assert send(record) == ["Type the amount received."]
    assert send(record, payments__amount="forty") == ["“forty” is not an amount like 1,250.00."]
    assert send(record, payments__amount="-40") == ["Type an amount above zero."]
    assert send(record, payments__amount="40.005") == ["“40.005” has more decimals than USD, which has 2."]
    assert send(record, payments__amount="40") == ["Choose how the money came."]
    assert send(record, payments__tender="Cash", payments__date="2026-02-31") == ["Choose a date."]
    (late,) = send(record, payments__date=tomorrow)
    assert late.startswith("Choose a date up to ")
    for unknown in ("Gold", "CASH", "Cash, Card"):
        with pytest.raises(urllib.error.HTTPError, match="400"):
            send(record, payments__date=today, payments__tender=unknown)
    assert recorded(database) == []

    assert send(record, payments__date=today) == []
    assert send() == []
    assert recorded(database) == [4_000]
