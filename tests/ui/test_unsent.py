"""What a page hands in as it goes becomes the draft of the person and form it was drawn for, and no other."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import delete, select, update

from school.access import sign_ins
from school.access.models import SignIn, User
from school.access.rules import FINANCE
from school.clock import now
from school.db import Database
from school.drafts import queries, service
from school.drafts.models import Draft
from school.ui.drafts import STUDENT, TEXT_LENGTH_MAX
from school.ui.unsent import BODY_MAX
from tests import databases, make, people
from tests.interruptions import held
from tests.serving import Site, serving

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
ZURI = 7


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with databases.fresh("sqlite") as database:
        with database.writing() as session:
            make.school(session)
            people.everybody(session)
            people.user(session, FINANCE, name="fay")
        with serving(database, tmp_path_factory.mktemp("unsent")) as running:
            yield running
            assert "Traceback" not in running.log


@dataclass(frozen=True)
class Browser:
    """A browser where somebody is signed in: the token of its cookie, and the sign-in its pages name."""

    token: str
    sign_in_id: str
    user_id: int


def browser(books: Database, name: str = "finn") -> Browser:
    with books.writing() as session:
        user_id = session.scalars(select(User.id).where(User.name == name)).one()
        opened = sign_ins.open_sign_in(session, user_id=user_id)
        claimed = sign_ins.claim(session, ticket=opened.ticket, held_token=None)
    assert claimed is not None
    return Browser(claimed, opened.id, user_id)


def hand_in(site: Site, cookie: str, body: object, **headers: str) -> int:
    named = SAME_ORIGIN | {"Cookie": f"school_sign_in={cookie}"} | headers
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=30)
    try:
        connection.request("POST", "/drafts/unsent", content, named)
        return connection.getresponse().status
    finally:
        connection.close()


def left(by: Browser, **other: Any) -> dict[str, Any]:
    said = {
        "sign_in_id": by.sign_in_id,
        "form": "payment",
        "request_id": make.request_id(),
        "student_id": ZURI,
        "texts": {"payments.payer": "Aunt Ω"},
    }
    return said | other


def until_kept(books: Database, by: Browser, request_id: str, fields: dict[str, Any]) -> None:
    """Returns once this is the draft; whatever was handed in before has had its turn then."""
    held.until(lambda: kept(books, by, request_id) == fields, every_s=0.01, within_s=10)


def kept(books: Database, by: Browser, request_id: str) -> dict[str, Any] | None:
    with books.reading() as session:
        return queries.fields(session, user_id=by.user_id, form="payment", request_id=request_id)


def drafts(books: Database) -> list[Draft]:
    with books.reading() as session:
        return list(session.scalars(select(Draft)))


@pytest.fixture(autouse=True)
def nothing_drafted(site: Site) -> None:
    with site.database.writing() as session:
        session.execute(delete(Draft))


def test_it_goes_over_what_was_kept_and_leaves_the_other_fields(site: Site) -> None:
    finn = browser(site.database)
    page = left(finn)
    with site.database.writing() as session:
        actor = people.signed_in(session, finn.user_id)
        stood = {STUDENT: ZURI, "payments.amount": "400", "payments.payer": "Au"}
        service.keep(session, actor=actor, form="payment", request_id=page["request_id"], fields=stood)

    assert hand_in(site, finn.token, page) == 204

    expected = {STUDENT: ZURI, "payments.amount": "400", "payments.payer": "Aunt Ω"}
    until_kept(site.database, finn, page["request_id"], expected)


def test_it_begins_a_draft_where_there_was_none_or_one_of_another_student(site: Site) -> None:
    finn = browser(site.database)
    page = left(finn)

    assert hand_in(site, finn.token, page | {"student_id": 8, "texts": {"payments.amount": "1"}}) == 204
    assert hand_in(site, finn.token, page) == 204

    expected = {STUDENT: ZURI, "payments.payer": "Aunt Ω"}
    until_kept(site.database, finn, page["request_id"], expected)


def test_a_form_that_is_recorded_leaves_no_draft(site: Site) -> None:
    finn = browser(site.database)
    page = left(finn)
    with site.database.writing() as session:
        make.pay(session, make.student(session), 100, request=page["request_id"])

    assert hand_in(site, finn.token, page) == 204

    other = left(finn)
    assert hand_in(site, finn.token, other) == 204
    until_kept(site.database, finn, other["request_id"], {STUDENT: ZURI, **other["texts"]})
    assert [draft.request_id for draft in drafts(site.database)] == [other["request_id"]]


def test_it_is_taken_at_once_while_another_writes_for_long(site: Site) -> None:
    finn = browser(site.database)
    page = left(finn)

    with held.writers_held(site.database):
        for typed in ({"payments.amount": "400"}, {"payments.payer": "Aunt Ω"}):
            assert hand_in(site, finn.token, page | {"texts": typed}) == 204

    expected = {STUDENT: ZURI, "payments.amount": "400", "payments.payer": "Aunt Ω"}
    until_kept(site.database, finn, page["request_id"], expected)


def test_the_next_person_at_the_browser_gets_nothing_of_it(site: Site) -> None:
    finn, fay = browser(site.database), browser(site.database, "fay")

    assert hand_in(site, fay.token, left(finn)) == 403

    assert drafts(site.database) == []


def test_a_sign_in_that_has_ended_hands_nothing_in(site: Site) -> None:
    finn = browser(site.database)
    with site.database.writing() as session:
        session.execute(
            update(SignIn).where(SignIn.id == finn.sign_in_id).values(revoked_at=now(), revoked_why="test")
        )

    assert hand_in(site, finn.token, left(finn)) == 403

    assert drafts(site.database) == []


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "A" * 3_000, "' OR 1=1 --"])
def test_a_stranger_hands_nothing_in(site: Site, cookie: str) -> None:
    assert hand_in(site, cookie, left(browser(site.database))) == 403

    assert drafts(site.database) == []


@pytest.mark.parametrize("elsewhere", ["cross-site", "same-site", "none"])
def test_a_page_of_another_origin_hands_nothing_in(site: Site, elsewhere: str) -> None:
    finn = browser(site.database)

    assert hand_in(site, finn.token, left(finn), **{"Sec-Fetch-Site": elsewhere}) == 403

    assert drafts(site.database) == []


def test_a_form_of_the_old_kind_hands_nothing_in(site: Site) -> None:
    finn = browser(site.database)

    assert hand_in(site, finn.token, left(finn), **{"Content-Type": "text/plain"}) == 415

    assert drafts(site.database) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"texts": {"payments.payer": "x" * (TEXT_LENGTH_MAX + 1)}},
        {"texts": {"payments.payer": ["a", "list"]}},
        {"texts": {"k" * 65: "x"}},
        {"texts": {"payments.payer": "x" * BODY_MAX}},
        {"texts": {"payments.payer": "\ud800"}},
        {"texts": None},
        {"student_id": "7"},
        {"request_id": ""},
        {"form": "f" * 65},
        {"more": 1},
    ],
)
def test_what_no_form_has_is_refused(site: Site, wrong: dict[str, Any]) -> None:
    finn = browser(site.database)

    assert hand_in(site, finn.token, left(finn, **wrong)) == 400

    assert drafts(site.database) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"texts": {}}', b"[" * 10_000])
def test_what_is_no_form_at_all_is_refused(site: Site, body: bytes) -> None:
    assert hand_in(site, browser(site.database).token, body) == 400
