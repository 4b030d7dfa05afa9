"""Every function that writes on behalf of somebody, what it takes to be allowed, and a call that succeeds.

A writer is found by looking, see `found`; one without a row here fails the test.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import Any

import pyotp
from sqlalchemy.orm import Session

import school
from school.access import invitations, passwords, preferences, second_factors
from school.access import service as access
from school.access.models import SecondFactor
from school.access.rules import COMMAND_LINE, FINANCE, HEAD, Actor
from school.approvals import service as approvals
from school.checks import service as checks
from school.drafts import service as drafts
from school.errors import RuleBroken
from school.intake import importing, tables
from school.ledger import service as ledger
from school.ledger.service import ChargeItem, Opening, Share, TenderPart
from school.students import calendar, classes, policies
from school.students import service as students
from school.students.service import NewStudent
from tests import make, people

NOT_A_ROOM = (
    "ui",
    "demo",
    "stability",
    "bootstrap",
    "migrations",
    "reports",
    "cli",
    "serve",
)
PASSWORD = "own password"  # under any live sign-in: it is what a user may have to do first
ENROL = "own second factor"  # under any live sign-in of somebody whose password is their own
FACTOR = "own confirmed factor"  # as ENROL, for somebody who has one
OWN = {PASSWORD, ENROL, FACTOR}
INNER = {
    "school.access.service.add": "the caller has asked `authorise`",
    "school.access.service.authorise": "asks, and writes nothing",
    "school.audit.service.record": "the line about a write that was allowed",
    "school.audit.service.record_all": "the lines about a write that was allowed",
    "school.ledger.posting.authorise": "asks, and writes nothing",
    "school.ledger.posting.post": "the caller has asked `authorise`",
    "school.ledger.batch.post_all": "the caller has asked `authorise`",
    "school.ledger.service.chart.open_account": "the caller has asked `authorise`",
    "school.fees.runs.check_none_waits": "asks, and writes nothing",
    "school.ledger.telling.entry_posted": "tells the log and the figures, and writes nothing",
    "school.ledger.telling.run_posted": "tells the log and the figures, and writes nothing",
    "school.letters.service.may_write": "asks, and writes nothing",
    "school.letters.service.write": "the caller has asked `may_write`",
    "school.ledger.service.corrections.add_lock": "the caller has asked `authorise`",
    "school.students.family_accounts.settle": "the caller has asked `authorise`",
    "school.students.family_accounts.join": "the caller has asked `authorise`",
}


@dataclass(frozen=True)
class World:
    """A school in which every writer has something to write about."""

    student: int
    sibling: int
    payment: int
    charge: int  # of the student
    receipt: str  # of the payment
    asked: int  # an approval that waits
    brother: int  # of one family account with the sibling, who is in credit
    friend: int  # another user, with a second factor
    friends_sign_in: str
    invited: int
    disabled: int


@dataclass(frozen=True)
class Writer:
    capability: str
    call: Callable[[Session, Actor, World], Any]


def world(session: Session) -> World:
    make.school(session)
    ann, ben = make.student(session, "Ann", guardian="Gil"), make.student(session, "Ben", guardian="Gus")
    make.bill(session, ann, (9_000, make.TODAY))
    charge = make.line_ids(session, make.bill(session, ann, (2_000, make.TODAY)))[0]
    paid = make.pay(session, ann, 1_000)
    make.pay(session, ben, 5_000)
    brother = make.student(session, "Bob", guardian="Gus")
    asked = something_to_decide(session, ann)
    people.everybody(session)
    friend = people.user(session, HEAD, name="friend")
    with_factor(session, friend)
    sign_in = people.signed_in(session, friend).sign_in_id
    invited = invitations.invite(
        session, actor=COMMAND_LINE, name="new", full_name="New", email="", roles=[HEAD]
    )
    away = people.user(session, HEAD, name="away")
    access.disable(session, actor=COMMAND_LINE, user_id=away, reason="left")
    return World(
        ann,
        ben,
        paid.entry_id,
        charge,
        str(paid.document),
        asked,
        brother,
        friend,
        str(sign_in),
        invited.user_id,
        away,
    )


def something_to_decide(session: Session, student_id: int) -> int:
    """A write-off above the limit that somebody who may ask has asked for."""
    asker = people.signed_in(session, people.user(session, FINANCE, name="asker"))
    policies.change_policies(session, actor=COMMAND_LINE, values={policies.WRITE_OFF_LIMIT: 5_000})
    asked = approvals.record(
        session,
        "write_off",
        actor=asker,
        request_id=make.request_id(),
        student_id=student_id,
        amount_minor=6_000,
        reason="moved away",
    )
    assert isinstance(asked, approvals.Asked)
    policies.change_policies(
        session, actor=COMMAND_LINE, values={policies.WRITE_OFF_LIMIT: None, policies.BOUNCED_CHEQUE_FEE: 500}
    )
    return asked.approval_id


def with_factor(session: Session, user_id: int) -> None:
    factor = session.get(SecondFactor, user_id) or SecondFactor(user_id=user_id)
    factor.secret, factor.confirmed_at = pyotp.random_base32(), make.NOON
    session.add(factor)
    session.flush()


def _confirm(session: Session, actor: Actor, _: World) -> None:
    offered = second_factors.begin_enrolment(session, actor=actor, issuer="Hill School")
    session.flush()
    second_factors.confirm(session, actor=actor, code=pyotp.TOTP(offered.secret).at(make.NOON))


def _second_school(session: Session, actor: Actor, _: World) -> None:
    with suppress(RuleBroken):  # books belong to one school
        calendar.make_school(session, actor=actor, name="Second", currency="USD", time_zone="UTC")


def _register() -> tables.Table:
    return tables.read(b"Admission number,First name,Last name\nZ-1,Zoe,Zed\n", "register.csv")


CHOSEN = passwords.Chosen(people.cheap_hash("seven quiet otters swim"))
UUID = "2c1f0a52-6a4e-4a53-9a52-3f8f1f7f0d11"

WRITERS: dict[str, Writer] = {
    "school.access.invitations.invite": Writer(
        "users.manage",
        lambda s, a, w: invitations.invite(s, actor=a, name="newer", full_name="N", email="", roles=[HEAD]),
    ),
    "school.access.invitations.reset": Writer(
        "users.manage", lambda s, a, w: invitations.reset(s, actor=a, user_id=w.friend)
    ),
    "school.access.invitations.revoke": Writer(
        "users.manage", lambda s, a, w: invitations.revoke(s, actor=a, user_id=w.invited)
    ),
    "school.access.preferences.choose": Writer(
        "profile.own", lambda s, a, w: preferences.choose(s, actor=a, language="fr", theme="dark")
    ),
    "school.access.second_factors.begin_enrolment": Writer(
        ENROL, lambda s, a, w: second_factors.begin_enrolment(s, actor=a, issuer="Hill School")
    ),
    "school.access.second_factors.confirm": Writer(ENROL, _confirm),
    "school.access.second_factors.new_recovery_codes": Writer(
        FACTOR, lambda s, a, w: second_factors.new_recovery_codes(s, actor=a)
    ),
    "school.access.second_factors.remove_own": Writer(
        FACTOR, lambda s, a, w: second_factors.remove_own(s, actor=a)
    ),
    "school.access.second_factors.remove": Writer(
        "users.manage", lambda s, a, w: second_factors.remove(s, actor=a, user_id=w.friend, reason="lost")
    ),
    "school.access.second_factors.require_for": Writer(
        "users.manage", lambda s, a, w: second_factors.require_for(s, actor=a, roles=[HEAD])
    ),
    "school.access.service.add_user": Writer(
        "users.manage",
        lambda s, a, w: access.add_user(s, actor=a, name="newest", password=CHOSEN, roles=[HEAD]),
    ),
    "school.access.service.change_user": Writer(
        "users.manage",
        lambda s, a, w: access.change_user(s, actor=a, user_id=w.friend, full_name="Freda", email=""),
    ),
    "school.access.service.change_roles": Writer(
        "users.manage", lambda s, a, w: access.change_roles(s, actor=a, user_id=w.friend, roles=["finance"])
    ),
    "school.access.service.disable": Writer(
        "users.manage", lambda s, a, w: access.disable(s, actor=a, user_id=w.friend, reason="left")
    ),
    "school.access.service.enable": Writer(
        "users.manage", lambda s, a, w: access.enable(s, actor=a, user_id=w.disabled)
    ),
    "school.access.service.change_own_password": Writer(
        PASSWORD, lambda s, a, w: access.change_own_password(s, actor=a, password=CHOSEN)
    ),
    "school.access.service.reset_password": Writer(
        "users.manage", lambda s, a, w: access.reset_password(s, actor=a, user_id=w.friend, password=CHOSEN)
    ),
    "school.access.service.end_sign_in": Writer(
        "users.manage", lambda s, a, w: access.end_sign_in(s, actor=a, sign_in_id=w.friends_sign_in)
    ),
    "school.access.service.end_all": Writer(
        "users.manage", lambda s, a, w: access.end_all(s, actor=a, user_id=w.friend)
    ),
    "school.checks.service.rebuild": Writer("settings.manage", lambda s, a, w: checks.rebuild(s, actor=a)),
    "school.checks.service.verified": Writer(
        "health.read", lambda s, a, w: checks.verified(s, actor=a, findings=[])
    ),
    "school.drafts.service.keep": Writer(
        "profile.own",
        lambda s, a, w: drafts.keep(s, actor=a, form="payment", request_id=UUID, fields={"amount": "1"}),
    ),
    "school.drafts.service.forget": Writer(
        "profile.own", lambda s, a, w: drafts.forget(s, actor=a, form="payment", request_id=UUID)
    ),
    "school.drafts.service.set_aside": Writer("profile.own", lambda s, a, w: drafts.set_aside(s, actor=a)),
    "school.intake.importing.apply": Writer(
        "imports.run", lambda s, a, w: importing.apply(s, actor=a, table=_register())
    ),
    "school.ledger.service.charges.charge": Writer(
        "charges.record",
        lambda s, a, w: ledger.charge(
            s,
            actor=a,
            request_id=make.request_id(),
            student_id=w.student,
            items=[ChargeItem("TUITION", 100, make.TODAY)],
        ),
    ),
    "school.ledger.service.charges.late_fee": Writer(
        "charges.record",
        lambda s, a, w: ledger.late_fee(
            s, actor=a, request_id=make.request_id(), student_id=w.student, amount_minor=100
        ),
    ),
    "school.ledger.service.charges.opening_balance": Writer(
        "openings.record",
        lambda s, a, w: ledger.opening_balance(
            s, actor=a, request_id=make.request_id(), student_id=w.student, amount_minor=100
        ),
    ),
    "school.ledger.service.chart.add_account": Writer(
        "settings.manage",
        lambda s, a, w: ledger.add_account(s, actor=a, code="CLUBS", name="Clubs", type="income"),
    ),
    "school.ledger.service.corrections.reverse": Writer(
        "payments.reverse",
        lambda s, a, w: ledger.reverse(
            s, actor=a, request_id=make.request_id(), entry_id=w.payment, reason="typed twice"
        ),
    ),
    "school.ledger.service.corrections.lock_period": Writer(
        "periods.lock",
        lambda s, a, w: ledger.lock_period(s, actor=a, through=date(2026, 1, 31), reason="January is done"),
    ),
    "school.ledger.service.credits.concession": Writer(
        "charges.record",
        lambda s, a, w: ledger.concession(
            s, actor=a, request_id=make.request_id(), student_id=w.student, reason="sibling", amount_minor=100
        ),
    ),
    "school.ledger.service.credits.credit_note": Writer(
        "charges.record",
        lambda s, a, w: ledger.credit_note(
            s,
            actor=a,
            request_id=make.request_id(),
            student_id=w.student,
            account="TUITION",
            reason="twice",
            amount_minor=100,
        ),
    ),
    "school.ledger.service.credits.write_off": Writer(
        "write_offs.record",
        lambda s, a, w: ledger.write_off(
            s,
            actor=a,
            request_id=make.request_id(),
            student_id=w.student,
            reason="moved away",
            amount_minor=100,
        ),
    ),
    "school.ledger.service.openings.opening_balances": Writer(
        "openings.record",
        lambda s, a, w: ledger.opening_balances(
            s, actor=a, openings=[Opening(make.request_id(), w.student, 100)]
        ),
    ),
    "school.ledger.service.payments.record_payment": Writer(
        "payments.record",
        lambda s, a, w: ledger.record_payment(
            s,
            actor=a,
            request_id=make.request_id(),
            shares=[Share(w.student, 100)],
            tenders=[TenderPart("CASH", 100)],
        ),
    ),
    "school.ledger.service.payments.refund": Writer(
        "refunds.record",
        lambda s, a, w: ledger.refund(
            s,
            actor=a,
            request_id=make.request_id(),
            student_id=w.sibling,
            tender="CASH",
            reason="left",
            amount_minor=100,
        ),
    ),
    "school.ledger.service.payments.transfer": Writer(
        "transfers.record",
        lambda s, a, w: ledger.transfer(
            s,
            actor=a,
            request_id=make.request_id(),
            from_student_id=w.sibling,
            to_student_id=w.brother,
            reason="same family",
            amount_minor=100,
        ),
    ),
    "school.students.calendar.make_school": Writer("settings.manage", _second_school),
    "school.students.calendar.change_school": Writer(
        "settings.manage", lambda s, a, w: calendar.change_school(s, actor=a, name="Valley School")
    ),
    "school.students.calendar.add_year": Writer(
        "settings.manage",
        lambda s, a, w: calendar.add_year(
            s, actor=a, name="2027", starts_on=date(2027, 1, 1), ends_on=date(2027, 12, 31)
        ),
    ),
    "school.students.classes.add_class": Writer(
        "settings.manage", lambda s, a, w: classes.add_class(s, actor=a, name="Form 9")
    ),
    "school.students.classes.add_classes": Writer(
        "settings.manage", lambda s, a, w: classes.add_classes(s, actor=a, names=["Form 8"])
    ),
    "school.students.service.add_student": Writer(
        "students.write", lambda s, a, w: students.add_student(s, actor=a, admission_no="Z-2", name="Zed")
    ),
    "school.students.service.add_students": Writer(
        "students.write",
        lambda s, a, w: students.add_students(s, actor=a, rows=[NewStudent(admission_no="Z-3", name="Zed")]),
    ),
    "school.students.service.change_student": Writer(
        "students.write",
        lambda s, a, w: students.change_student(s, actor=a, student_id=w.student, notes="asked to call"),
    ),
    "school.students.service.save_students": Writer(
        "students.write",
        lambda s, a, w: students.save_students(s, actor=a, rows=[NewStudent(admission_no="Z-4", name="Zed")]),
    ),
    "school.students.service.join_families": Writer(
        "students.write",
        lambda s, a, w: students.join_families(s, actor=a, student_id=w.student, sibling_id=w.sibling),
    ),
}

for room in ("approvals", "cashier", "concessions", "families", "fees", "letters", "privacy", "settings"):
    WRITERS |= import_module(f"tests.security.writers_{room}").WRITERS


def found(package: Any = school) -> set[str]:
    """Every public function of a room that takes a session and an actor."""
    names = set()
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        parts = module.name.split(".")
        if parts[1] in NOT_A_ROOM or parts[-1] == "__main__":
            continue
        names |= {
            f"{module.name}.{name}"
            for name, function in vars(import_module(module.name)).items()
            if inspect.isfunction(function)
            and function.__module__ == module.name
            and not name.startswith("_")
            and {"session", "actor"} <= inspect.signature(function).parameters.keys()
        }
    return names
