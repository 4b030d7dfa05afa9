"""Which pages there are, who sees them in the menu, and the school's mark.

All that is the same at every run is made once: the main script itself is executed anew each time.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import urlsplit

import streamlit as st

from school.access.rules import Actor
from school.settings import ROOT

PAGES = ROOT / "pages"
ASSETS = ROOT / "school" / "ui" / "assets"


@dataclass(frozen=True)
class Screen:
    """A page, who sees it in the menu, and what its tooltip says."""

    name: str
    title: str
    icon: str
    capability: str
    help: str
    in_menu: bool = True


SCREENS = (
    Screen("today", "Today", "today", "today.read", "What happened today, and where to begin."),
    Screen(
        "payments", "Payments", "payments", "payments.record", "Take a payment and hand over the receipt."
    ),
    Screen(
        "cashup", "Cash-up", "point_of_sale", "cash_up.sign", "Count a till, sign, bank, and close the day."
    ),
    Screen("students", "Students", "groups", "students.read", "Find a student and see who owes what."),
    Screen("student", "Student", "person", "students.read", "One account and its statement.", in_menu=False),
    Screen(
        "details",
        "Details",
        "badge",
        "students.write",
        "Who a student is and who answers for it: add one, or put it right.",
        in_menu=False,
    ),
    Screen("entries", "Entries", "list_alt", "students.read", "The entries behind a figure.", in_menu=False),
    Screen("entry", "Entry", "receipt_long", "students.read", "One entry, whole.", in_menu=False),
    Screen(
        "approvals",
        "Approvals",
        "rule",
        "approvals.decide",
        "What is above a limit and waits for a second person.",
    ),
    Screen(
        "family",
        "Family",
        "family_restroom",
        "students.read",
        "One family account and who pays.",
        in_menu=False,
    ),
    Screen(
        "dashboard", "Dashboard", "monitoring", "reports.read", "What is owed, due, overdue and collected."
    ),
    Screen(
        "open_charges",
        "Open charges",
        "hourglass",
        "reports.read",
        "The charges behind a debt.",
        in_menu=False,
    ),
    Screen("fees", "Fees", "request_quote", "fees.manage", "What is charged, and the runs that charge it."),
    Screen(
        "reports", "Reports", "table_chart", "reports.read", "What the books say, to read and to take along."
    ),
    Screen("letters", "Letters", "mail", "letters.send", "Remind families, and see what was sent."),
    Screen("imports", "Imports", "upload_file", "imports.run", "Bring in students and opening balances."),
    Screen("users", "Users", "manage_accounts", "users.manage", "Who may sign in, and what they may do."),
    Screen(
        "settings",
        "Settings",
        "settings",
        "settings.manage",
        "The school, its years and classes, numbering and limits.",
    ),
    Screen("audit", "Audit log", "history", "audit.read", "Who changed what, before and after."),
    Screen("health", "Health", "monitor_heart", "health.read", "Do the books agree, and what went wrong."),
    Screen(
        "profile",
        "Your profile",
        "account_circle",
        "profile.own",
        "Password, second factor, devices, and how your screens look.",
        in_menu=False,
    ),
)


class _Page(st.Page):
    """A page that knows its own mark: Streamlit works it out four times at every run."""

    @cached_property
    def _script_hash(self) -> str:
        return super()._script_hash

    def of_this_run(self) -> _Page:
        """A copy: a run marks the page it shows."""
        own = _Page.__new__(_Page)
        own.__dict__ = {**self.__dict__, "_script_hash": self._script_hash}
        return own


def pages(actor: Actor | None) -> list[st.Page]:
    """The root of the site, and every page, visible in the menu where this person may see it."""
    own = [
        _page(screen, bool(actor and screen.in_menu and actor.can(screen.capability))) for screen in SCREENS
    ]
    return [page.of_this_run() for page in (_root(), *own)]


def home() -> None:
    """The root of the site leads to Today, which so has an address of its own.

    A run that the browser asks for before it was told which page it is on comes here as well, and goes there.
    """
    asked = urlsplit(st.context.url or "").path.rpartition("/")[2]
    known = any(asked == screen.name for screen in SCREENS)
    st.switch_page(PAGES / f"{asked if known else 'today'}.py", query_params=st.query_params.to_dict())


@lru_cache
def _root() -> _Page:
    return _Page(home, title="Today", icon=":material/today:", default=True, visibility="hidden")


@lru_cache
def _page(screen: Screen, visible: bool) -> _Page:
    """Made once: Streamlit looks for the file of each, step by step from the root of the disk."""
    return _Page(
        PAGES / f"{screen.name}.py",
        title=screen.title,
        icon=f":material/{screen.icon}:",
        url_path=screen.name,
        visibility="visible" if visible else "hidden",
        help=screen.help,
    )


def logo() -> str:
    return _picture("logo.svg")


def mark() -> str:
    return _picture("mark.svg")


@lru_cache
def _picture(name: str) -> str:
    """As Streamlit would hand it to the browser, without reading the file at every run."""
    return f"data:image/svg+xml;base64,{base64.b64encode((ASSETS / name).read_bytes()).decode()}"
