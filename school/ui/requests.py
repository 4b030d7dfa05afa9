"""Whether a request comes from a page of this very server, and what it carries."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request


def same_origin(headers: Headers) -> bool:
    """True when a page of this very server sent the request; scripts cannot forge these headers."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == headers.get("host")


async def posted(request: Request, bytes_max: int) -> object:
    """The JSON that was posted; None when it is none, or larger."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
