"""What the browser reaches besides the pages: the sign-in cookie, and whether it is alive."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from school import log
from school.access import queries, sign_ins
from school.backups.worker import Worker as Backups
from school.db import database, reading, writing
from school.delivery.worker import Worker as Letters
from school.errors import Unavailable
from school.monitoring import watch
from school.settings import settings
from school.ui import papers, probes, theme, unsent
from school.ui.identity import browser_cookie_name, cookie_name, usable_token
from school.ui.requests import posted, same_origin

BODY_MAX = 1024  # a ticket is 43 characters
COLLECTIONS = (20_000, 20, 5)  # a page is made of some thousand objects, and dropped as a whole
FIRST_VISIT_S = 3  # pandas takes a second of the processor; the sign-in does not need it


async def fetch_cookie(request: Request) -> Response:
    """POST {"ticket"} as JSON: the cookie for a ticket shown in time, once; 403 for any other."""
    if not same_origin(request.headers):
        return Response(status_code=403)
    if not request.headers.get("content-type", "").startswith("application/json"):
        return Response(status_code=415)
    body = await posted(request, BODY_MAX)
    ticket = usable_token(body.get("ticket")) if isinstance(body, dict) else None
    if ticket is None:
        return Response(status_code=403)
    held = usable_token(request.cookies.get(cookie_name()))
    browser = usable_token(request.cookies.get(browser_cookie_name()))
    token = await to_thread.run_sync(_claim, ticket, held, browser)
    if token is None:
        return Response(status_code=403)
    response = Response(status_code=204)
    response.set_cookie(
        cookie_name(), token, path="/", secure=settings().https, httponly=True, samesite="strict"
    )
    return response


def _claim(ticket: str, held: str | None, browser: str | None) -> str | None:
    with writing() as session:
        return sign_ins.claim(session, ticket=ticket, held_token=held, browser=browser)


async def drop_cookie(request: Request) -> Response:
    """DELETE ?left=id: the cookie goes when it is of the sign-in that was left, or opens nothing any more.

    A slow sign-out so leaves alone the cookie of whoever signed in since, in another tab. Where the books
    cannot be asked the cookie goes: who presses “Sign out” is about to leave the browser to others.
    """
    if not same_origin(request.headers):
        return Response(status_code=403)
    response = Response(status_code=204)
    token = usable_token(request.cookies.get(cookie_name()))
    if token is None or await to_thread.run_sync(_leave, token, request.query_params.get("left", "")):
        response.delete_cookie(
            cookie_name(), path="/", secure=settings().https, httponly=True, samesite="strict"
        )
    return response


def _leave(token: str, left: str) -> bool:
    try:
        with reading() as session:
            behind = queries.sign_in_of_token(session, token)
    except Unavailable:
        return True
    if behind is not None and behind == left:
        with suppress(Unavailable), writing() as session:
            sign_ins.sign_out(session, sign_in_id=behind)
    return behind is None or behind == left


def alive(request: Request) -> Response:
    """{"alive"}: whether the sign-in of this id may act. The id opens nothing, so anybody may ask."""
    with reading() as session:
        return JSONResponse({"alive": queries.is_alive(session, request.path_params["id"])})


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[dict[str, Any] | None]:
    """The server answers at once; what pages need besides is loaded while the first visitor signs in."""
    log.start()
    log.take_over()
    probes.leave_gently()
    theme.keep()
    warming = asyncio.create_task(warm_up())
    workers = (Letters(), Backups(), watch.Watch())
    for worker in workers:
        worker.start()
    yield None
    warming.cancel()
    for worker in workers:
        await to_thread.run_sync(worker.stop)


async def warm_up() -> None:
    """Loads modules and opens the database, then takes them out of the garbage collector's sight."""
    await to_thread.run_sync(import_module, "school.ui.signin")
    await asyncio.sleep(FIRST_VISIT_S)
    await to_thread.run_sync(import_module, "pandas")
    await to_thread.run_sync(watch.look, database())
    log.take_over()
    gc.collect()
    gc.set_threshold(*COLLECTIONS)
    gc.freeze()  # a collection looks no more through what stays as long as the process


def unavailable(_: Request, error: Exception) -> Response:
    return JSONResponse({"status": str(error)}, status_code=503)


ROUTES = [
    Route("/auth/cookie", fetch_cookie, methods=["POST"]),
    Route("/auth/cookie", drop_cookie, methods=["DELETE"]),
    Route("/auth/alive/{id}", alive, methods=["GET"]),
    *probes.ROUTES,
    *papers.ROUTES,
    *unsent.ROUTES,
]
EXCEPTION_HANDLERS = {Unavailable: unavailable}
