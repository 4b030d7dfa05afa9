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


def write_since(session: Session, out: TextIO, *, after: int) -> None:
    """Stream the entries numbered above `after` to `out` as csv: a part of the books is no journal."""
    postings.write_csv(session, out, after=after)
