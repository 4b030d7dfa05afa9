"""A proxy that does only half its part is named: by its certificate, headers, cookie or websockets."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from school import clock
from school.checks import site
from school.checks.place import Place
from school.db import Database
from school.settings import Settings
from school.ui.middleware import HEADERS, HSTS
from tests.mail import free_port

COOKIE = "__Host-school_browser=x; HttpOnly; Path=/; SameSite=strict; Secure"


@dataclass
class Answers:
    """What a browser gets, as the program behind a good proxy gives it."""

    well: bytes = b'{"status": "ok"}'
    headers: dict[str, str] = field(
        default_factory=lambda: {**HEADERS, "strict-transport-security": HSTS, "set-cookie": COOKIE}
    )
    socket: int = 101


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of localhost, with its key in the same file, trusted by nobody who is not told."""
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost"
    out = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(file), "-out", str(file)]
    subprocess.run([*made.split(), *out], check=True, capture_output=True)
    return file


@contextmanager
def served(certificate: Path, answers: Answers) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == site.SOCKET:
                self.send_response(answers.socket)
                self.end_headers()
                return
            body = answers.well if self.path == "/healthz" else b"<html>"
            self.send_response(200)
            for name, value in answers.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def found(address: str) -> dict[str, str]:
    place = Place(Settings(_env_file=None), Database("sqlite:///unused.db"), deploy=True, site=address)
    return {wrong.check: wrong.message for wrong in site.answers(place)}


WRONG: dict[str, tuple[Callable[[Answers], object], str]] = {
    "no promise to stay with https": (
        lambda answers: answers.headers.pop("strict-transport-security"),
        "site_headers",
    ),
    "no policy for content": (lambda answers: answers.headers.pop("content-security-policy"), "site_headers"),
    "no cookie": (lambda answers: answers.headers.pop("set-cookie"), "site_headers"),
    "a cookie that goes without https": (
        lambda answers: answers.headers.update({"set-cookie": COOKIE.replace("; Secure", "")}),
        "site_headers",
    ),
    "no websockets": (lambda answers: setattr(answers, "socket", 400), "websockets"),
    "another program": (lambda answers: setattr(answers, "well", b"<html>Welcome</html>"), "site"),
}


@pytest.mark.parametrize(("put_wrong", "rule"), WRONG.values(), ids=WRONG.keys())
def test_a_site_is_found_to_have(
    put_wrong: Callable[[Answers], object], rule: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    answers = Answers()
    put_wrong(answers)

    with served(certificate, answers) as address:
        assert found(address).keys() == {rule}


def test_a_certificate_that_nobody_trusts_or_that_ends_soon_is_named(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(certificate, Answers()) as address:
        assert "self-signed" in found(address)["certificate"]
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert found(address) == {}
        with clock.set_to(clock.now() + timedelta(days=20)):
            assert found(address).keys() == {"certificate_ends"}


@pytest.mark.parametrize("address", ["fees.example.org", "http://fees.example.org", "https://"])
def test_an_address_without_https_is_no_site(address: str) -> None:
    assert found(address).keys() == {"site"}


def test_a_site_that_does_not_answer_is_named() -> None:
    assert "does not answer" in found(f"https://localhost:{free_port()}")["site"]
