"""The only writer of the books. Each function records one fact, or finds that its request recorded it before.

Amounts are positive minor units; only an opening balance may be negative, which is a credit. Every function
raises SignInNeeded or NotAllowed for the actor, RequestReused for a request id that already means something
else, BadDate for a date after the school's today, PeriodLocked for one in a closed period, and whatever
`refusals.check` raises for students, accounts and amounts.
"""

from school.ledger.posting import Posted
from school.ledger.rules import Share, TenderPart
from school.ledger.service.bounced import bounce
from school.ledger.service.charges import ChargeItem, charge, late_fee, opening_balance
from school.ledger.service.chart import (
    STANDARD_ACCOUNTS,
    add_account,
    change_account,
    install_standard_accounts,
)
from school.ledger.service.corrections import lock_period, reverse
from school.ledger.service.credits import concession, credit_note, write_off
from school.ledger.service.numbering import number_documents
from school.ledger.service.openings import Opening, opening_balances
from school.ledger.service.payments import record_payment, refund, transfer
from school.ledger.service.reallocation import reallocate

__all__ = [
    "STANDARD_ACCOUNTS",
    "ChargeItem",
    "Opening",
    "Posted",
    "Share",
    "TenderPart",
    "add_account",
    "bounce",
    "change_account",
    "charge",
    "concession",
    "credit_note",
    "install_standard_accounts",
    "late_fee",
    "lock_period",
    "number_documents",
    "opening_balance",
    "opening_balances",
    "reallocate",
    "record_payment",
    "refund",
    "reverse",
    "transfer",
    "write_off",
]
