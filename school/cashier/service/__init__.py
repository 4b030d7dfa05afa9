"""The only writer of counts, signatures, deposits and closed days, in turn with the ledger's."""

from school.cashier.service.banking import deposit
from school.cashier.service.counts import count, sign
from school.cashier.service.days import close_day

__all__ = ["close_day", "count", "deposit", "sign"]
