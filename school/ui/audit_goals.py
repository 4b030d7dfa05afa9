"""Where a row of the audit log leads: to the page of what was changed, where there is one for this reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from school.access.rules import Actor
from school.ui import links
from school.ui.tables import Goal

Address = Callable[[str, str], Mapping[str, str]]  # of the number, and what it is called


def _settings(view: str, name: str) -> Address:
    return lambda _, about: links.settings(view, **{name: about})


def _dialog(view: str, dialog: str, name: str) -> Address:
    return lambda number, _: {"fees.view": view, "do": dialog, name: number}


def _plain(**address: str) -> Address:
    return lambda _number, _about: address


def _numbered(name: str) -> Address:
    return lambda number, _: {name: number}


_GOALS: dict[str, tuple[str, Path, Address]] = {  # by kind: the capability of the page, the page, its address
    "student": ("students.read", links.STUDENT, _numbered("student")),
    "family": ("students.read", links.FAMILY, _numbered("family")),
    "user": ("users.manage", links.USERS, _numbered("user")),
    "class": ("settings.manage", links.SETTINGS, _settings("Classes", "class")),
    "year": ("settings.manage", links.SETTINGS, _settings("Years and terms", "year")),
    "account": ("settings.manage", links.SETTINGS, _settings("Tenders and accounts", "account")),
    "series": ("settings.manage", links.SETTINGS, _plain(**links.settings("Numbering"))),
    "school": ("settings.manage", links.SETTINGS, _plain(**links.settings("School"))),
    "approval": ("approvals.decide", links.APPROVALS, _plain(**{"approvals.view": "Decided"})),
    "cash-up": ("cash_up.sign", links.CASHUP, _numbered("cash_up")),
    "deposit": ("cash_up.sign", links.CASHUP, _numbered("deposit")),
    "day": ("cash_up.sign", links.CASHUP, _plain(**links.cash_ups("Days"))),
    "letter": ("letters.send", links.LETTERS, _numbered("letter")),
    "fee": ("fees.manage", links.FEES, _dialog("Fee structure", "fee", "of")),
    "plan": ("fees.manage", links.FEES, _dialog("Instalments", "plan", "of")),
    "scheme": ("fees.manage", links.FEES, _dialog("Concessions", "change", "scheme")),
    "grant": ("fees.manage", links.FEES, _dialog("Concessions", "end", "grant")),
    "late_fee_rule": ("fees.manage", links.FEES, _dialog("Late fees", "end_rule", "rule")),
    "run": ("fees.manage", links.FEES, _plain(**{"fees.view": "Billing run"})),
}


def goal(subject: str, about: str, actor: Actor) -> Goal:
    """What has no page for this reader leads to its own history."""
    kind, _, number = subject.partition(":")
    capability, page, address = _GOALS.get(
        kind, ("audit.read", links.AUDIT, _plain(**links.history(subject)))
    )
    if not actor.can(capability):
        return links.AUDIT, links.history(subject)
    return page, dict(address(number, about))
