"""Papers as files: a receipt from the books to PDF, and the address where a signed-in browser opens it."""

from __future__ import annotations

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from school.access import queries as access
from school.db import reading
from school.delivery import papers
from school.delivery.papers import reversed_by
from school.errors import NotFound
from school.ledger import queries as ledger
from school.ledger.queries import Receipt
from school.ui.identity import cookie_name, usable_token

__all__ = ["ROUTES", "receipt_address", "receipt_pdf", "reversed_by", "show_receipt"]


def receipt_address(receipt: Receipt) -> str:
    """Opens in the browser's own reader, which prints it."""
    return f"/receipts/{receipt.document}.pdf"


async def show_receipt(request: Request) -> Response:
    """The receipt for whoever may see students; 404 for anybody else, whether it exists or not."""
    token = usable_token(request.cookies.get(cookie_name()))
    asked = request.path_params["document"]
    found = await to_thread.run_sync(_receipt, token, asked) if token else None
    if not found:
        return Response(status_code=404)
    disposition = {"content-disposition": "inline", "cache-control": "private, no-store"}
    return Response(found, media_type="application/pdf", headers=disposition)


def _receipt(token: str, document: str) -> bytes | None:
    with reading() as session:
        actor = access.actor_of_sign_in(session, access.sign_in_of_token(session, token))
        if actor is None or not actor.can("students.read"):
            return None
        try:
            receipt = ledger.receipt_by_document(session, document)
        except NotFound:
            return None
        return papers.receipt_pdf(session, receipt)


def receipt_pdf(receipt: Receipt) -> bytes:
    """For a button: made when it is asked for."""
    with reading() as session:
        return papers.receipt_pdf(session, receipt)


ROUTES = [Route("/receipts/{document}.pdf", show_receipt, methods=["GET"])]
