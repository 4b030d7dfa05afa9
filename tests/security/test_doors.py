"""What is forged, replayed, malformed, too large or sent from elsewhere opens nothing, and breaks nothing."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote, urlsplit

import pytest
from sqlalchemy import select, update

from school.access import service, sign_ins
from school.access.models import SignIn, User
from school.access.rules import COMMAND_LINE, FINANCE
from school.db import Database
from school.ledger import queries as ledger
from tests import databases, make, people
from tests.interruptions import often
from tests.serving import Site, serving

Answer = tuple[int, http.client.HTTPMessage, bytes]
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
OWN_BROWSER = "A" * 43
ODD_VALUES = [
    "",
    "x",
    "A" * 42,
    "A" * 44,
    "A" * 43,
    "A" * 3_000,
    "' OR 1=1 --",
    "../../etc/passwd",
    "eyJhbGciOiJub25lIn0.eyJ1c2VybmFtZSI6ImFkYSJ9.",
    "%00%ff%fe",
    '"quoted;,value"',
    '{"user":"ada"}',
    "\xff\xfe" * 21,
]


@pytest.fixture(scope="module", params=often.ENGINES)
def books(request: pytest.FixtureRequest) -> Iterator[Database]:
    with databases.fresh(request.param) as database:
        with database.writing() as session:
            make.school(session)
            people.everybody(session)
            make.pay(session, make.student(session), 100)
        yield database


@pytest.fixture(scope="module")
def site(books: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    hosts = json.dumps(["127.0.0.1", "fees.example.org"])
    with serving(books, tmp_path_factory.mktemp("doors"), SCHOOL_ALLOWED_HOSTS=hosts) as running:
        yield running
        assert "Traceback" not in running.log


def ask(site: Site, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
    """Header names are given with _ for -; a value is sent as its bytes in Latin-1."""
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=30)
    named = {name.replace("_", "-"): value.encode("latin-1") for name, value in headers.items()}
    try:
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        return answer.status, answer.msg, answer.read()
    finally:
        connection.close()


def claim(site: Site, ticket: str, **headers: str) -> Answer:
    return ask(
        site, "POST", "/auth/cookie", json.dumps({"ticket": ticket}).encode(), **(SAME_ORIGIN | headers)
    )


def ticket_of(site: Site, name: str = "finn", **how: str) -> sign_ins.NewSignIn:
    with site.database.writing() as session:
        user_id = session.scalars(select(User.id).where(User.name == name)).one()
        return sign_ins.open_sign_in(session, user_id=user_id, **how)


def cookie_of(site: Site, name: str) -> str:
    with site.database.writing() as session:
        user_id = session.scalars(select(User.id).where(User.name == name)).one()
        return f"school_sign_in={people.cookie(session, user_id)}"


def receipt_path(site: Site) -> str:
    with site.database.reading() as session:
        return f"/receipts/{ledger.recent_receipts(session)[0].document}.pdf"


def handshake(site: Site, **headers: str) -> int:
    """The status a socket's handshake is answered with: 101 opens it."""
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "streamlit",
    }
    return ask(site, "GET", "/_stcore/stream", None, **(upgrade | headers))[0]


@pytest.mark.parametrize("value", ODD_VALUES)
def test_an_odd_cookie_opens_no_file_and_breaks_no_route(site: Site, value: str) -> None:
    cookies = f"school_sign_in={value}; school_browser={value}"

    statuses = {
        (method, path): ask(site, method, path, b"{}", Cookie=cookies, **SAME_ORIGIN)[0]
        for method, path in [
            ("GET", "/"),
            ("GET", "/payments"),
            ("GET", receipt_path(site)),
            ("GET", "/media/0123456789.pdf"),
            ("PUT", "/_stcore/upload_file/a/b"),
            ("POST", "/auth/cookie"),
            ("DELETE", "/auth/cookie?left=x"),
        ]
    }

    assert list(statuses.values()) == [200, 200, 404, 404, 404, 403, 204]
    assert handshake(site, Cookie=cookies) == 101


@pytest.mark.parametrize("size", [5_000, 200_000])
def test_a_cookie_of_absurd_size_is_no_cookie_and_the_next_request_is_answered(site: Site, size: int) -> None:
    cookie = "school_sign_in=" + "A" * size

    assert ask(site, "GET", "/", None, Cookie=cookie)[0] < 500
    assert 400 <= ask(site, "GET", receipt_path(site), None, Cookie=cookie)[0] < 500
    assert ask(site, "GET", "/healthz")[0] == 200


@pytest.mark.parametrize("value", [*ODD_VALUES, "no-such-sign-in", "%2e%2e%2f"])
def test_asking_whether_nonsense_is_alive_says_no_and_nothing_more(site: Site, value: str) -> None:
    status, _, body = ask(site, "GET", f"/auth/alive/{quote(value, safe='') or 'x'}")

    assert (status, body) == (200, b'{"alive":false}') or status in {400, 404}


