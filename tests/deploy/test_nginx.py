"""nginx with the very file of deploy/, in front of two servers that answer with what they were asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from deploy.rehearsal import looks, running
from deploy.rehearsal.places import Places

ROUTE = "school_route={}; Path=/; Secure; HttpOnly; SameSite=Lax"


class Echo(BaseHTTPRequestHandler):
    """Says who it is and what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: Any = self.server
        server.asked.append(f"{self.command} {self.path}")
        if self.path == "/hangs-up":
            self.close_connection = True
            return
        said = json.dumps({"port": server.server_port, "headers": dict(self.headers.items())}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.send_header("Connection", "close")  # who is away is away at once
        self.end_headers()
        self.wfile.write(said)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@dataclass
class Front:
    places: Places
    servers: dict[int, ThreadingHTTPServer] = field(default_factory=dict)

    def up(self, number: int) -> None:
        server = ThreadingHTTPServer(("127.0.0.1", self.places.processes[number - 1]), Echo)
        server.asked = []  # type: ignore[attr-defined]
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.servers[number] = server

    def down(self, number: int) -> None:
        server = self.servers.pop(number)
        server.shutdown()
        server.server_close()

    def asked(self) -> list[str]:
        return [one for server in self.servers.values() for one in server.asked]  # type: ignore[attr-defined]

    def get(self, path: str = "/", **how: str) -> tuple[looks.Answer, dict[str, Any], list[str]]:
        """The answer, what the server behind says, and the route that the browser is told."""
        answer = looks.get(self.places.site, path, **how)
        told = [one for one in answer.headers.get_all("Set-Cookie") or [] if one.startswith("school_route")]
        return answer, json.loads(answer.body) if answer.body.startswith(b"{") else {}, told


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    places = Places(tmp_path_factory.mktemp("nginx"))
    files = places.path("web") / "static"
    files.mkdir(parents=True)
    (files / "main.abc.js").write_text("plain")
    (files / "main.abc.js.gz").write_bytes(b"packed")
    front = Front(places)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(places.certificate()))
        for number in (1, 2):
            front.up(number)
        with running.nginx(places):
            yield front
    for number in (1, 2):
        front.down(number)


def test_a_browser_stays_with_its_process_and_is_told_which_it_is_once(front: Front) -> None:
    first = {front.get()[1]["port"] for _ in range(20)}
    assert first == set(front.places.processes)

    for number, port in enumerate(front.places.processes, start=1):
        stays = [front.get(Cookie=f"a=b; school_route={number}") for _ in range(5)]
        assert {said["port"] for _, said, _ in stays} == {port}
        assert [told for _, _, told in stays] == [[]] * 5
    answer, said, told = front.get(Cookie="school_route=9")
    assert told == [ROUTE.format(front.places.processes.index(said["port"]) + 1)]
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]


def test_what_the_browser_claims_to_be_is_replaced(front: Front) -> None:
    claims = {"X_Forwarded_For": "192.0.2.7", "X_Forwarded_Proto": "http", "Forwarded": "for=192.0.2.7"}
    headers = front.get(**claims, Origin=front.places.site)[1]["headers"]

    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "https"
    assert "Forwarded" not in headers
    assert headers["Host"] == front.places.site.removeprefix("https://")
    assert headers["Origin"] == front.places.site


def test_when_a_process_is_away_its_browsers_go_to_the_other_and_stay_there(front: Front) -> None:
    front.down(1)
    try:
        answers = [front.get(method=method, Cookie="school_route=1") for method in ("GET", "POST")]
    finally:
        front.up(1)

    assert [answer.status for answer, _, _ in answers] == [
        200,
        200,
    ]  # it accepted no connection: nothing was sent
    assert [told for _, _, told in answers] == [[ROUTE.format(2)]] * 2


def test_what_may_have_been_written_is_never_sent_again(front: Front) -> None:
    before = front.asked().count("POST /hangs-up")

    answer, _, _ = front.get("/hangs-up", method="POST", Cookie="school_route=2")

    assert front.asked().count("POST /hangs-up") == before + 1
    assert answer.status == 503
    assert b"tries again by itself" in answer.body


def test_the_screens_own_files_come_from_the_disk_packed_and_are_kept(front: Front) -> None:
    packed = looks.get(front.places.site, "/static/main.abc.js", Accept_Encoding="gzip")
    plain = looks.get(front.places.site, "/static/main.abc.js")
    missing = front.get("/static/other.def.js")

    assert (packed.body, packed.headers["Content-Encoding"]) == (b"packed", "gzip")
    assert (plain.body, plain.headers["Content-Encoding"]) == (b"plain", None)
    assert packed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert packed.headers["X-Content-Type-Options"] == "nosniff"
    assert missing[1]["port"] in front.places.processes


def test_who_comes_without_https_is_led_to_it_and_too_much_is_refused(front: Front) -> None:
    plain = looks.get(f"http://localhost:{front.places.ports[3]}", "/students?search=a")
    large = looks.get(
        front.places.site, "/_stcore/upload_file/a", method="PUT", Content_Length=str(22 * 2**20)
    )

    assert (plain.status, plain.headers["Location"]) == (308, f"{front.places.site}/students?search=a")
    assert large.status == 413
