"""The only reader of entries and lines. Facts are frozen; amounts are minor units, + = owes."""

from school.ledger.queries.accounts import (
    AccountFacts,
    AccountSummary,
    OpenCharge,
    accounts,
    balance,
    locked_through,
    open_charges,
    summary,
)
from school.ledger.queries.entries import (
    EntryFacts,
    EntryPage,
    EntryRow,
    LineFacts,
    entries,
    entry,
    entry_of_request,
    last_entry,
)
from school.ledger.queries.receipts import (
    PaidItem,
    Receipt,
    ReceiptRow,
    ReceiptStudent,
    receipt,
    receipt_by_document,
    receipt_of_request,
    recent_receipts,
)
from school.ledger.queries.statement import Statement, StatementRow, statement

__all__ = [
    "AccountFacts",
    "AccountSummary",
    "EntryFacts",
    "EntryPage",
    "EntryRow",
    "LineFacts",
    "OpenCharge",
    "PaidItem",
    "Receipt",
    "ReceiptRow",
    "ReceiptStudent",
    "Statement",
    "StatementRow",
    "accounts",
    "balance",
    "entries",
    "entry",
    "entry_of_request",
    "last_entry",
    "locked_through",
    "open_charges",
    "receipt",
    "receipt_by_document",
    "receipt_of_request",
    "recent_receipts",
    "statement",
    "summary",
]
