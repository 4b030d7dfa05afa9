"""What a database in trouble says, in the product's words: away, busy, damaged, out of date, read only."""

from __future__ import annotations

import logging
import re
import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from school.errors import ReadOnly, Unavailable

log = logging.getLogger(__name__)

_FULL = re.compile(r"SQLITE_FULL|SQLITE_IOERR_(WRITE|FSYNC|DIR_FSYNC|TRUNCATE|SHMSIZE)|53100")
_LOCKED_FOR_WRITING = re.compile(r"SQLITE_READONLY\w*|25006")
_BUSY = re.compile(r"SQLITE_(BUSY|LOCKED)\w*|40\w{3}|55P03")
_DAMAGED = re.compile(r"SQLITE_CORRUPT\w*|SQLITE_NOTADB|XX00[12]")
_OUTDATED = re.compile(r"42P01|42703|SQLITE_ERROR:.*(no such table|no such column|no column named).*")
_NOT_PERMITTED = "42501"
_AWAY = re.compile(r"SQLITE_(CANTOPEN|IOERR|READONLY|PROTOCOL|NOMEM|PERM|AUTH)\w*|(08|53|57|58)\w{3}|lost")
_TRY_AGAIN = "Try again in a minute; if it goes on, tell your administrator."
AWAY = f"The books cannot be reached at this moment, so nothing was written. {_TRY_AGAIN}"


def told(error: Exception, *, writing: bool, committing: bool) -> Unavailable | None:
    """What the database is in trouble with, as a sentence; None when the fault is in what it was asked."""
    said = code(error)
    if writing and _FULL.fullmatch(said):
        return ReadOnly("the disk is full")
    if writing and _LOCKED_FOR_WRITING.fullmatch(said):
        return ReadOnly("the database is set to be read only")
    if _BUSY.fullmatch(said):
        return Unavailable("The books were busy for too long, so nothing was written. " + _TRY_AGAIN)
    if is_damage(error):
        log.error("damaged", extra={"code": said})
        return Unavailable(
            "The books are damaged and cannot be read safely, so nothing was written. "
            "Tell your administrator to restore the newest backup that agrees."
        )
    if said == _NOT_PERMITTED:
        log.error("not permitted", extra={"cause": str(getattr(error, "orig", error)).strip()})
        return Unavailable(
            "The database does not permit this to the program's user, so nothing was written. "
            "Tell your administrator to run python3 -m school grants as the owner of the tables."
        )
    if _OUTDATED.fullmatch(said):
        return Unavailable("The database is not up to date: run python3 -m school migrate.")
    if not _AWAY.fullmatch(said) and not (_FULL.fullmatch(said) and not writing):
        return None
    if committing:
        return Unavailable(
            "The books could not be reached at the very end, so it is not known whether this was written. "
            "Look at the recent receipts before you try again."
        )
    return Unavailable(AWAY)


def is_damage(error: object) -> bool:
    """Whether the file or the pages of the database are not what they were."""
    return isinstance(error, Exception) and _DAMAGED.fullmatch(code(error)) is not None


def code(error: Exception) -> str:
    """SQLite's name of the error or PostgreSQL's five characters; `lost` where the connection is gone."""
    if isinstance(error, NoConnectionFree):
        return "lost"
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", "")
        return f"{name}:{cause}" if name == "SQLITE_ERROR" else name
    state = getattr(cause, "sqlstate", None)
    return state or ("lost" if type(cause).__name__ in ("OperationalError", "InterfaceError") else "")
