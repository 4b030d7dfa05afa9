"""With the scriptable client on, a program may do what its person may do at the screen, and nothing more."""

from __future__ import annotations

import itertools
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete

from school.access.models import UserRole
from school.access.rules import ADMINISTRATOR, FINANCE, HEAD, ROLES
from school.db import Database
from school.settings import ROOT
from tests import databases, make, people
from tests.interruptions import often
from tests.security.test_pages import wanted
from tests.security.test_writers import content
from tests.serving import Site, serving

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
DOORS = ("interact", "mcp")  # plain HTTP, and the same as a tool of an MCP server
OWNERS = {page: [role for role in ROLES if wanted()[page] in ROLES[role]] for page in PAGES}
NOT_ITS_OWN = [(role, page) for page in PAGES for role in ROLES if role not in OWNERS[page]]
AMOUNTS = itertools.count(40)  # the same twice would be asked about
SHOWING = {"payments": {"student": ["1"]}, "health": {"health.view": ["Books"]}}  # what can be pressed there


@pytest.fixture(scope="module", params=often.ENGINES)
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


class Refused(Exception):
    """The server did not take the request at all; its code says why."""


class Program:
    """A session of the scriptable client; `tree` is what stands on its page."""

    def __init__(self, site: Site, door: str = "interact") -> None:
        self._address, self._door = f"{site.url}/_stcore/agent/{door}", door
        self._session: str | None = None
        self.ask()

    def sign_in(self, name: str) -> Program:
        return self.act("sign_in.send", **{"sign_in.name": name, "sign_in.password": people.PASSWORD})

    def go(self, page: str, *, showing: bool = False) -> str:
        """What stands on the page, as text; where asked for, with what can be pressed there."""
        self.ask(page=page, query_params=SHOWING.get(page, {}) if showing else {})
        return json.dumps(self.tree)

    def act(self, press: str, **typed: Any) -> Program:
        self.ask(widget_state=typed, trigger={"key": press})
        return self

    def ask(self, **body: Any) -> None:
        """Raises Refused."""
        if self._session is not None:
            body["session_id"] = self._session
        answer = self._called(body) if self._door == "mcp" else self._post(body)
        if "tree" not in answer:
            raise Refused(answer["error"]["code"])
        self._session, self.tree = answer["session_id"], answer["tree"]

    def _called(self, body: dict[str, Any]) -> Any:
        call = {"name": "interact", "arguments": body}
        answer = self._post({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call})
        return json.loads(answer["result"]["content"][0]["text"])

    def _post(self, body: dict[str, Any]) -> Any:
        said = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._address, data=json.dumps(body).encode(), headers=said)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            if error.code >= 500:
                raise
            return json.loads(error.read())

    def offered(self, page: str) -> list[dict[str, Any]]:
        """A request for every button and every field that this page has now."""
        own = [element for element in _walk(self.tree) if element.get("key", "").startswith(f"{page}.")]
        return [
            {"widget_state": {one["key"]: one.get("value")}}
            if "value_schema" in one
            else {"trigger": {"key": one["key"]}}
            for one in own
        ]


def _walk(element: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield element
    for child in element.get("children") or []:
        yield from _walk(child)


def pay(program: Program) -> dict[str, Any]:
    """All but the request that records it, which this is; so with the others."""
    program.go("payments", showing=True)
    program.ask(widget_state={"payments.amount": str(next(AMOUNTS)), "payments.tender": "Cash"})
    return {"trigger": {"key": "payments.record"}}


def invite(program: Program) -> dict[str, Any]:
    program.go("users")
    program.act("users.invite")
    filled = {"users.full_name": "Zed", "users.name": make.request_id(), "users.roles": ["Head teacher"]}
    return {"widget_state": filled, "trigger": {"key": "users.press"}}


def recompute(program: Program) -> dict[str, Any]:
    program.go("health", showing=True)
    return {"trigger": {"key": "health.deep"}}


WRITES = {"payments": pay, "users": invite, "health": recompute}


def test_nobody_sees_any_page(site: Site) -> None:
    program = Program(site)

    for page in PAGES:
        shown = program.go(page)
        assert "sign_in.name" in shown
        assert "Ann Abel" not in shown


@pytest.mark.parametrize("door", DOORS)
def test_each_role_sees_its_own_pages_and_of_the_others_not_even_what_could_be_sent(
    site: Site, door: str
) -> None:
    programs = {role: Program(site, door).sign_in(people.NAMES[role]) for role in ROLES}
    refused = {
        (role, page): "Not for your role" in programs[role].go(page, showing=True)
        for role in ROLES
        for page in PAGES
    }
    assert {which for which, told in refused.items() if told} == set(NOT_ITS_OWN)
    before = content(site.database)

    for role, page in NOT_ITS_OWN:
        owner = programs[OWNERS[page][0]]
        owner.go(page, showing=True)
        assert "Not for your role" in programs[role].go(page, showing=True)
        for body in owner.offered(page):
            with pytest.raises(Refused, match=r"unknown_key|not_on_page|unsupported_element"):
                programs[role].ask(**body)

    assert content(site.database) == before


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("path", "role"),
    [(path, role) for path in WRITES for role in (ADMINISTRATOR, FINANCE, HEAD)],
)
def test_a_form_that_was_drawn_before_the_role_went_writes_nothing_after_it(
    site: Site, door: str, path: str, role: str
) -> None:
    name = f"moved{make.request_id()}"
    with site.database.writing() as session:
        user_id = people.user(session, OWNERS[path][0], name=name)
    program = Program(site, door).sign_in(name)
    request = WRITES[path](program)
    assert {"trigger": request["trigger"]} in program.offered(path)

    with site.database.writing() as session:
        session.execute(delete(UserRole).where(UserRole.user_id == user_id))
        session.add(UserRole(user_id=user_id, role=role))
    before = content(site.database)
    program.ask(**request)

    wrote = content(site.database) != before
    assert wrote is (role in OWNERS[path])  # who kept the role is heard: the press was a real one
