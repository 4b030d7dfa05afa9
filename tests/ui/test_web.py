"""What answers without a page gives nothing away: cookies by ticket, files by cookie, headers on all."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from school import migrations
from school.access import queries, sign_ins
from school.access.models import User
from school.monitoring import readiness
from tests import databases, make, people
from tests.serving import Site, serving

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("web")
    with databases.fresh("sqlite") as database:
        with database.writing() as session:
            make.school(session)
            people.everybody(session)
        with serving(database, folder) as running:
            yield running


def ask(site: Site, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    """Headers are given with _ for -; the answer's headers are lowered."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(site.url + path, body, named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


def new_ticket(site: Site, browser: str | None = None) -> sign_ins.NewSignIn:
    with site.database.writing() as session:
        user_id = session.scalars(select(User.id).where(User.name == "finn")).one()
        return sign_ins.open_sign_in(session, user_id=user_id, browser=browser)


def is_alive(site: Site, opened: sign_ins.NewSignIn) -> bool:
    with site.database.reading() as session:
        return queries.is_alive(session, opened.id)


def claim(site: Site, ticket: object, **headers: str) -> Answer:
    headers = headers or {"Sec_Fetch_Site": "same-origin"}
    body = json.dumps({"ticket": ticket}).encode()
    return ask(site, "/auth/cookie", "POST", body, Content_Type="application/json", **headers)


def test_a_ticket_is_answered_with_a_cookie_no_script_can_read_and_only_once(site: Site) -> None:
    opened = new_ticket(site)

    status, headers, body = claim(site, opened.ticket)
    again, _, _ = claim(site, opened.ticket)

    assert (status, body, again) == (204, b"", 403)
    name, *attributes = headers["set-cookie"].split("; ")
    assert name.startswith("school_sign_in=")
    assert {attribute.lower() for attribute in attributes} == {"httponly", "path=/", "samesite=strict"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"X_Nothing": "said"},
    ],
)
def test_a_page_of_another_origin_gets_no_cookie_and_wastes_no_ticket(
    site: Site, headers: dict[str, str]
) -> None:
    opened = new_ticket(site)

    status, answered, _ = claim(site, opened.ticket, **headers)

    assert status == 403
    assert "set-cookie" not in answered
    assert claim(site, opened.ticket, Origin=site.url)[0] == 204


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"null",
            b"[]",
            b'"x"',
            b"{",
            b'{"ticket": null}',
            b'{"ticket": 5}',
            b'{"ticket": ""}',
            b"\xff",
        ),
        b'{"ticket": "' + b"A" * 43 + b'"}',
        b'{"ticket": "' + b"A" * 100_000 + b'"}',
    ],
)
def test_nothing_else_that_is_posted_gets_a_cookie(site: Site, body: bytes) -> None:
    status, headers, _ = ask(
        site, "/auth/cookie", "POST", body, Sec_Fetch_Site="same-origin", Content_Type="application/json"
    )

    assert status == 403
    assert "set-cookie" not in headers


def test_leaving_ends_the_sign_in_and_drops_its_cookie_and_needs_the_same_origin(site: Site) -> None:
    opened = new_ticket(site)
    cookie = claim(site, opened.ticket)[1]["set-cookie"].split(";")[0]
    leaving = f"/auth/cookie?left={opened.id}"

    foreign = ask(site, leaving, "DELETE", Cookie=cookie, Origin="https://evil.example")
    alive_then = is_alive(site, opened)
    own = ask(site, leaving, "DELETE", Cookie=cookie, Sec_Fetch_Site="same-origin")

    assert (foreign[0], alive_then) == (403, True)
    assert (own[0], is_alive(site, opened)) == (204, False)
    assert "max-age=0" in own[1]["set-cookie"].lower()


@pytest.mark.parametrize("left", ["", "?left=", "?left=of-another"])
def test_a_slow_sign_out_leaves_the_cookie_of_who_signed_in_since(site: Site, left: str) -> None:
    opened = new_ticket(site)
    cookie = claim(site, opened.ticket)[1]["set-cookie"].split(";")[0]

    status, headers, _ = ask(
        site, f"/auth/cookie{left}", "DELETE", Cookie=cookie, Sec_Fetch_Site="same-origin"
    )

    assert status == 204
    assert "set-cookie" not in headers
    assert is_alive(site, opened)


