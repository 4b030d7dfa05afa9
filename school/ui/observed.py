"""What is timed and told around every request and every run of a page, and where a line of the log was."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect
from streamlit.runtime.scriptrunner import get_script_run_ctx

from school import metrics
from school.access.rules import Actor
from school.log import about, also_tell
from school.settings import ROOT, settings

log = logging.getLogger(__name__)

REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FROM_A_PROXY = re.compile(r"[0-9a-f]{16,64}")
_HEADER = "x-request-id"
_PAGES = {page.stem for page in (ROOT / "pages").glob("*.py")} | {""}
_EXACT = {"healthz", "readyz", "metrics"}
_FIRST = {"static", "media", "receipts", "component"}
_TWO = {"auth/cookie", "auth/alive", "drafts/unsent", "_stcore/health", "_stcore/host-config",
        "_stcore/upload_file", "_stcore/bidi-components", "_stcore/stream"}  # fmt: skip

for _page in _PAGES - {""}:
    for _kind in ("incident", "unavailable"):
        metrics.page_errors.labels(_page, _kind)  # a figure that appears late is not seen to grow


def route_of(path: str) -> str:
    """One of a few names, whatever is asked for."""
    first, _, rest = path.strip("/").partition("/")
    two = f"{first}/{rest.partition('/')[0]}"
    if not rest and first in _PAGES:
        return "page"
    if not rest and first in _EXACT:
        return first
    if two in _TWO:
        return two
    return first if rest and first in _FIRST else "other"


def page_of(path: str) -> str:
    """The page of an address; `other` where it is none of ours."""
    name = path.strip("/")
    return (name or "today") if name in _PAGES else "other"


class Observed:
    """Outermost: every request has an id and is timed, every fault on the way is counted."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(_HEADER, "")
        request_id = given if _FROM_A_PROXY.fullmatch(given) else secrets.token_hex(16)
        reset = about.set({"request": request_id})
        try:
            if scope["type"] == "http":
                await self._request(scope, receive, send, request_id)
            else:
                await self._socket(scope, receive, send)
        finally:
            about.reset(reset)

    async def _request(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        began, status = time.perf_counter(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[_HEADER] = request_id
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception:
            status = 500
            raise
        finally:
            route, kind = route_of(scope["path"]), f"{status // 100}xx" if status else "gone"
            metrics.http_seconds.labels(route, kind).observe(time.perf_counter() - began)
            if status >= 500 and route != "readyz":
                metrics.session_errors.labels("http").inc()

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        accepted = False

        async def noted(message: Message) -> None:
            nonlocal accepted
            if message["type"] == "websocket.accept" and not accepted:
                accepted = True
                metrics.websocket_connects.labels("accepted").inc()
                metrics.websockets_open.inc()
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except WebSocketDisconnect:
            raise
        except Exception:
            metrics.session_errors.labels("socket").inc()
            raise
        finally:
            if accepted:
                metrics.websockets_open.dec()
            else:
                metrics.websocket_connects.labels("turned_away").inc()


@dataclass
class Run:
    """A run of the main script: which page it came to, and for whom."""

    page: str = "away"
    actor: Actor | None = None


@contextmanager
def run() -> Iterator[Run]:
    """Times a run, however it ends; one that takes too long is a line in the log."""
    seen, began = Run(), time.perf_counter()
    try:
        yield seen
    finally:
        seconds = time.perf_counter() - began
        metrics.page_ran(seen.page, seconds)
        slow = seconds * 1000 > settings().slow_page_ms
        if slow or log.isEnabledFor(logging.DEBUG):
            log.log(
                logging.WARNING if slow else logging.DEBUG,
                "slow page" if slow else "page",
                extra=_told(seen, seconds),
            )


def _told(seen: Run, seconds: float) -> dict[str, Any]:
    actor = seen.actor
    who = {"user_id": actor.user_id, "sign_in": actor.sign_in_id} if actor else {}
    return {"ran": seen.page, "duration_ms": round(seconds * 1000), **who}


def request_ids(address: Mapping[str, str]) -> dict[str, str]:
    """The ids of the page's forms by their names; nothing else of an address is anybody's business."""
    return {name: value for name, value in address.items() if REQUEST_ID.fullmatch(value)}


def where() -> dict[str, Any]:
    """Of the run this thread is in. Reads no session state: a run is stopped there, and writers log too.

    A session's own id would open it, so that a part of its hash stands for it.
    """
    run = get_script_run_ctx(suppress_warning=True)
    if run is None:
        return {}
    url = run.context_info.url if run.context_info else ""
    return {
        "page": urlsplit(url).path,
        "session": sha256(run.session_id.encode()).hexdigest()[:12],
        "requests": request_ids(dict(parse_qsl(run.query_string))) or None,
    }


also_tell(where)
