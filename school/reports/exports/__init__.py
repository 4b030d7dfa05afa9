"""The whole ledger in formats other programs read and re-add."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from sqlalchemy.orm import Session

from school.reports.exports import beancount, hledger, postings

FORMATS: dict[str, Callable[[Session, TextIO], None]] = {
    "hledger": hledger.write,
    "beancount": beancount.write,
    "csv": postings.write_csv,
}


def write(session: Session, form: str, out: TextIO) -> None:
    """Stream the books to `out` as one of FORMATS. Raises KeyError for another."""
    FORMATS[form](session, out)
