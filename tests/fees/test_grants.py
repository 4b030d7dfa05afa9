"""A scheme is given by one person, approved by another, ended with a reason; a register says its cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from school import clock
from school.access.models import User
from school.access.rules import FINANCE, Actor
from school.audit import queries as audit
from school.db import Database
from school.errors import BadAmount, BadInput, NotAllowed, RequestReused, RuleBroken
from school.fees import grants, schemes
from school.fees.conceding import Rate
from school.fees.concessions import HeadCharge, granted
from school.fees.models import Grant
from school.fees.register import recipients, register
from school.ledger import service as ledger
from school.students import queries as students
from tests import make, people
from tests.fees import schemes as tables

YEAR = {"since": date(2026, 1, 1), "until": date(2026, 12, 31)}


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            tables.heads(session)
            people.everybody(session)
            people.user(session, FINANCE, name="fay")
        yield database


def who(session: Session, name: str) -> Actor:
    user_id = session.scalars(select(User.id).where(User.name == name)).one()
    return people.signed_in(session, user_id)


def ask(session: Session, student: int, scheme: str, **how: Any) -> grants.Asked:
    values = {
        "actor": who(session, "finn"),
        "request_id": make.request_id(),
        "reason": "her mother teaches here",
        "valid_from": make.TODAY,
    }
    return grants.request(session, student_id=student, scheme=scheme, **{**values, **how})


def bursary(session: Session, **how: Any) -> str:
    values = {"name": "Board bursary", "kind": "bursary", "rates": [Rate(None, share_bp=50_00)]}
    return schemes.add_scheme(session, actor=who(session, "finn"), **{**values, **how})


def given(session: Session, student: int) -> int:
    charges = [HeadCharge(student, "TUITION", 1000_00)]
    return sum(c.amount_minor for c in granted(session, term_id=tables.term_id(session), charges=charges))


def test_a_grant_counts_once_another_person_has_approved_it(books: Database) -> None:
    with books.writing() as session:
        ann, scheme = make.student(session), bursary(session)
        asked = ask(session, ann, scheme)
        assert asked.waiting
        assert not given(session, ann)

        with pytest.raises(NotAllowed, match="another person decides"):
            grants.approve(session, actor=who(session, "finn"), grant_id=asked.grant_id)
        grants.approve(session, actor=who(session, "fay"), grant_id=asked.grant_id)
        with pytest.raises(RuleBroken, match="fay approved this grant already"):
            grants.refuse(session, actor=who(session, "ada"), grant_id=asked.grant_id, reason="late")

        assert given(session, ann) == 500_00
        event = audit.latest(session, "fees:grant:approve", f"grant:{asked.grant_id}")
        assert event is not None
        assert [(told or {})["state"] for told in (event.before, event.after)] == ["waiting", "granted"]


def test_who_asked_withdraws_a_grant_until_another_person_has_approved_it(books: Database) -> None:
    with books.writing() as session:
        ann, ben, scheme = make.student(session), make.student(session), bursary(session)
        wrong, approved = ask(session, ann, scheme), ask(session, ben, scheme)
        grants.approve(session, actor=who(session, "fay"), grant_id=approved.grant_id)

        with pytest.raises(NotAllowed, match="finn asked for this grant"):
            grants.withdraw(session, actor=who(session, "fay"), grant_id=wrong.grant_id, reason="no")
        grants.withdraw(
            session, actor=who(session, "finn"), grant_id=wrong.grant_id, reason="the wrong child"
        )
        with pytest.raises(RuleBroken, match="This grant is over already"):
            grants.approve(session, actor=who(session, "fay"), grant_id=wrong.grant_id)
        with pytest.raises(RuleBroken, match="fay approved this grant already"):
            grants.withdraw(session, actor=who(session, "finn"), grant_id=approved.grant_id, reason="late")

        assert (given(session, ann), given(session, ben)) == (0, 500_00)


def test_a_refused_grant_gives_nothing_and_may_be_asked_for_again(books: Database) -> None:
    with books.writing() as session:
        ann, scheme = make.student(session), bursary(session)
        first = ask(session, ann, scheme)
        with pytest.raises(RuleBroken, match="has this scheme already"):
            ask(session, ann, scheme, head="TUITION", share_bp=10_00)

        grants.refuse(session, actor=who(session, "fay"), grant_id=first.grant_id, reason="no proof")

        assert ask(session, ann, scheme).waiting
        assert not given(session, ann)


def test_a_scheme_without_approval_counts_at_once_and_an_ended_grant_counts_for_its_terms(
    books: Database,
) -> None:
    with books.writing() as session:
        ann, ben = make.student(session), make.student(session)
        scheme = bursary(session, needs_approval=False)
        asked = [ask(session, one, scheme).grant_id for one in (ann, ben)]
        finn = who(session, "finn")

        grants.end(session, actor=finn, grant_id=asked[0], on=make.TODAY, reason="father has work")
        grants.end(session, actor=finn, grant_id=asked[1], on=date(2026, 2, 28), reason="a mistake")

        assert (given(session, ann), given(session, ben)) == (500_00, 0)
        with pytest.raises(RuleBroken, match="over already"):
            grants.end(session, actor=finn, grant_id=asked[0], on=make.TODAY, reason="again")


def test_a_waiting_grant_that_is_withdrawn_never_counts(books: Database) -> None:
    with books.writing() as session:
        ann, scheme = make.student(session), bursary(session)
        asked = ask(session, ann, scheme)
        finn = who(session, "finn")
        grants.end(session, actor=finn, grant_id=asked.grant_id, on=date(2027, 1, 1), reason="typed wrongly")

        assert not given(session, ann)


def test_one_form_asks_once(books: Database) -> None:
    with books.writing() as session:
        ann, ben, scheme = make.student(session), make.student(session), bursary(session)
        first = ask(session, ann, scheme, request_id="the same form")

        assert ask(session, ann, scheme, request_id="the same form") == first
        with pytest.raises(RequestReused, match="already used"):
            ask(session, ben, scheme, request_id="the same form")


@pytest.mark.parametrize(
    ("how", "error", "says"),
    [
        ({"reason": " "}, BadInput, "Say why"),
        ({"share_bp": 100_01}, BadInput, "up to 100"),
        ({"amount_minor": 0}, BadAmount, "more than zero"),
        ({"head": "TUITION"}, BadInput, "either a percentage or an amount"),
        ({"head": "CASH", "share_bp": 1}, BadInput, "Choose a fee head"),
        ({"valid_until": make.TODAY - timedelta(days=1)}, BadInput, "before the first"),
    ],
)
def test_what_cannot_be_granted_is_refused_in_a_sentence(
    sqlite_database: Database, how: dict[str, Any], error: type[Exception], says: str
) -> None:
    with clock.set_to(make.NOON), sqlite_database.writing() as session:
        make.school(session)
        tables.heads(session)
        people.everybody(session)
        ann, scheme = make.student(session), bursary(session)
        with pytest.raises(error, match=says):
            ask(session, ann, scheme, **how)


def test_the_database_itself_refuses_to_decide_twice_or_alone_and_to_change_what_was_asked(
    books: Database,
) -> None:
    with books.writing() as session:
        ann, scheme = make.student(session), bursary(session, needs_approval=False)
        granted_id = ask(session, ann, scheme).grant_id
        asker = session.get_one(Grant, granted_id).actor_id
    for values in (
        {"state": "waiting"},
        {"state": "ended", "ended_on": make.TODAY, "amount": 1},
        {"state": "ended", "ended_on": make.TODAY, "decided_by_id": asker},
    ):
        with pytest.raises(DBAPIError), books.writing() as session:
            session.execute(update(Grant).where(Grant.id == granted_id).values(**values))


def test_the_register_says_what_each_scheme_has_cost_net_of_what_was_reversed(books: Database) -> None:
    with books.writing() as session:
        ann, ben = make.student(session, "Ann Abel"), make.student(session, "Ben Bolt")
        scheme = bursary(session)
        asked = ask(session, ann, scheme)
        grants.approve(session, actor=who(session, "fay"), grant_id=asked.grant_id)
        finn = who(session, "finn")
        entries = []
        for student in (ann, ben):
            make.bill(session, student, (1000_00, make.TODAY))
            entries += [
                ledger.concession(
                    session,
                    actor=finn,
                    request_id=make.request_id(),
                    student_id=student,
                    amount_minor=500_00,
                    account=scheme,
                    reason="bursary",
                )
            ]
        ledger.reverse(
            session,
            actor=finn,
            request_id=make.request_id(),
            entry_id=entries[1].entry_id,
            reason="not for Ben",
        )

        (cost,) = register(session, **YEAR)
        (row,) = recipients(session, scheme=scheme, **YEAR)
        of_terms = {"since": date(2027, 1, 1), "until": date(2027, 1, 1)}
        this_year = [term.id for term in students.terms(session)]
        assert register(session, **of_terms, term_ids=this_year) == [cost], "by its terms, whatever the days"
        assert [one.amount for one in register(session, **of_terms, term_ids=[99])] == [0]

    assert (cost.name, cost.kind, cost.students, cost.amount) == ("Board bursary", "bursary", 1, 500_00)
    assert (row.name, row.amount, row.reason) == ("Ann Abel", 500_00, "her mother teaches here")
    assert (row.granted_by, row.approved_by) == ("finn", "fay")