def test_a_ticket_is_good_once_in_time_in_its_own_browser_and_of_a_user_who_may(site: Site) -> None:
    mine = {"Cookie": f"school_browser={OWN_BROWSER}"}
    used, late, other, revoked = (ticket_of(site, browser=OWN_BROWSER) for _ in range(4))
    with site.database.writing() as session:
        session.execute(
            update(SignIn)
            .where(SignIn.id == late.id)
            .values(ticket_expires_at=late.ticket_expires_at - timedelta(minutes=2))
        )
        sign_ins.sign_out(session, sign_in_id=revoked.id)

    first, second = claim(site, used.ticket, **mine), claim(site, used.ticket, **mine)
    refused = [
        second,
        claim(site, late.ticket, **mine),
        claim(site, revoked.ticket, **mine),
        claim(site, other.ticket, Cookie="school_browser=" + "B" * 43),
        claim(site, other.ticket),
        claim(site, other.id, **mine),
    ]

    assert first[0] == 204
    assert [status for status, _, _ in refused] == [403] * 6
    assert not [headers for _, headers, _ in refused if "school_sign_in" in str(headers)]
    assert claim(site, other.ticket, **mine)[0] == 204, "a refused ticket is still its owner's"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {},
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_the_cookie_routes_answer_no_page_of_another_origin(
    site: Site, method: str, headers: dict[str, str]
) -> None:
    opened = ticket_of(site)
    cookie = cookie_of(site, "finn")
    body = json.dumps({"ticket": opened.ticket}).encode()
    kind = {"Content-Type": "application/json", "Cookie": cookie}

    status, answered, _ = ask(site, method, "/auth/cookie", body, **(kind | headers))

    assert status == 403
    assert "set-cookie" not in answered
    assert ask(site, "GET", receipt_path(site), None, Cookie=cookie)[0] == 200, "still signed in"
    assert claim(site, opened.ticket)[0] == 204, "and the ticket is not used up"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_ticket_in_a_form_is_no_ticket(site: Site, kind: str) -> None:
    opened = ticket_of(site)

    assert (
        claim(site, opened.ticket, Content_Type=kind)[0] == 415
        or claim(site, opened.ticket, **{"Content-Type": kind})[0] == 415
    )


@pytest.mark.parametrize("size", [1_025, 100_000, 5_000_000])
def test_a_body_larger_than_any_ticket_is_not_read_to_its_end(site: Site, size: int) -> None:
    try:
        status = ask(site, "POST", "/auth/cookie", b'{"ticket": "' + b"A" * size + b'"}', **SAME_ORIGIN)[0]
    except (BrokenPipeError, ConnectionResetError):
        status = 403  # the server hung up while it was being sent

    assert status == 403
    assert ask(site, "GET", "/healthz")[0] == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "HEAD", "OPTIONS"])
def test_no_other_method_gives_a_sign_in(site: Site, method: str) -> None:
    body = json.dumps({"ticket": ticket_of(site).ticket}).encode()

    status, headers, _ = ask(site, method, "/auth/cookie", body, **SAME_ORIGIN)

    assert status < 500
    assert "school_sign_in" not in str(headers)


def test_a_host_that_is_not_ours_is_answered_nowhere(site: Site) -> None:
    for path in ("/", "/payments", "/healthz", "/auth/cookie", "/_stcore/health"):
        assert ask(site, "GET", path, None, Host="evil.example")[0] == 400
    assert handshake(site, Host="evil.example") in {400, 403}
    assert ask(site, "GET", "/", None, Host="fees.example.org")[0] == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
def test_a_page_of_another_origin_opens_no_socket(site: Site, origin: str) -> None:
    assert handshake(site, Origin=origin, Cookie=cookie_of(site, "finn")) == 403
    assert handshake(site, Origin=site.url) == 101


def test_receipts_are_for_who_may_see_students_and_only_while_signed_in(site: Site) -> None:
    path = receipt_path(site)
    with site.database.writing() as session:
        gone = people.user(session, FINANCE, name=f"gone{make.request_id()}")
        out = people.user(session, FINANCE, name=f"out{make.request_id()}")
        cookies = {
            name: f"school_sign_in={people.cookie(session, who)}"
            for name, who in (("gone", gone), ("out", out))
        }
    before = [ask(site, "GET", path, None, Cookie=cookie)[0] for cookie in cookies.values()]
    with site.database.writing() as session:
        service.disable(session, actor=COMMAND_LINE, user_id=gone, reason="left")
        service.end_sign_ins(session, user_id=out, why="signed out everywhere")

    after = [ask(site, "GET", path, None, Cookie=cookie)[0] for cookie in cookies.values()]

    assert (before, after) == ([200, 200], [404, 404])
    assert ask(site, "GET", path)[0] == 404
    assert ask(site, "GET", "/receipts/R-999999.pdf", None, Cookie=cookie_of(site, "hope"))[0] == 404
    _, headers, _ = ask(site, "GET", path, None, Cookie=cookie_of(site, "hope"))
    assert headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    "path",
    ["/media/x", "/media/../media/x", "/media//x", "/MEDIA/x", "/%6dedia/x", "/_stcore/upload_file/s/f"],
)
def test_no_way_of_writing_a_path_leads_a_stranger_to_a_file(site: Site, path: str) -> None:
    status, headers, body = ask(site, "GET", path)

    assert status in {400, 403, 404} or headers["content-type"].startswith("text/html"), body[:200]


def test_the_scriptable_client_is_off(site: Site) -> None:
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "interact", "arguments": {}},
    }
    for cookie in ("", cookie_of(site, "ada")):
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Cookie": cookie}
        status, _, _ = ask(site, "POST", "/_stcore/agent/interact", b"{}", **headers)
        _, _, answer = ask(site, "POST", "/_stcore/agent/mcp", json.dumps(call).encode(), **headers)

        assert status in {403, 404}
        assert b"session_id" not in answer
        assert b"sign_in.name" not in answer, "no page was run"