@pytest.mark.parametrize("cookie", ["school_sign_in=" + "A" * 43, "school_sign_in=x", "other=1"])
def test_a_cookie_that_opens_nothing_is_dropped(site: Site, cookie: str) -> None:
    status, headers, _ = ask(
        site, "/auth/cookie?left=any", "DELETE", Cookie=cookie, Sec_Fetch_Site="same-origin"
    )

    assert status == 204
    assert "max-age=0" in headers["set-cookie"].lower()


def test_every_page_names_a_browser_that_has_no_name_and_no_other(site: Site) -> None:
    _, new, _ = ask(site, "/payments")
    name = new["set-cookie"].split(";")[0]
    attributes = {part.strip().lower() for part in new["set-cookie"].split(";")[1:]}
    _, known, _ = ask(site, "/payments", Cookie=name)
    _, odd, _ = ask(site, "/payments", Cookie="school_browser=x")
    _, led, _ = ask(site, "/payments", Sec_Fetch_Site="cross-site")

    assert re.fullmatch("school_browser=[A-Za-z0-9_-]{43}", name)
    assert attributes == {"httponly", "path=/", "samesite=strict", f"max-age={400 * 24 * 3600}"}
    assert "set-cookie" not in known
    assert "set-cookie" in odd
    assert "set-cookie" not in led, "strict cookies stay at home when a link leads here: it may have a name"


@pytest.mark.parametrize("shown_by", ["", "school_browser=" + "B" * 43, "school_browser=x"])
def test_a_ticket_opens_nothing_for_another_browser(site: Site, shown_by: str) -> None:
    opened = new_ticket(site, browser="A" * 43)
    cookies = {"Cookie": shown_by} if shown_by else {}

    stolen = claim(site, opened.ticket, Sec_Fetch_Site="same-origin", **cookies)
    own = claim(site, opened.ticket, Sec_Fetch_Site="same-origin", Cookie="school_browser=" + "A" * 43)

    assert stolen[0] == 403
    assert "school_sign_in" not in stolen[1].get("set-cookie", "")
    assert own[0] == 204


def test_files_answer_only_a_browser_that_is_signed_in(site: Site) -> None:
    with site.database.writing() as session:
        user_id = session.scalars(select(User.id).where(User.name == "hope")).one()
        cookie = f"school_sign_in={people.cookie(session, user_id)}"

    for path in ("/media/0123456789.pdf", "/_stcore/upload_file/a/b"):
        assert ask(site, path)[0] == 404
        assert ask(site, path, Cookie="school_sign_in=" + "A" * 43)[0] == 404
    stranger = ask(site, "/_stcore/upload_file/a/b", "PUT", b"x" * 10)
    signed_in = ask(site, "/_stcore/upload_file/a/b", "PUT", b"x" * 10, Cookie=cookie)

    assert stranger[0] == 404
    assert signed_in[0] != 404, "a signed-in browser must reach the upload route"


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/payments", "/_stcore/health", "/auth/cookie", "/nothing/here"]
)
def test_every_answer_carries_the_security_headers(site: Site, path: str) -> None:
    _, headers, _ = ask(site, path)

    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


def test_no_address_of_a_stranger_is_in_what_the_browser_is_sent(site: Site) -> None:
    policy = ask(site, "/")[1]["content-security-policy"]

    assert "http" not in policy
    assert "*" not in policy


def test_the_scriptable_client_is_off(site: Site) -> None:
    status, _, body = ask(site, "/_stcore/agent/interact", "POST", b"{}", Content_Type="application/json")

    assert status in {403, 404, 405}, body


def test_behind_https_the_cookie_is_secure_and_bound_to_the_host(
    site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("https")
    hosts = '["fees.example.org", "127.0.0.1"]'
    with serving(site.database, folder, SCHOOL_HTTPS="true", SCHOOL_ALLOWED_HOSTS=hosts) as behind:
        status, headers, _ = claim(behind, new_ticket(site).ticket)
        other_host = ask(behind, "/", Host="evil.example")

    assert status == 204
    assert headers["set-cookie"].startswith("__Host-school_sign_in=")
    assert "secure" in headers["set-cookie"].lower()
    assert headers["strict-transport-security"]
    assert other_host[0] == 400


def test_a_server_without_its_books_says_so_and_serves_as_soon_as_they_are_there(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("late")
    with databases.fresh("sqlite", migrated=False) as late, serving(late, folder) as site:
        before = ask(site, "/readyz")
        alive = ask(site, "/healthz")
        migrations.migrate(late.url)
        time.sleep(readiness.ASKED_EVERY_S)
        after = ask(site, "/readyz")

    assert (before[0], json.loads(before[2])["database"]) == (503, "cannot be reached")
    assert alive[0] == 200
    assert after[0] == 200
