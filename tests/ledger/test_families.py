"""A family account: one statement, who owes which part, and credit that moves within the family alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school import clock
from school.access.rules import COMMAND_LINE
from school.audit.models import AuditEvent
from school.db import Database
from school.errors import BadInput, NotFound, RuleBroken
from school.ledger import queries, service
from school.ledger.rules import refundable
from school.ledger.service import Posted, Share, TenderPart
from school.students import payers
from school.students import queries as students
from school.students import service as people
from school.students.service import NewGuardian
from tests import make

JAN, MAR = date(2026, 1, 15), date(2026, 3, 10)
PARENTS = (NewGuardian("Mrs Abel", "+1 555 1000001"), NewGuardian("Mr Abel", "+1 555 1000002"))


@dataclass
class Family:
    """Ann was billed 900.00 and Abe 100.00 in January; Mrs Abel paid 250.00 and 50.00 in March."""

    database: Database
    ann: int
    abe: int
    id: int
    mother: int
    father: int

    def pay(self, shares: dict[int, int], payer: str) -> Posted:
        with self.database.writing() as session:
            return service.record_payment(
                session,
                actor=COMMAND_LINE,
                request_id=make.request_id(),
                shares=[Share(*share) for share in shares.items()],
                tenders=[TenderPart("CASH", sum(shares.values()))],
                payer=payer,
                date=MAR,
            )

    def share(self, **shares: int) -> None:
        ids = {"mother": self.mother, "father": self.father}
        with self.database.writing() as session:
            payers.share_charges(
                session,
                actor=COMMAND_LINE,
                family_id=self.id,
                shares={ids.get(name, 99): bp for name, bp in shares.items()},
            )

    def owed(self) -> dict[str, tuple[int, int, int]]:
        """(paid, part of what others paid, owes) by payer."""
        with self.database.reading() as session:
            found = queries.payer_standings(session, [self.ann, self.abe], payers.payers(session, self.id))
        return {one.payer.name: (one.paid, one.of_others, one.owes) for one in found}


@pytest.fixture
def family(database: Database) -> Iterator[Family]:
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            ann, abe = (
                people.add_student(
                    session, actor=COMMAND_LINE, admission_no=name, name=name, guardians=PARENTS
                )
                for name in ("Ann", "Abe")
            )
            make.bill(session, ann, (900_00, JAN), on=JAN)
            make.bill(session, abe, (100_00, MAR), on=JAN)
            mother, father = (one.id for one in students.guardians(session, ann))
            family_id = students.student(session, ann).family_id
        found = Family(database, ann, abe, family_id, mother, father)
        found.pay({ann: 250_00, abe: 50_00}, "MRS  ABEL")
        yield found


def test_one_statement_tells_all_children_and_runs_to_what_the_family_owes(family: Family) -> None:
    with family.database.reading() as session:
        whole = queries.family_statement(session, family.id)
        march = queries.family_statement(session, family.id, since=date(2026, 3, 1))
        with pytest.raises(NotFound):
            queries.family_statement(session, 99)

    assert [(one.child.name, one.row.description, one.row.balance) for one in whole.rows] == [
        ("Ann", "Tuition, Term 1 · due 15 Jan 2026", 900_00),
        ("Abe", "Tuition, Term 1 · due 10 Mar 2026", 1000_00),
        ("Ann", "Payment, cash · R-000001", 750_00),
        ("Abe", "Payment, cash · R-000001", 700_00),
    ]
    assert {child.name: child.closing for child in whole.children} == {"Abe": 50_00, "Ann": 650_00}
    assert (whole.opening, whole.closing) == (0, 700_00)
    assert (march.opening, [one.row.balance for one in march.rows]) == (1000_00, [750_00, 700_00])


def test_each_payer_owes_their_share_less_what_they_paid(family: Family) -> None:
    family.pay({family.ann: 100_00}, "The grandmother")
    family.pay({family.ann: 40_00}, "Mr Abel")
    family.share(mother=6_000, father=4_000)

    assert family.owed() == {
        "Mrs Abel": (300_00, 60_00, 240_00),
        "Mr Abel": (40_00, 40_00, 320_00),
    }


def test_what_somebody_paid_stays_theirs_under_another_name_and_not_when_it_is_reversed(
    family: Family,
) -> None:
    family.share(mother=5_000, father=5_000)
    with family.database.writing() as session:
        people.change_student(
            session,
            actor=COMMAND_LINE,
            student_id=family.ann,
            guardians=[NewGuardian("Mrs Baker-Abel", "+1 555 1000001", "b@example.org"), PARENTS[1]],
        )
        renamed = students.guardians(session, family.ann)[0]
    assert renamed.id == family.mother
    before = family.owed()
    with family.database.writing() as session:
        service.reverse(
            session, actor=COMMAND_LINE, request_id=make.request_id(), entry_id=3, reason="bounced"
        )

    assert before["Mrs Baker-Abel"] == (300_00, 0, 200_00)
    assert family.owed() == {"Mrs Baker-Abel": (0, 0, 500_00), "Mr Abel": (0, 0, 500_00)}


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        (
            {"mother": 6_000, "father": 3_999},
            "The shares add up to 99.99 %: make it 100 %, or leave all empty.",
        ),
        ({"mother": 12_000, "father": -2_000}, "A share is between 0 and 100 percent."),
        ({"mother": 6_000, "stranger": 4_000}, "Choose among the guardians of this family."),
    ],
)
def test_shares_are_of_the_familys_guardians_and_add_up_to_the_whole(
    family: Family, shares: dict[str, int], sentence: str
) -> None:
    family.share(mother=10_000)

    with pytest.raises(BadInput) as refused:
        family.share(**shares)

    assert refused.value.sentence == sentence
    assert list(family.owed()) == ["Mrs Abel"]


def test_a_family_can_answer_as_one_again_and_every_change_is_audited(family: Family) -> None:
    family.share(mother=6_000, father=4_000)
    family.share(mother=6_000, father=4_000)
    family.share()

    with family.database.reading() as session:
        audited = session.query(AuditEvent).filter_by(event="students:family:change-payers").all()
        assert [(one.before, one.after) for one in audited] == [
            ({}, {"Mrs Abel": "60 %", "Mr Abel": "40 %"}),
            ({"Mrs Abel": "60 %", "Mr Abel": "40 %"}, {}),
        ]
    assert family.owed() == {}


def test_credit_moves_within_one_family_account_alone(family: Family) -> None:
    with family.database.writing() as session:
        stranger = make.student(session, "Cy")
        make.pay(session, stranger, 10_00)

    with pytest.raises(RuleBroken) as refused, family.database.writing() as session:
        service.transfer(
            session,
            actor=COMMAND_LINE,
            request_id=make.request_id(),
            from_student_id=stranger,
            to_student_id=family.ann,
            amount_minor=10_00,
            reason="asked",
        )

    assert refused.value.sentence == (
        "Cy and Ann are not of one family account: pay the credit back instead."
    )


MOVEMENTS = st.lists(st.tuples(st.integers(-60, 60), st.booleans(), st.booleans()), max_size=12)


@given(MOVEMENTS)
def test_what_is_refundable_is_part_of_the_credit_and_all_of_it_where_nothing_is_kept(
    movements: list[tuple[int, bool, bool]],
) -> None:
    credit = max(0, -sum(amount for amount, _, _ in movements))

    assert 0 <= refundable(movements) <= credit
    assert refundable([(amount, False, out) for amount, _, out in movements]) == credit


@given(MOVEMENTS)
def test_paying_out_all_that_is_refundable_leaves_the_rest_and_charges_use_the_rest_first(
    movements: list[tuple[int, bool, bool]],
) -> None:
    can = refundable(movements)
    kept = max(0, -sum(amount for amount, _, _ in movements)) - can

    assert refundable([*movements, (can, False, True)]) == 0
    assert refundable([*movements, (kept, False, False)]) == can
