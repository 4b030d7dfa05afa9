"""Whatever is sent to any address of the server, it refuses at worst, and gives nothing away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.web.server.starlette import starlette_routes

from school.db import Database
from school.settings import ROOT
from school.ui import web
from tests import databases, make, people
from tests.interruptions import often
from tests.security import raw
from tests.serving import Site, serving

OURS = [(method, route.path) for route in web.ROUTES for method in sorted(route.methods or {"GET"})]
STREAMLITS = [path for name, path in vars(starlette_routes).items() if name.startswith("_ROUTE_")]
OTHERS = [
    "/",
    "/payments",
    "/static/js/index.js",
    "/_stcore/stream",
    "/_stcore/agent/interact",
    "/oauth2callback",
]
METHODS = [b"GET", b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"BREW"]
SECRETS = [b"Traceback", b"sqlite", b"psycopg", b"SELECT ", b"site-packages", str(ROOT).encode(), b"root:"]
SIGNED_IN = re.compile(rb"(?i)set-cookie: (__Host-)?school_sign_in=[^;\"]")
TRAVERSALS = [
    b"../../../../etc/passwd",
    b"..%2f..%2f..%2fetc%2fpasswd",
    b"%2e%2e/%2e%2e/app.py",
    b"%252e%252e%252fapp.py",
    b"..\\..\\app.py",
    b"..%5c..%5cvar%5cschool.db",
    b"....//....//app.py",
    b"//etc/passwd",
    b"%00/../app.py",
    b"\xc0\xae\xc0\xae/app.py",
    b"file:///etc/passwd",
    b".env",
    b"C:%5cWindows%5cwin.ini",
]
QUIET_S = 1  # who neither answers nor hangs up by then waits for the rest
BODY_BYTES = 8 * 2**20  # larger than any body of ours, and more than the sockets between hold


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with databases.fresh("sqlite") as books:
        _fill(books)
        with serving(books, tmp_path_factory.mktemp("fuzz")) as running:
            yield running
            assert "Traceback" not in running.log, running.log[-3000:]


def _fill(books: Database) -> None:
    with books.writing() as session:
        make.school(session)
        people.everybody(session)
        make.pay(session, make.student(session), 100)


def _is_harmless(site: Site, answer: raw.Answer, said: bytes) -> None:
    assert answer.status < 500, (said[:500], answer.head)
    assert not SIGNED_IN.search(answer.head), said[:500]
    told = [secret for secret in SECRETS if secret in answer.body]
    assert not told or answer.body.startswith(b"<!DOCTYPE html>") or b"javascript" in answer.head, (
        told,
        said,
    )


def _filled(path: str, part: bytes) -> bytes:
    return re.sub(rb"\{[^}]*\}", lambda _: part, ("/" + path.lstrip("/")).encode())


text = st.text(max_size=30)
quoted = text.map(lambda said: quote(said, safe="/.;,&=").encode())
readable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40).map(str.encode)
raw_bytes = st.binary(max_size=40).map(lambda said: re.sub(rb"[\r\n ]", b"", said))
in_a_path = st.one_of(
    quoted, quoted, quoted, quoted, st.sampled_from(TRAVERSALS), st.just(b"a" * 9_000), raw_bytes
)
HEADERS = (
    *(
        b"Cookie",
        b"Origin",
        b"Content-Type",
        b"Range",
        b"Accept-Encoding",
        b"Authorization",
        b"Host",
        b"Upgrade",
    ),
    *(
        b"X-Forwarded-For",
        b"X-Forwarded-Proto",
        b"Sec-Fetch-Site",
        b"Expect",
        b"If-None-Match",
        b"Connection",
    ),
)
TELLING = [
    b"same-origin",
    b"application/json",
    b"chunked",
    b"websocket",
    b"bytes=-1,5-,9-1",
    b"gzip",
    b"127.0.0.1",
]
values = st.one_of(st.sampled_from(TELLING), readable, readable, readable, raw_bytes)
headers = st.lists(st.tuples(st.sampled_from(HEADERS), values), max_size=4)
bodies = st.one_of(
    st.binary(max_size=200), st.sampled_from([b"{", b'{"ticket": null}', b'{"ticket": ["x"]}', b"[" * 999])
)


@pytest.mark.parametrize("path", sorted({*(path for _, path in OURS), *STREAMLITS, *OTHERS}))
def test_nothing_sent_to_an_address_breaks_the_server_or_opens_anything(site: Site, path: str) -> None:
    @settings(max_examples=30 * often.TIMES, derandomize=often.TIMES == 1)
    @given(st.sampled_from(METHODS), in_a_path, in_a_path, headers, bodies)
    def hold(method: bytes, part: bytes, query: bytes, said: list[tuple[bytes, bytes]], body: bytes) -> None:
        named = (
            [*said, (b"Content-Length", b"%d" % len(body))] if b"Content-Length" not in dict(said) else said
        )
        told = raw.request(
            method, _filled(path, part) + b"?" + query, [(b"Host", b"127.0.0.1"), *named], body
        )
        _is_harmless(site, raw.send(site, told), told)

    hold()


@pytest.mark.parametrize("path", [path for path in [*STREAMLITS, "/{path}", "/static/{path}"] if "{" in path])
def test_no_way_of_writing_a_path_leads_out_of_its_folder(site: Site, path: str) -> None:
    for way in TRAVERSALS:
        told = raw.request(b"GET", _filled(path, way), [(b"Host", b"127.0.0.1")])
        _is_harmless(site, raw.send(site, told), told)


HOST = b"Host: 127.0.0.1\r\n"
NO_REQUESTS = {
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "an old version": b"GET / HTTP/1.0\r\n\r\n",
    "a version to come": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "an address elsewhere": b"GET http://elsewhere.example/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a port beyond all ports": b"GET / HTTP/1.1\r\nHost: evil.example:99999999\r\n\r\n",
    "a header of a megabyte": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 2**20 + b"\r\n\r\n",
    "a path of a megabyte": b"GET /" + b"a" * 2**20 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "less than nothing": b"POST /auth/cookie HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
    "a chunk of no size": b"POST /auth/cookie HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a greeting of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "zeros": bytes(64),
}


@pytest.mark.parametrize("said", NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_what_is_no_request_is_refused_or_hung_up_on(site: Site, said: bytes) -> None:
    with raw.connect(site) as line:
        with suppress(OSError):
            line.sendall(said)
        line.settimeout(QUIET_S)
        _is_harmless(site, raw.listen(line), said)


@pytest.mark.parametrize(
    "path", sorted({path for method, path in OURS if method == "POST"} | {"/_stcore/upload_file/s/f"})
)
def test_a_body_without_end_is_not_waited_for(site: Site, path: str) -> None:
    head = raw.request(
        b"POST",
        _filled(path, b"x"),
        [
            (b"Host", b"127.0.0.1"),
            (b"Sec-Fetch-Site", b"same-origin"),
            (b"Content-Type", b"application/json"),
            (b"Content-Length", b"%d" % 10**12),
        ],
    )

    _is_harmless(site, raw.send(site, head + b"a" * BODY_BYTES), head)


def test_those_who_dawdle_keep_nobody_waiting(site: Site) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(raw.connect(site)) for _ in range(200)]
        for line in slow:
            line.sendall(b"POST /auth/cookie HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\n{")

        answer = raw.send(site, raw.request(b"GET", b"/healthz", [(b"Host", b"127.0.0.1")]))

        assert answer.status == 200
