"""The chart of accounts: what can stand on the other side of a student's account."""

from __future__ import annotations

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.errors import BadInput, NotFound, RuleBroken
from school.languages import later
from school.ledger.models import ACCOUNT_TYPES, STUDENTS_CONTROL, Account
from school.ledger.posting import authorise
from school.ledger.refusals import words

CODE_LENGTH_MAX = 16  # it stands in columns and in file names

CONCESSIONS, BAD_DEBTS, OPENINGS, TRANSFERS, LATE_FEES = "CONC", "BAD", "OPEN", "CLEAR", "LATE"
STANDARD_ACCOUNTS = (  # code, name, type
    ("CASH", later("Cash"), "tender"),
    ("BANK", later("Bank transfer"), "tender"),
    ("CARD", later("Card"), "tender"),
    ("MOBILE", later("Mobile money"), "tender"),
    ("CHEQUE", later("Cheque"), "tender"),
    ("TUITION", later("Tuition"), "income"),
    ("TRANSPORT", later("Transport"), "income"),
    ("MEALS", later("Meals"), "income"),
    ("BOARDING", later("Boarding"), "income"),
    ("ACTIVITIES", later("Activities"), "income"),
    (LATE_FEES, later("Late fees"), "income"),
    (CONCESSIONS, later("Concessions"), "concession"),
    (BAD_DEBTS, later("Bad debts"), "bad_debt"),
    (OPENINGS, later("Opening balances"), "opening"),
    (TRANSFERS, later("Transfers"), "clearing"),
)


def install_standard_accounts(session: Session) -> None:
    """Add those standard accounts that are not there yet: part of making a school."""
    known = set(session.scalars(select(Account.code)))
    rows = [
        {"code": code, "name": name, "type": type_, "position": position, "active": True}
        for position, (code, name, type_) in enumerate(STANDARD_ACCOUNTS, start=1)
        if code not in known
    ]
    if rows:
        session.execute(insert(Account), rows)


def add_account(
    session: Session,
    *,
    actor: Actor,
    code: str,
    name: str,
    type: str,  # noqa: A002 - the field's word
    position: int = 0,
) -> None:
    """Add a tender, a fee head or another account. Raises BadInput for a code or a name it cannot have."""
    authorise(session, actor, "settings.manage")
    open_account(session, actor=actor, code=code, name=name, type=type, position=position)


def open_account(
    session: Session,
    *,
    actor: Actor,
    code: str,
    name: str,
    type: str,  # noqa: A002
    position: int = 0,
) -> str:
    """The same for a writer that has asked `authorise` already; the code as it is kept."""
    code, name = code.strip().upper(), words(name, "name", needed="Give the account a name.")
    if not code.isalnum() or len(code) > CODE_LENGTH_MAX or code == STUDENTS_CONTROL:
        raise BadInput(
            f"A code is up to {CODE_LENGTH_MAX} letters and digits, like BUS or BANK2.", field="code"
        )
    if type not in ACCOUNT_TYPES:
        raise BadInput("Choose what the account is: a tender, a fee head or another type.", field="type")
    if session.get(Account, code):
        raise BadInput(f"There is an account {code} already.", field="code")
    _refuse_used(session, name, but=code)
    row = {"code": code, "name": name, "type": type, "position": position, "active": True}
    session.execute(insert(Account), [row])
    audit.record(session, actor=actor, event=events.ACCOUNT_ADDED, subject=f"account:{code}", after=row)
    return code


def change_account(
    session: Session, *, actor: Actor, code: str, name: str | None = None, active: bool | None = None
) -> None:
    """Call an account otherwise, take a tender or a fee head out of use, or back. Its code stays.

    Raises NotFound, BadInput for a name in use, RuleBroken for what must stay in use.
    """
    authorise(session, actor, "settings.manage")
    held = session.get(Account, code)
    if held is None:
        raise NotFound("There is no such account: choose one of the list.", field="account")
    wanted: dict[str, object] = {}
    if name is not None:
        wanted["name"] = words(name, "name", needed="Give the account a name.")
        _refuse_used(session, str(wanted["name"]), but=code)
    if active is not None:
        wanted["active"] = active
    new = {key: value for key, value in wanted.items() if value != getattr(held, key)}
    if new.get("active") is False:
        _check_may_rest(session, held)
    if not new:
        return
    before = {key: getattr(held, key) for key in new}
    session.execute(update(Account).where(Account.code == code).values(**new))
    audit.record(
        session,
        actor=actor,
        event=events.ACCOUNT_CHANGED,
        subject=f"account:{code}",
        before=before,
        after=new,
    )


def _check_may_rest(session: Session, account: Account) -> None:
    if account.type not in ("tender", "income") or account.code == LATE_FEES:
        raise RuleBroken(f"{account.name} is needed by the books and stays in use.", field="active")
    others = select(func.count()).where(Account.type == account.type, Account.active)
    if account.type == "tender" and session.scalar(others.where(Account.code != account.code)) == 0:
        raise RuleBroken(
            f"{account.name} is the last tender in use: without one nobody can pay.", field="active"
        )


def _refuse_used(session: Session, name: str, *, but: str) -> None:
    taken = select(Account.code).where(func.lower(Account.name) == name.lower(), Account.code != but)
    if session.scalar(taken):
        raise BadInput(f"There is an account {name} already.", field="name")
