"""Papers as files: a receipt from the books to PDF, and the address where a signed-in browser opens it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from school.access import queries as access
from school.db import reading
from school.documents import receipt as paper
from school.documents.rules import check_code
from school.errors import NotFound
from school.ledger import queries as ledger
from school.ledger import wording
from school.ledger.queries import Receipt
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui.identity import cookie_name, usable_token


def receipt_address(receipt: Receipt) -> str:
    """Opens in the browser's own reader, which prints it."""
    return f"/receipts/{receipt.document}.pdf"


def receipt_pdf(receipt: Receipt, school: SchoolFacts) -> bytes:
    """The same bytes whenever it is asked for, unless the payment was reversed since."""
    facts = paper.ReceiptFacts(
        school_name=school.name,
        school_address=school.address,
        logo=school.logo,
        number=receipt.document,
        date=receipt.date,
        recorded_at=receipt.at.astimezone(ZoneInfo(school.time_zone)),
        payer=receipt.payer,
        students=tuple(
            paper.ReceiptStudent(s.admission_no, s.name, s.class_name, s.paid, s.balance_after)
            for s in receipt.students
        ),
        tenders=tuple(paper.ReceiptTender(name, amount) for _, name, amount in receipt.tenders),
        reference=receipt.reference,
        lines=tuple(
            paper.ReceiptLine(item.admission_no, item.description, item.due_date, item.amount)
            for item in receipt.paid_items
        ),
        total_minor=receipt.total,
        currency=school.currency,
        locale=school.locale,
        cashier=receipt.actor,
        check_code=check_code(receipt.hash),
        reversed_by=reversed_by(receipt),
    )
    return paper.receipt_pdf(facts)


def reversed_by(receipt: Receipt) -> str | None:
    """When and why the payment was reversed, as a sentence; None while it stands."""
    if receipt.reversal_date is None:
        return None
    return f"Reversed on {wording.day(receipt.reversal_date)}: {receipt.reversal_reason}"


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
        school = students.school(session)
    return receipt_pdf(receipt, school)


ROUTES = [Route("/receipts/{document}.pdf", show_receipt, methods=["GET"])]
