"""The accountant's term, as the ledger's tests have it."""

from tests.ledger.conftest import hand_books, told

__all__ = ["hand_books", "told"]
