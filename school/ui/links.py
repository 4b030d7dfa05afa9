"""Where pages lead to, and what their addresses say: every figure opens its rows, every row its reason."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import streamlit as st

from school.languages import later
from school.ledger.wording import KIND_NAMES

_PAGES = Path(__file__).resolve().parents[2] / "pages"

TODAY, PAYMENTS = _PAGES / "today.py", _PAGES / "payments.py"
DASHBOARD, IMPORTS = _PAGES / "dashboard.py", _PAGES / "imports.py"
STUDENTS, STUDENT = _PAGES / "students.py", _PAGES / "student.py"
DETAILS = _PAGES / "details.py"
PROFILE, HEALTH = _PAGES / "profile.py", _PAGES / "health.py"
ENTRIES, ENTRY = _PAGES / "entries.py", _PAGES / "entry.py"
USERS = _PAGES / "users.py"
FEES, CASHUP = _PAGES / "fees.py", _PAGES / "cashup.py"
REPORTS, SETTINGS = _PAGES / "reports.py", _PAGES / "settings.py"
LETTERS = _PAGES / "letters.py"
AUDIT = _PAGES / "audit.py"
FAMILY, APPROVALS = _PAGES / "family.py", _PAGES / "approvals.py"

DIGITS_MAX = 18  # more is no id of any database
NO_CLASS = later("No class")
ANY_OF_TYPE = {  # how the account filter says "all of a type"
    "tender": "Every tender",
    "income": "Every fee head",
    "concession": "Every concession",
    "bad_debt": "Bad debts written off",
    "opening": "Opening balances brought in",
    "clearing": "Transfers between students",
}


def number(name: str) -> int:
    """The number of this name in the address; 0, which is nobody's, where there is none."""
    text = st.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < DIGITS_MAX else 0


def student(student_id: int) -> dict[str, str]:
    return {"student": str(student_id)}


def entry(entry_id: int) -> dict[str, str]:
    return {"entry": str(entry_id)}


def family(family_id: int) -> dict[str, str]:
    return {"family": str(family_id)}


def payment(student_id: int | None = None) -> dict[str, str]:
    return {} if student_id is None else student(student_id)


def students(
    *,
    text: str = "",
    class_name: str | None = None,
    status: str | None = None,
    owing: str | None = None,
    order: str | None = None,
) -> dict[str, str]:
    """The filters of the students page by what they say; see its options."""
    chosen = {"search": text, "class": class_name, "status": status, "owing": owing, "order": order}
    return {f"students.{name}": value for name, value in chosen.items() if value}


def entries(
    *,
    since: date | None = None,
    until: date | None = None,
    kind: str | None = None,
    account: str | None = None,
    account_type: str | None = None,
    class_name: str | None = None,
    term: str | None = None,
    student_id: int | None = None,
    actor_id: int | None = None,
    after: int | None = None,
    through: int | None = None,
) -> dict[str, str]:
    """The entries a figure is made of. Days are inclusive; `account` is its name, `kind` an entry's kind.

    `class_name` and `term` are as at posting; "" is the lines without one. `after` and `through` are numbers
    of entries, as a count has them.
    """
    chosen = {
        "entries.since": since and since.isoformat(),
        "entries.until": until and until.isoformat(),
        "entries.kind": kind and KIND_NAMES[kind],
        "entries.account": account or (account_type and ANY_OF_TYPE[account_type]),
        "entries.class": NO_CLASS if class_name == "" else class_name,
        "entries.term": term,
        "student": student_id and str(student_id),
        "by": actor_id and str(actor_id),
        "after": str(after) if through is not None else None,
        "through": str(through) if through is not None else None,
    }
    return {name: value for name, value in chosen.items() if value}


def cash_up(cash_up_id: int) -> dict[str, str]:
    return {"cash_up": str(cash_up_id)}


def deposit(deposit_id: int) -> dict[str, str]:
    return {"deposit": str(deposit_id)}


def cash_ups(view: str, **more: str) -> dict[str, str]:
    """A tab of the page of cash-ups."""
    return {"cashup.view": view, **more}


def settings(view: str, **chosen: str) -> dict[str, str]:
    """A tab of the settings by its name, and what is chosen in it: `account="Cash"`."""
    return {"settings.view": view} | {f"settings.{name}": value for name, value in chosen.items()}


def history(subject: str) -> dict[str, str]:
    """The audit log of one row, such as `student:17`."""
    return {"subject": subject}


def user(user_id: int, **more: str) -> dict[str, str]:
    return {"user": str(user_id), **more}


def letters(
    view: str = "Queue and sent", *, state: str | None = None, text: str = "", letter_id: int | None = None
) -> dict[str, str]:
    """A tab of the letters page, or one letter."""
    if letter_id is not None:
        return {"letter": str(letter_id)}
    chosen = {"letters.view": view, "letters.state": state, "letters.search": text}
    return {name: value for name, value in chosen.items() if value}
