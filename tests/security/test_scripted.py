"""With the scriptable client on, a program may do what its person may do at the screen, and nothing more."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from school.access.models import User, UserRole
from school.access.rules import HEAD, ROLES
from school.db import Database
from school.ledger.models import Entry
from school.settings import ROOT
from tests import databases, make, people
from tests.security.test_pages import wanted
from tests.serving import Site, serving

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
RECORD = "payments.record"
FILLED = {"payments.amount": "40", "payments.tender": "Cash"}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def books(request: pytest.FixtureRequest) -> Iterator[Database]:
    with databases.fresh(request.param) as database:
        with database.writing() as session:
            make.school(session)
            people.everybody(session)
            make.student(session, "Ann Abel", admission_no="A-17")
        yield database


@pytest.fixture(scope="module")
def site(books: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("scripted")
    with serving(books, folder, "--server.enableAgentApi", "true") as running:
        yield running


class Program:
    """A session of the scriptable client."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._session = str(self._post({})["session_id"])

    def sign_in(self, name: str) -> Program:
        self.act(press="sign_in.send", **{"sign_in.name": name, "sign_in.password": people.PASSWORD})
        return self

    def go(self, page: str) -> str:
        """What stands on the page, as text."""
        return json.dumps(self._post({"session_id": self._session, "page": page})["tree"])

    def act(self, press: str | None = None, **typed: Any) -> str | None:
        """What stands there after typing and pressing; None when the server refuses the very idea."""
        body: dict[str, Any] = {"session_id": self._session, "widget_state": typed}
        if press:
            body["trigger"] = {"key": press}
        try:
            return json.dumps(self._post(body)["tree"])
        except urllib.error.HTTPError as error:
            if error.code >= 500:
                raise
            return None

    def _post(self, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            f"{self._site.url}/_stcore/agent/interact",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())


def entries(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


def test_nobody_sees_any_page(site: Site) -> None:
    program = Program(site)

    for page in PAGES:
        shown = program.go(page)
        assert "sign_in.name" in shown
        assert "Ann Abel" not in shown


def test_a_head_sees_the_pages_of_a_head(site: Site) -> None:
    program = Program(site).sign_in("hope")

    refused = {page: "Not for your role" in program.go(page) for page in PAGES}

    assert refused == {page: wanted()[page] not in ROLES[HEAD] for page in PAGES}


def test_a_head_who_sends_a_payment_all_the_same_records_none(site: Site) -> None:
    program = Program(site).sign_in("hope")
    before = entries(site.database)
    program.go("payments")

    answers = [
        program.act(**{"payments.student": "A-17"}),
        program.act(**FILLED),
        program.act(press=RECORD),
        program.act(press=RECORD, **FILLED),
    ]

    assert not [shown for shown in answers if shown and "R-0" in shown]
    assert entries(site.database) == before


def test_a_form_that_was_drawn_before_the_role_went_records_nothing_after_it(site: Site) -> None:
    with site.database.writing() as session:
        user_id = people.user(session, "finance", name=f"moved{make.request_id()}")
        name = session.scalars(select(User.name).where(User.id == user_id)).one()
    program = Program(site).sign_in(name)
    program.go("payments")
    program.act(**{"payments.student": "A-17"})
    drawn = program.act(**FILLED)
    before = entries(site.database)

    with site.database.writing() as session:
        session.execute(delete(UserRole).where(UserRole.user_id == user_id))
        session.add(UserRole(user_id=user_id, role=HEAD))
    shown = program.act(press=RECORD)

    assert RECORD in str(drawn)
    assert entries(site.database) == before
    assert shown is None or "R-0" not in shown
