"""Who is forgiven what in a term: by rank, by grant, within the caps, and never more than charged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.orm import Session

from school import clock
from school.db import Database
from school.fees.conceding import Claim, Rate, forgiven, kept_where_given
from school.fees.concessions import Conceded, HeadCharge, granted
from tests import make
from tests.fees import schemes

SIBLING = (
    {"head": "TUITION", "ordinal": 2, "share_bp": 10_00},
    {"head": "TUITION", "ordinal": 3, "share_bp": 20_00},
)


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            schemes.heads(session)
        yield database


def found(session: Session, *charges: tuple[int, str, int]) -> dict[tuple[int, str, str], int]:
    rows = granted(session, term_id=schemes.term_id(session), charges=[HeadCharge(*c) for c in charges])
    return {(row.student_id, row.head, row.scheme): row.amount_minor for row in rows}


def test_the_older_class_pays_in_full_and_the_younger_siblings_get_their_share(books: Database) -> None:
    with books.writing() as session:
        schemes.scheme(session, "SIBS", *SIBLING, kind="sibling", cap_bp=30_00)
        small, tall = (
            make.student(session, name, class_name=form, guardian="Gil")
            for name, form in (("Small", "Form 1"), ("Tall", "Form 2"))
        )
        third = make.student(session, "Zoe", class_name="Form 1", guardian="Gil", admission_no="Z9")
        make.student(session, "Left", class_name="Form 2", guardian="Gil", status="left")
        bills = [(one, head, 1000_00) for one in (small, tall, third) for head in ("TUITION", "MEALS")]

        assert found(session, *bills) == {
            (small, "TUITION", "SIBS"): 100_00,
            (third, "TUITION", "SIBS"): 200_00,
        }
        assert found(session, (third, "TUITION", 1000_00)) == {(third, "TUITION", "SIBS"): 200_00}


def test_a_scheme_needs_a_grant_that_is_in_force_in_the_term(books: Database) -> None:
    with books.writing() as session:
        schemes.scheme(session, "STAFF", {"head": None, "share_bp": 50_00})
        ann, ben, cy, dan, eva, flo = (make.student(session, name) for name in ("A", "B", "C", "D", "E", "F"))
        schemes.grant(session, ann, "STAFF", valid_until=date(2026, 3, 2))
        schemes.grant(session, ben, "STAFF", valid_from=date(2026, 8, 1))
        schemes.grant(session, cy, "STAFF", state="waiting")
        schemes.grant(session, dan, "STAFF", state="ended", ended_on=date(2026, 3, 1))
        schemes.grant(session, eva, "STAFF", state="ended", ended_on=date(2026, 3, 9))
        schemes.grant(
            session, flo, "STAFF", state="ended", ended_on=date(2026, 3, 9), valid_from=date(2026, 3, 10)
        )

        assert found(session, *[(one, "TUITION", 1000_00) for one in (ann, ben, cy, dan, eva, flo)]) == {
            (ann, "TUITION", "STAFF"): 500_00,
            (eva, "TUITION", "STAFF"): 500_00,
        }


def test_schemes_add_up_to_no_more_than_the_charge_and_caps_are_kept(books: Database) -> None:
    with books.writing() as session:
        schemes.scheme(session, "STAFF", {"head": "TUITION", "share_bp": 70_00}, position=1)
        schemes.scheme(session, "BURSARY", position=2, cap=500_00)
        schemes.scheme(session, "GIFT", {"head": None, "amount": 90_00}, position=3)
        ann = make.student(session)
        schemes.grant(session, ann, "STAFF")
        schemes.grant(session, ann, "BURSARY", head="TUITION", share_bp=50_00)
        schemes.grant(session, ann, "BURSARY", head="MEALS", amount=400_00)
        schemes.grant(session, ann, "GIFT")

        given = found(session, (ann, "TUITION", 1000_00), (ann, "MEALS", 200_00), (ann, "TRANSPORT", 100_00))

    assert given == {
        (ann, "TUITION", "STAFF"): 700_00,
        (ann, "TUITION", "BURSARY"): 300_00,
        (ann, "MEALS", "BURSARY"): 200_00,
        (ann, "TRANSPORT", "GIFT"): 90_00,
    }


def test_the_two_worked_shares_of_two_thousand_leave_two_thousand_six_hundred(books: Database) -> None:
    with books.writing() as session:
        schemes.scheme(session, "STAFF", {"head": None, "share_bp": 20_00})
        ann, ben = make.student(session), make.student(session)
        schemes.grant(session, ann, "STAFF")
        schemes.grant(session, ben, "STAFF", share_bp=50_00)

        given = found(session, (ann, "TUITION", 2000_00), (ben, "TUITION", 2000_00))

    assert 4000_00 - sum(given.values()) == 2600_00


def test_many_students_take_no_more_reads_than_one(books: Database) -> None:
    statements: list[str] = []
    with books.writing() as session:
        schemes.scheme(session, "SIBS", *SIBLING, kind="sibling")
        schemes.scheme(session, "STAFF", {"head": None, "share_bp": 20_00})
        ids = [make.student(session, guardian=f"G{n % 7}") for n in range(30)]
        schemes.grant(session, ids[3], "STAFF")
        event.listen(session.connection(), "before_cursor_execute", lambda *told: statements.append(told[2]))
        assert found(session, *[(one, "TUITION", 100_00) for one in ids])

    assert len(statements) <= 8


Heads = st.dictionaries(st.sampled_from(schemes.HEADS), st.integers(0, 10**9), min_size=1)
Rates = st.lists(
    st.builds(Rate, st.sampled_from([None, *schemes.HEADS]), share_bp=st.integers(1, 10_000))
    | st.builds(Rate, st.sampled_from([None, *schemes.HEADS]), amount=st.integers(1, 10**9)),
    max_size=3,
)
Claims = st.lists(
    st.builds(Claim, st.sampled_from("ABC"), Rates.map(tuple), st.none() | st.integers(1, 10**9)), max_size=5
)


@given(Heads, Claims)
def test_no_charge_is_forgiven_twice_and_no_cap_is_passed(
    charges: dict[str, int], claims: list[Claim]
) -> None:
    given = forgiven(charges, claims)

    assert all(amount > 0 for amount in given.values())
    for head, charge in charges.items():
        assert sum(amount for (on, _), amount in given.items() if on == head) <= charge
    for claim in claims:
        had = sum(amount for (_, scheme), amount in given.items() if scheme == claim.scheme)
        caps = [c.cap for c in claims if c.scheme == claim.scheme]
        assert None in caps or had <= max(cap or 0 for cap in caps)


@given(Heads, st.integers(1, 10_000), st.integers(1, 10**9))
def test_what_is_for_every_fee_head_is_split_without_making_or_losing_a_minor_unit(
    charges: dict[str, int], share: int, amount: int
) -> None:
    whole = sum(charges.values())
    by_share = forgiven(charges, [Claim("A", (Rate(None, share_bp=share),))])
    by_amount = forgiven(charges, [Claim("A", (Rate(None, amount=amount),))])

    assert abs(sum(by_share.values()) * 10_000 - whole * share) * 2 <= 10_000
    assert sum(by_amount.values()) == min(amount, whole)


@given(Heads, Claims, Claims)
def test_what_is_given_after_a_change_never_passes_a_charge_and_given_twice_is_nothing(
    charges: dict[str, int], before: list[Claim], after: list[Claim]
) -> None:
    given, wanted = forgiven(charges, before), forgiven(charges, after)

    target = kept_where_given(charges, wanted, given)
    new = {key: target.get(key, 0) - given.get(key, 0) for key in {*target, *given}}
    stands = {key: given.get(key, 0) + max(0, amount) for key, amount in new.items()}

    for head, charge in charges.items():
        assert sum(amount for (on, _), amount in stands.items() if on == head) <= charge
    for scheme in "ABC":
        was, now, got = (sum(a for (_, s), a in of.items() if s == scheme) for of in (given, wanted, stands))
        assert was <= got <= max(was, now)
    again = kept_where_given(charges, wanted, stands)
    assert all(amount <= stands[key] for key, amount in again.items())
    assert kept_where_given(charges, wanted, {}) == wanted


def test_an_amount_for_every_fee_head_is_not_given_twice_when_a_fee_head_joins(books: Database) -> None:
    with books.writing() as session:
        schemes.scheme(session, "BURSARY")
        ann = make.student(session)
        schemes.grant(session, ann, "BURSARY", amount=500_00)
        bill = [HeadCharge(ann, "TUITION", 1000_00), HeadCharge(ann, "TRANSPORT", 1000_00)]

        both = granted(
            session,
            term_id=schemes.term_id(session),
            charges=bill,
            given={ann: {("TUITION", "BURSARY"): 500_00}},
        )

    assert both == [Conceded(ann, "TUITION", "BURSARY", 500_00)]
