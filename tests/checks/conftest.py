"""The accountant's term again, for tests that tamper with it and take that back."""

from tests.ledger.conftest import hand_books

__all__ = ["hand_books"]
