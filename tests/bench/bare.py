"""The same app with its reads answered from memory: every page draws the same elements from constants.

What a read returned the first time it returns ever after; the database is asked no more. The cost of a
page on this app is the cost of drawing it.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

import school.db
import school.ui
from school.settings import ROOT
from school.ui.errors import on_script_error
from school.ui.middleware import MIDDLEWARE
from school.ui.web import EXCEPTION_HANDLERS, ROUTES, lifespan

READERS = (
    *(f"school.{room}.queries" for room in ("access", "students", "ledger", "fees", "approvals", "cashier")),
    *(f"school.{room}.queries" for room in ("letters", "audit", "incidents")),
    *("school.reports", "school.checks", "school.students.payers", "school.fees.bills"),
    *("school.fees.runs", "school.fees.run_facts"),
    *("school.fees.register", "school.fees.scheme_listing", "school.fees.late_fees"),
)
_memory: dict[Any, Any] = {}


def remembered(read: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(read)
    def answer(*args: Any, **named: Any) -> Any:
        if not any(isinstance(value, Session | Lazy) for value in args):
            return read(*args, **named)
        key = (
            read,
            repr([a for a in args if not isinstance(a, Session | Lazy)]),
            repr(sorted(named.items())),
        )
        if key not in _memory:
            _memory[key] = read(*(a.real() if isinstance(a, Lazy) else a for a in args), **named)
        return _memory[key]

    return answer


class Lazy:
    """A session that opens only when a read is not remembered."""

    def __init__(self) -> None:
        self._door: Any = None
        self._session: Session | None = None

    def real(self) -> Session:
        if self._session is None:
            self._door = school.db.database().reading()
            self._session = self._door.__enter__()
        return self._session

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real(), name)

    def close(self) -> None:
        if self._door is not None:
            self._door.__exit__(None, None, None)


@contextmanager
def reading() -> Iterator[Lazy]:
    lazy = Lazy()
    try:
        yield lazy
    finally:
        lazy.close()


def put_in_place() -> None:
    """Wherever a module of ours holds a read, it now holds the remembered one."""
    for name, module in list(sys.modules.items()):
        if not name.startswith("school"):
            continue
        for attribute, value in list(vars(module).items()):
            if value is real_reading:
                setattr(module, attribute, reading)
            elif inspect.isfunction(value) and value.__module__.startswith(READERS):
                setattr(module, attribute, _wrapped(value))


@functools.cache
def _wrapped(value: Callable[..., Any]) -> Callable[..., Any]:
    return remembered(value)


real_reading = school.db.reading
for module in pkgutil.walk_packages(school.ui.__path__, "school.ui."):
    if module.name != "school.ui.main":  # a script, which runs when it is imported
        importlib.import_module(module.name)
put_in_place()
app = st.App(
    ROOT / "school" / "ui" / "main.py",
    routes=ROUTES,
    middleware=MIDDLEWARE,
    lifespan=lifespan,
    exception_handlers=EXCEPTION_HANDLERS,
    on_script_error=on_script_error,
)
