"""What the browser reaches besides the pages: the sign-in cookie, health, and headers on everything."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit
from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from school.access import queries, sign_ins
from school.access.sign_ins import Claimed
from school.checks import ledger as checks
from school.db import reading, writing
from school.errors import Unavailable
from school.log import start as start_log
from school.settings import settings
from school.ui import papers
from school.ui.identity import cookie_name, usable_token

log = logging.getLogger(__name__)
BODY_MAX = 1024  # a ticket is 43 characters
FIRST_VISIT_S = 3  # pandas takes a second of the processor; the sign-in does not need it


def same_origin(headers: Headers) -> bool:
    """True when a page of this very server sent the request; scripts cannot forge these headers."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == headers.get("host")


async def fetch_cookie(request: Request) -> Response:
    """POST {"ticket"}: the cookie for a ticket shown in time, once; 403 for anything else."""
    if not same_origin(request.headers):
        return Response(status_code=403)
    ticket = usable_token(await _posted_ticket(request))
    if ticket is None:
        return Response(status_code=403)
    held = usable_token(request.cookies.get(cookie_name()))
    claimed = await to_thread.run_sync(_claim, ticket, held)
    if claimed is None:
        return Response(status_code=403)
    response = Response(status_code=204)
    response.set_cookie(
        cookie_name(), claimed.token, path="/", secure=settings().https, httponly=True, samesite="strict"
    )
    return response


async def _posted_ticket(request: Request) -> object:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            return None
    try:
        posted = json.loads(body)
    except ValueError:
        return None
    return posted.get("ticket") if isinstance(posted, dict) else None


def _claim(ticket: str, held: str | None) -> Claimed | None:
    with writing() as session:
        return sign_ins.claim(session, ticket=ticket, held_token=held)


async def drop_cookie(request: Request) -> Response:
    """DELETE: the cookie goes, and so does the sign-in behind it."""
    if not same_origin(request.headers):
        return Response(status_code=403)
    token = usable_token(request.cookies.get(cookie_name()))
    if token:
        await to_thread.run_sync(_sign_out, token)
    response = Response(status_code=204)
    response.delete_cookie(cookie_name(), path="/", secure=settings().https, httponly=True, samesite="strict")
    return response


def _sign_out(token: str) -> None:
    with writing() as session:
        sign_ins.sign_out_token(session, token=token)


def alive(request: Request) -> Response:
    """{"alive"}: whether the sign-in of this id may act. The id opens nothing, so anybody may ask."""
    with reading() as session:
        return JSONResponse({"alive": queries.is_alive(session, request.path_params["id"])})


def health(_: Request) -> Response:
    """200 while the database answers, for a load balancer."""
    with reading() as session:
        queries.any_administrator(session)
    return JSONResponse({"status": "ok"})


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


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[dict[str, Any] | None]:
    """The server answers at once; what pages need besides is loaded while the first visitor signs in."""
    start_log()
    warming = asyncio.create_task(warm_up())
    yield None
    warming.cancel()


async def warm_up() -> None:
    """Loads modules and opens the database, then takes them out of the garbage collector's sight."""
    await to_thread.run_sync(import_module, "school.ui.signin")
    await asyncio.sleep(FIRST_VISIT_S)
    await to_thread.run_sync(import_module, "pandas")
    await to_thread.run_sync(look_at_the_books)
    gc.collect()
    gc.freeze()  # Streamlit collects after every run: 60 to 130 ms of looking through modules that stay


def look_at_the_books() -> None:
    """The quick check of the ledger, at every start: what it finds is in the log."""
    try:
        with reading() as session:
            findings = checks.verify(session, deep=False)
    except Unavailable as error:
        log.warning("unavailable", extra={"cause": str(error.__cause__)})
        return
    for found in findings:
        log.error("the books disagree", extra={"check": found.check, "finding": found.message})


def unavailable(_: Request, error: Exception) -> Response:
    return JSONResponse({"status": str(error)}, status_code=503)


ROUTES = [
    Route("/auth/cookie", fetch_cookie, methods=["POST"]),
    Route("/auth/cookie", drop_cookie, methods=["DELETE"]),
    Route("/auth/alive/{id}", alive, methods=["GET"]),
    Route("/healthz", health, methods=["GET"]),
    *papers.ROUTES,
]
MIDDLEWARE = [
    Middleware(SecurityHeaders),
    Middleware(TrustedHostMiddleware, allowed_hosts=settings().allowed_hosts, www_redirect=False),
    Middleware(FilesForTheSignedIn),
]
EXCEPTION_HANDLERS = {Unavailable: unavailable}
