"""What machines ask: is the process alive, should it be sent work, what has it counted."""

from __future__ import annotations

import asyncio
import secrets
import signal
import threading
from collections.abc import Iterable
from ipaddress import ip_address
from types import FrameType
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from school.db import database
from school.monitoring.exposition import everything
from school.monitoring.readiness import OK, readiness
from school.settings import settings

FORWARDED = ("x-forwarded-for", "x-real-ip", "forwarded")


def alive(_: Request) -> Response:
    """200 while the process answers at all; nothing is asked that could be slow."""
    return JSONResponse({"status": OK})


async def ready(_: Request) -> Response:
    """200 while this process should be sent work, else 503 and why."""
    looked = await to_thread.run_sync(readiness.look, database())
    well = all(said == OK for said in looked.values())
    return JSONResponse({"status": OK if well else "not ready", **looked}, 200 if well else 503)


async def metrics(request: Request) -> Response:
    """The figures for who shows the token; where none is set, for this machine alone, and 404 for others."""
    token = settings().metrics_token
    if token is not None and not _shows(request, token.get_secret_value()):
        return PlainTextResponse("Show the token.", 401, {"www-authenticate": "Bearer"})
    if token is None and not _is_from_here(request):
        return Response(status_code=404)
    text, kind = await to_thread.run_sync(everything, request.headers.get("accept", ""))
    return Response(text, media_type=None, headers={"content-type": kind, "cache-control": "no-store"})


def _shows(request: Request, token: str) -> bool:
    kind, _, shown = request.headers.get("authorization", "").partition(" ")
    return kind.lower() == "bearer" and secrets.compare_digest(shown.strip().encode(), token.encode())


def _is_from_here(request: Request) -> bool:
    """Behind a proxy everybody comes from this machine: so whoever it forwards for must be of it as well."""
    client = request.client.host if request.client else ""
    return all(_is_loopback(address) for address in [client, *_forwarded(request)])


def _forwarded(request: Request) -> Iterable[str]:
    for name in FORWARDED:
        for value in request.headers.getlist(name):
            yield from (part.strip() for part in value.split(","))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def leave_gently() -> None:
    """From SIGTERM on `/readyz` says that this process leaves; it goes on for SCHOOL_DRAIN_SECONDS."""
    if threading.current_thread() is not threading.main_thread():
        return
    stop: Any = signal.getsignal(signal.SIGTERM)
    if not callable(stop):
        return
    loop = asyncio.get_running_loop()

    def leave(number: int, frame: FrameType | None) -> None:
        again, seconds = readiness.leaving, settings().drain_seconds
        readiness.leave()
        if again or not seconds:
            stop(number, frame)
        else:
            loop.call_soon_threadsafe(loop.call_later, seconds, stop, number, None)

    signal.signal(signal.SIGTERM, leave)


ROUTES = [
    Route("/healthz", alive, methods=["GET"]),
    Route("/readyz", ready, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
