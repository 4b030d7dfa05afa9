"""Whether the proxy does its part, seen as a browser sees it: certificate, headers, cookie, websockets."""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from school import clock
from school.checks.place import Place, Wrong

ANSWERS_WITHIN_S = 10
CERTIFICATE_LEFT = timedelta(days=14)
HTTP, HTTPS = 80, 443
READ_MAX = 100_000
SOCKET = "/_stcore/stream"
HEADERS = {
    "strict-transport-security": "max-age=",
    "content-security-policy": "default-src 'self'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
Answer = tuple[int, http.client.HTTPMessage, bytes]


def answers(place: Place) -> Iterator[Wrong]:
    """Nothing where no address is given to look at."""
    if not place.site:
        return
    address = urlsplit(place.site)
    if address.scheme != "https" or not address.hostname:
        yield Wrong("site", f"{place.site} is no address that begins with https://.")
        return
    host, port = address.hostname, address.port or HTTPS
    try:
        yield from _certificate(host, port)
        yield from _program(host, port)
        yield from _page(host, port)
        yield from _socket(host, port)
    except ssl.SSLCertVerificationError as error:
        yield Wrong(
            "certificate", f"Browsers do not trust the certificate of {host}: {error.verify_message}."
        )
    except (OSError, http.client.HTTPException) as error:
        yield Wrong("site", f"{place.site} does not answer: {_said(error)}.")
    if port == HTTPS:
        yield from _without_https(host)


def _certificate(host: str, port: int) -> Iterator[Wrong]:
    with closing(http.client.HTTPSConnection(host, port, timeout=ANSWERS_WITHIN_S)) as connection:
        connection.connect()
        held = connection.sock.getpeercert() or {}
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(held.get("notAfter"))), UTC)
    if ends - clock.now() < CERTIFICATE_LEFT:
        yield Wrong("certificate_ends", f"The certificate of {host} ends on {ends:%Y-%m-%d}.")


def _program(host: str, port: int) -> Iterator[Wrong]:
    status, _, body = _asked(host, port, "/healthz")
    try:
        is_ours = status == 200 and "status" in json.loads(body)
    except (ValueError, TypeError):
        is_ours = False
    if not is_ours:
        yield Wrong(
            "site", f"What answers at https://{host} is not this program, or it is not well ({status})."
        )


def _page(host: str, port: int) -> Iterator[Wrong]:
    _, headers, _ = _asked(host, port, "/")
    missing = [name for name, value in HEADERS.items() if value not in (headers.get(name) or "")]
    if missing:
        yield Wrong("site_headers", f"The page comes without {', '.join(missing)}.")
    cookies = headers.get_all("set-cookie") or []
    if not any(_is_ours(cookie) for cookie in cookies) or not all(_is_careful(cookie) for cookie in cookies):
        yield Wrong("site_headers", "The page comes without its own cookie, or with one that is not Secure.")


def _is_ours(cookie: str) -> bool:
    """Bound to this host, and not sent along by other sites."""
    return cookie.startswith("__Host-") and "samesite=strict" in _words(cookie)


def _is_careful(cookie: str) -> bool:
    """By https alone, and out of the reach of scripts; the proxy may have one that names a process."""
    return {"secure", "httponly"} <= _words(cookie)


def _words(cookie: str) -> set[str]:
    return {word.strip().lower() for word in cookie.split(";")[1:]}


def _socket(host: str, port: int) -> Iterator[Wrong]:
    """The pages need a websocket; a proxy that was not told passes on none."""
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Protocol": "streamlit",
        "Origin": f"https://{host}" if port == HTTPS else f"https://{host}:{port}",
    }
    status, _, _ = _asked(host, port, SOCKET, asked)
    if status != http.HTTPStatus.SWITCHING_PROTOCOLS:
        yield Wrong(
            "websockets", f"A page cannot open its websocket at https://{host}: it is answered {status}."
        )


def _without_https(host: str) -> Iterator[Wrong]:
    """Closed is as good as led on."""
    try:
        with closing(http.client.HTTPConnection(host, HTTP, timeout=ANSWERS_WITHIN_S)) as connection:
            connection.request("GET", "/")
            answer = connection.getresponse()
            if not (answer.getheader("location") or "").startswith("https://"):
                yield Wrong("redirect", f"http://{host} does not lead to https ({answer.status}).")
    except (OSError, http.client.HTTPException):
        return


def _asked(host: str, port: int, path: str, headers: dict[str, str] | None = None) -> Answer:
    with closing(http.client.HTTPSConnection(host, port, timeout=ANSWERS_WITHIN_S)) as connection:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        body = b"" if answer.status == http.HTTPStatus.SWITCHING_PROTOCOLS else answer.read(READ_MAX)
        return answer.status, answer.headers, body


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "nothing came within seconds"
    return str(getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".").lower()
