"""A guardian who bears a share gets the family's statement with their part of it, to the minor unit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.delivery import papers
from school.documents.share import PayerShare, Standing
from school.documents.statement import StatementFacts, statement_pdf
from school.ledger import service as ledger
from school.ledger.service import Share, TenderPart
from school.letters import queries as letters
from school.letters import writing
from school.reports import recipients, shares
from school.students import payers
from school.students import queries as students
from school.students import service as people
from school.students.service import NewGuardian
from tests import make
from tests.documents.example import text

JAN, FEB, MAR = dt.date(2026, 1, 15), dt.date(2026, 2, 10), dt.date(2026, 3, 10)
PARENTS = (
    NewGuardian("Mrs Abel", "+1 555 1000001", "mother@example.org"),
    NewGuardian("Mr Abel", "+1 555 1000002", "father@example.org"),
)


@pytest.fixture
def family(database: Database) -> Iterator[tuple[Session, int]]:
    """60 to 40 of 1,000.01 in January and 0.02 in March; she paid 300.00, he 100.00, a grandmother 0.01."""
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        ann = people.add_student(
            session, actor=COMMAND_LINE, admission_no="A-1", name="Ann", guardians=PARENTS
        )
        abe = people.add_student(
            session, actor=COMMAND_LINE, admission_no="A-2", name="Abe", guardians=PARENTS
        )
        make.bill(session, ann, (1000_01, JAN), on=JAN)
        make.bill(session, abe, (2, MAR), on=MAR)
        pay(session, ann, 300_00, "Mrs Abel", FEB)
        pay(session, ann, 100_00, "Mr Abel", MAR)
        pay(session, abe, 1, "Grandmother", MAR)
        mother, father = (one.id for one in students.guardians(session, ann))
        family_id = students.student(session, ann).family_id
        share(session, family_id, {mother: 6_000, father: 4_000})
        yield session, family_id


def pay(session: Session, student_id: int, amount: int, payer: str, on: dt.date) -> None:
    ledger.record_payment(
        session,
        actor=COMMAND_LINE,
        request_id=make.request_id(),
        shares=[Share(student_id, amount)],
        tenders=[TenderPart("CASH", amount)],
        payer=payer,
        date=on,
    )


def share(session: Session, family_id: int, parts: dict[int, int]) -> None:
    payers.share_charges(session, actor=COMMAND_LINE, family_id=family_id, shares=parts)


def own(found: list[StatementFacts]) -> dict[str, Standing]:
    return {one.to: one.share.own for one in found if one.share}


def test_each_payer_is_told_what_they_bear_paid_and_owe(family: tuple[Session, int]) -> None:
    session, family_id = family

    told = own(list(shares.payer_statements(session, [family_id])))

    assert told == {
        "Mrs Abel": Standing(0, 600_02, 300_00, 1, 300_01),
        "Mr Abel": Standing(0, 400_01, 100_00, 0, 300_01),
    }


def test_shares_of_any_period_add_up_to_the_family_and_lead_on_to_the_next(
    family: tuple[Session, int],
) -> None:
    session, family_id = family
    days = (None, JAN, FEB, MAR, make.TODAY)

    for since, until in ((a, b) for a in days for b in days if b and (not a or a <= b)):
        found = list(shares.payer_statements(session, [family_id], since, until))
        day_before = since and since - dt.timedelta(1)
        before = list(shares.payer_statements(session, [family_id], None, day_before)) if since else []

        sums = tuple(sum(parts) for parts in zip(*own(found).values(), strict=True))
        assert [one.share and one.share.family for one in found] == [sums, sums]
        assert sums[-1] == found[0].balance_minor
        opening = [one.owed_minor for one in before] or [0, 0]
        assert [one.opening for one in own(found).values()] == opening


def test_a_share_that_does_not_add_up_is_no_statement() -> None:
    with pytest.raises(ValueError, match="does not add up"):
        PayerShare("Mrs Abel", "60 %", Standing(0, 10, 0, 0, 10), Standing(0, 6, 1, 0, 6))


def test_the_paper_says_the_share_first_and_the_family_beside_it(family: tuple[Session, int]) -> None:
    session, family_id = family

    _, father = shares.payer_statements(session, [family_id])
    paper = text(statement_pdf(father))

    assert "USD 300.01" in paper
    assert "Your share: 40 %" in paper
    assert "the family: owes USD 600.02" in paper


def test_a_run_prints_one_for_each_payer_and_one_for_a_family_as_one(family: tuple[Session, int]) -> None:
    session, _ = family
    make.bill(session, make.student(session, "Cy"), (500, MAR), on=MAR)

    found = recipients.of_payers(session)
    printed = list(shares.payer_statements(session, found.ids))

    assert (found.papers, found.balance) == (3, 605_02)
    assert [(one.to, one.owed_minor) for one in printed if one.share] == [
        ("Mrs Abel", 300_01),
        ("Mr Abel", 300_01),
    ]
    assert len(printed) == 3


def test_a_letter_tells_each_payer_the_share_of_the_day_it_was_written(family: tuple[Session, int]) -> None:
    session, family_id = family
    writing.statements(
        session,
        actor=COMMAND_LINE,
        request_id=make.request_id(),
        family_ids=[family_id],
        since=None,
        until=make.TODAY,
        how="rehearse",
    )
    mother = min(one.guardian_id for one in payers.payers(session, family_id))
    share(session, family_id, {mother: 10_000})

    written = letters.page(session, limit=5).rows
    told = {
        one.to_name: text(papers.of_letter(session, letters.letter(session, one.id)).pdf) for one in written
    }

    assert "Your share: 60 %" in told["Mrs Abel"]
    assert "Your share: 40 %" in told["Mr Abel"]


def test_who_bears_no_share_any_more_is_not_written_to(family: tuple[Session, int]) -> None:
    session, family_id = family
    mother = min(one.guardian_id for one in payers.payers(session, family_id))
    share(session, family_id, {mother: 10_000})

    found = writing.recipients.of_families(session, [family_id])

    assert [one.name for one in found[family_id]] == ["Mrs Abel"]
