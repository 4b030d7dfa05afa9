"""What was typed and not yet sent when its page goes is handed in by the browser, and kept as the draft."""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from school.access.rules import Actor
from school.drafts.service import NAME_LENGTH_MAX
from school.ui import drafts, elements, memory
from school.ui.identity import cookie_name, usable_token
from school.ui.requests import posted, same_origin

BODY_MAX = 20_000  # every text of the largest family's payment

Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH_MAX)]
Text = Annotated[str, Field(max_length=drafts.TEXT_LENGTH_MAX)]


class Unsent(BaseModel):
    """One form as a page left it: `texts` by widget key, of the fields typed in since it was drawn."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    sign_in_id: Name
    form: Name
    request_id: Name
    student_id: int
    texts: dict[Name, Text]


def watch(form: drafts.Form, actor: Actor, request_id: str, student_id: int) -> None:
    """Mounts the invisible element; call it where the fields of the form have been drawn."""
    named = {
        "sign_in_id": actor.sign_in_id,
        "form": form.name,
        "request_id": request_id,
        "student_id": student_id,
    }
    texts = [key for key in memory.everything() if form.kind(key) == "text"]
    elements.mount("unsent", key=f"{form.page}.unsent", told={"form": named, "texts": texts})


async def hand_in(request: Request) -> Response:
    """POST an `Unsent` as JSON: 204 once it is looked at, 403 unless this browser's sign-in drew the form."""
    if not same_origin(request.headers):
        return Response(status_code=403)
    token = usable_token(request.cookies.get(cookie_name()))
    if token is None:
        return Response(status_code=403)
    if not request.headers.get("content-type", "").startswith("application/json"):
        return Response(status_code=415)
    try:
        left = Unsent.model_validate(await posted(request, BODY_MAX))
    except ValidationError:
        return Response(status_code=400)
    kept = drafts.hand_in(token, **dict(left))
    return Response(status_code=204 if await asyncio.wrap_future(kept) else 403)


ROUTES = [Route("/drafts/unsent", hand_in, methods=["POST"])]
