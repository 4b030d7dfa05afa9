"""What stands between the browser and every route, Streamlit's own included."""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import streamlit
from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from school.access import queries
from school.db import reading
from school.errors import Unavailable
from school.settings import settings
from school.ui.identity import browser_cookie_name, cookie_name, usable_token
from school.ui.observed import Observed
from school.ui.strangers import NEWLY_NAMED, SlowForStrangers

RawHeaders = list[tuple[bytes, bytes]]


def _own_scripts() -> str:
    """The scripts written into Streamlit's page, by their hashes: no other inline script runs."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_bytes()
    hashes = (sha256(script).digest() for script in re.findall(rb"<script>(.*?)</script>", page, re.DOTALL))
    return " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in hashes)


# Streamlit makes its styles at run time and loads the scripts of components from blob: addresses.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; "
    f"script-src 'self' blob: {_own_scripts()}; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; "
    "font-src 'self' data:; "
    "worker-src 'self' blob:; "
    "frame-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # addresses carry request ids and student numbers
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
HSTS = "max-age=31536000"


class SecurityHeaders:
    """Every answer carries them, Streamlit's own included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers = HEADERS | ({"strict-transport-security": HSTS} if settings().https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, with_headers)


class NamedBrowsers:
    """Every browser has a random name, so that a ticket opens nothing for another one.

    A page without the name is answered with one. A socket that comes without it all the same gets it at the
    handshake, and the script sees it as if the browser had sent it.
    """

    KEPT_S = 400 * 24 * 3600  # as long as browsers keep any cookie

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_named(scope):
            await self.app(scope, receive, send)
            return
        name = secrets.token_urlsafe(32)
        if scope["type"] == "websocket":
            headers = _with_cookie(scope["headers"], browser_cookie_name(), name)
            scope = {**scope, "headers": headers, NEWLY_NAMED: True}

        async def with_name(message: Message) -> None:
            if message["type"] == "websocket.accept" or self._is_page(scope, message):
                MutableHeaders(scope=message).append("set-cookie", self._cookie(name))
            await send(message)

        await self.app(scope, receive, with_name)

    def _is_named(self, scope: Scope) -> bool:
        return usable_token(HTTPConnection(scope).cookies.get(browser_cookie_name())) is not None

    def _is_page(self, scope: Scope, message: Message) -> bool:
        """A page that a stranger's link led to comes without strict cookies: it may have a name already."""
        if message["type"] != "http.response.start":
            return False
        led_by_a_stranger = Headers(scope=scope).get("sec-fetch-site") in {"cross-site", "same-site"}
        kind = Headers(raw=message["headers"]).get("content-type", "")
        return kind.startswith("text/html") and not led_by_a_stranger

    def _cookie(self, name: str) -> str:
        response = Response()
        response.set_cookie(
            browser_cookie_name(),
            name,
            max_age=self.KEPT_S,
            path="/",
            secure=settings().https,
            httponly=True,
            samesite="strict",
        )
        return response.headers["set-cookie"]


def _with_cookie(headers: RawHeaders, name: str, value: str) -> RawHeaders:
    """The last cookie of a name is the one that counts."""
    sent = [held for key, held in headers if key == b"cookie"]
    others = [(key, held) for key, held in headers if key != b"cookie"]
    return [*others, (b"cookie", b"; ".join([*sent, f"{name}={value}".encode()]))]


class FilesForTheSignedIn:
    """Receipts and exports under /media, and uploads, answer only a browser with a live sign-in."""

    PREFIXES = ("/media/", "/_stcore/upload_file/")

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self.PREFIXES):
            token = usable_token(Request(scope).cookies.get(cookie_name()))
            if token is None or not await to_thread.run_sync(_is_live, token):
                await Response(status_code=404)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _is_live(token: str) -> bool:
    try:
        with reading() as session:
            return queries.sign_in_of_token(session, token) is not None
    except Unavailable:
        return False


MIDDLEWARE = [
    Middleware(Observed),
    Middleware(SecurityHeaders),
    Middleware(TrustedHostMiddleware, allowed_hosts=settings().allowed_hosts, www_redirect=False),
    Middleware(NamedBrowsers),
    Middleware(SlowForStrangers),
    Middleware(FilesForTheSignedIn),
]
