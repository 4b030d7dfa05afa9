"""The only reader of entries and lines. Facts are frozen; amounts are minor units, + = owes."""

from school.ledger.queries.accounts import (
    AccountFacts,
    AccountSummary,
    OpenCharge,
    PeriodLockFacts,
    accounts,
    balance,
    balances_of,
    locked_through,
    open_charges,
    open_charges_of,
    period_locks,
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
from school.ledger.queries.family import (
    FamilyChild,
    FamilyRow,
    FamilyStatement,
    family_children,
    family_statement,
)
from school.ledger.queries.numbering import SeriesFacts, series
from school.ledger.queries.paid import PaidItem
from school.ledger.queries.payers import PayerStanding, payer_standings
from school.ledger.queries.reallocations import Holding, holdings
from school.ledger.queries.receipts import (
    Receipt,
    ReceiptRow,
    ReceiptStudent,
    receipt,
    receipt_by_document,
    receipt_of_request,
    recent_receipts,
    same_payment,
)
from school.ledger.queries.refundable import Credit, refundable
from school.ledger.queries.statement import Statement, StatementRow, statement
from school.ledger.queries.statement_page import StatementPage, statement_page

__all__ = [
    "AccountFacts",
    "AccountSummary",
    "Credit",
    "EntryFacts",
    "EntryPage",
    "EntryRow",
    "FamilyChild",
    "FamilyRow",
    "FamilyStatement",
    "Holding",
    "LineFacts",
    "OpenCharge",
    "PaidItem",
    "PayerStanding",
    "PeriodLockFacts",
    "Receipt",
    "ReceiptRow",
    "ReceiptStudent",
    "SeriesFacts",
    "Statement",
    "StatementPage",
    "StatementRow",
    "accounts",
    "balance",
    "balances_of",
    "entries",
    "entry",
    "entry_of_request",
    "family_children",
    "family_statement",
    "holdings",
    "last_entry",
    "locked_through",
    "open_charges",
    "open_charges_of",
    "payer_standings",
    "period_locks",
    "receipt",
    "receipt_by_document",
    "receipt_of_request",
    "recent_receipts",
    "refundable",
    "same_payment",
    "series",
    "statement",
    "statement_page",
    "summary",
]
