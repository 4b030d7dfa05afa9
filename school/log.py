"""One JSON object per line: to stderr, or to a file that rotates when SCHOOL_LOG_FILE names one.

Whom a line is about stands there as ids, never as a name. The message of a fault may hold what somebody
typed: a trace has the places and the kind of the fault, and its message only where the level is DEBUG.
"""

from __future__ import annotations

import logging.config
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from pythonjsonlogger.json import JsonFormatter

from school import metrics
from school.settings import settings

FILE_BYTES_MAX = 10_000_000
FILES_KEPT = 10
PROCESSES_MAX = 100
ALSO_TELLS_ERRORS = "streamlit.error_util"  # what `on_script_error` logs, once more and not as JSON
NOT_IN_A_RUN = "streamlit.runtime.scriptrunner_utils.script_run_context"  # warns of what is loaded at start
WEB_SERVER = ("streamlit", "uvicorn", "starlette", "asyncio")
MESSAGES_WITHHELD = "(what it said is in no log but at the level DEBUG)"

log = logging.getLogger(__name__)
about: ContextVar[Mapping[str, Any] | None] = ContextVar(
    "about", default=None
)  # of the request that is answered
_asked: list[Callable[[], Mapping[str, Any]]] = []
_held: dict[Path, IO[bytes]] = {}  # the lock of the file this process writes


def also_tell(where: Callable[[], Mapping[str, Any]]) -> None:
    """Has every line tell what `where` says of the moment; what the line says itself comes first."""
    if where not in _asked:
        _asked.append(where)


class WhereItWas(logging.Filter):
    """Adds the request, page and session a line belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        for said in (about.get() or {}, *(where() for where in _asked)):
            for name, value in said.items():
                if value is not None and name not in record.__dict__:
                    setattr(record, name, value)
        return True


class CountsErrors(logging.Filter):
    """What the web server itself calls an error is one between a browser and its page."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR and record.name.partition(".")[0] in WEB_SERVER:
            metrics.session_errors.labels("server").inc()
        return True


class Json(JsonFormatter):
    """Moments are in UTC, as ISO 8601 has them."""

    def __init__(self) -> None:
        renamed = {"levelname": "level", "name": "logger"}
        super().__init__("{levelname}{name}{message}", style="{", rename_fields=renamed, timestamp="at")

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        at = log_data.pop("at").isoformat(timespec="milliseconds")
        return {"at": at, **{name: value for name, value in log_data.items() if value is not None}}

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        kind, error, trace = ei
        if error is None or settings().log_level == "DEBUG":
            return "".join(traceback.format_exception(kind, error, trace))
        return without_messages(error, trace)


def without_messages(error: BaseException, trace: TracebackType | None) -> str:
    """The places and kinds of a fault and of what caused it; not what they say."""
    told = []
    if error.__cause__ or (error.__context__ and not error.__suppress_context__):
        before = error.__cause__ or error.__context__
        if before is not None:
            told = [without_messages(before, before.__traceback__), "\nthen:\n\n"]
    lines = ["Traceback (most recent call last):\n", *traceback.format_tb(trace)]
    return "".join([*told, *lines, f"{type(error).__qualname__} {MESSAGES_WITHHELD}\n"])


class PrivateFile(RotatingFileHandler):
    """Ids are nobody else's business either: the file is its owner's alone, and so is each that follows."""

    def _open(self) -> Any:
        return open(self.baseFilename, self.mode, encoding=self.encoding, opener=_private)

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802, ARG002 - the name is logging's
        """By the size it has: logging writes every line twice to know the size it will have."""
        return self.stream is not None and self.stream.tell() >= self.maxBytes


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def start(*, of_a_command: bool = False) -> None:
    """Sends every log line of this process to one place. Calling it again changes nothing.

    A command answers in words of its own: on stderr it adds no line but what went wrong.
    """
    chosen = settings()
    handler: dict[str, object] = {"class": "logging.StreamHandler"}
    file = _file_of_our_own(chosen.log_file) if chosen.log_file else None
    if file:
        handler = {
            "()": PrivateFile,
            "filename": file,
            "maxBytes": FILE_BYTES_MAX,
            "backupCount": FILES_KEPT,
            "encoding": "utf-8",
        }
    hushed = of_a_command and file is None and chosen.log_level == "INFO"
    level = "WARNING" if hushed else chosen.log_level
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": Json}},
            "filters": {"where": {"()": WhereItWas}, "errors": {"()": CountsErrors}},
            "handlers": {"only": handler | {"formatter": "json", "filters": ["where", "errors"]}},
            "loggers": {
                "school": {"level": level},
                NOT_IN_A_RUN: {"level": "ERROR"},
                ALSO_TELLS_ERRORS: {"level": "CRITICAL"},
            },
            "root": {"level": "WARNING", "handlers": ["only"]},
        }
    )
    if chosen.log_file and not file:
        log.error("the log file cannot be written, so lines go to stderr")


def take_over() -> None:
    """From here on what the web server tells is a line like ours; call it again once more of it is loaded."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in WEB_SERVER:
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.propagate = True
            logger.setLevel(max(logger.level, logging.WARNING))


def _file_of_our_own(wanted: Path) -> Path | None:
    """The file, or `school.2.log` and so on while other processes write it: two who rotate lose lines."""
    try:
        wanted.parent.mkdir(parents=True, exist_ok=True)
        for number in range(1, PROCESSES_MAX):
            file = wanted if number == 1 else wanted.with_suffix(f".{number}{wanted.suffix}")
            if file in _held or _hold(file):
                return file
    except OSError:
        pass
    return None


def _hold(file: Path) -> bool:
    lock = open(file.with_name(f".{file.name}.lock"), "ab", opener=_private)  # noqa: SIM115
    if not _is_locked(lock):
        lock.close()
        return False
    with open(file, "ab", opener=_private):
        pass  # raises where it cannot be written
    _held[file] = lock  # goes with the process, however it ends
    return True


def _is_locked(lock: IO[bytes]) -> bool:
    with suppress(OSError):
        if sys.platform == "win32":
            import msvcrt

            lock.seek(0)
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
