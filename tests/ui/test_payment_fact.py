"""What stands on the payment form is shares and tenders that add up, or a sentence at the field at fault."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from school.errors import BadAmount, BadInput, SchoolError, TooMuch
from school.ledger.queries import OpenCharge
from school.ledger.rules import Share, TenderPart
from school.money import currency
from school.students.queries import StudentFacts
from school.ui import payment_fact
from school.ui.forms import TypedAmount, TypedChoice, TypedDate, TypedText
from school.ui.payment_desk import Member
from school.ui.payment_fact import Fact, Typed

USD = currency("USD")
DAY = date(2026, 3, 20)
TENDERS = {"CASH": "Cash", "CARD": "Card"}


def member(student_id: int, balance: int, *open_charges: int) -> Member:
    name = f"Student {student_id}"
    student = StudentFacts(
        student_id, str(student_id), name, name, "", None, "", 1, "enrolled", None, None, ""
    )
    charges = tuple(
        OpenCharge(10 * student_id + n, 1, DAY, DAY, "TUITION", f"Head {n}", None, None, part, part, 0)
        for n, part in enumerate(open_charges)
    )
    return Member(student, balance, charges)


FAMILY = (member(1, 50_000, 50_000), member(2, 30_000, 30_000), member(3, 20_000, 20_000))


def amount(text: str, key: str = "payments.amount") -> TypedAmount:
    return TypedAmount(text, USD, ".", key)


def typed(text: str, tender: str | None = "CASH", **more: object) -> Typed:
    day = TypedDate(DAY, None, DAY, "payments.date")
    reference, payer = TypedText("", "payments.reference"), TypedText("", "payments.payer")
    how = TypedChoice(tender, TENDERS, "payments.tender")
    return Typed(amount(text), how, day, reference, payer, **more)


def shares(**texts: str) -> dict[int, TypedAmount]:
    given_texts = {int(name[1:]): text for name, text in texts.items()}
    return {n: amount(given_texts.get(n, ""), f"payments.share.{n}") for n in (1, 2, 3)}


def test_one_student_and_one_tender() -> None:
    made = payment_fact.fact(typed("400", pays=10), FAMILY)

    assert made == Fact(40_000, (Share(1, 40_000, 10),), (TenderPart("CASH", 40_000),))


@pytest.mark.parametrize(
    ("total", "parts", "expected"),
    [
        ("900", {}, {1: 50_000, 2: 30_000, 3: 10_000}),
        ("1100", {}, {1: 60_000, 2: 30_000, 3: 20_000}),
        ("400", {"_3": "150"}, {1: 25_000, 3: 15_000}),
        ("400", {"_2": "400"}, {2: 40_000}),
        ("2000", {"_1": "1"}, {1: 100, 2: 179_900, 3: 20_000}),
        ("0.01", {}, {1: 1}),
    ],
)
def test_what_is_not_typed_goes_to_what_each_child_owes(
    total: str, parts: dict[str, str], expected: dict[int, int]
) -> None:
    made = payment_fact.fact(typed(total, shares=shares(**parts)), FAMILY)

    assert {share.student_id: share.amount_minor for share in made.shares} == expected


WRONG = {
    "parts above the total": (typed("400", shares=shares(_1="300", _2="200")), TooMuch, "payments.share.2"),
    "parts below the total": (
        typed("400", shares=shares(_1="100", _2="100", _3="100")),
        BadInput,
        "payments.share.3",
    ),
    "a part that is no amount": (typed("400", shares=shares(_2="x")), BadAmount, "payments.share.2"),
    "no amount": (typed(" "), BadAmount, "payments.amount"),
    "no tender": (typed("400", None), BadInput, "payments.tender"),
    "a tender nobody offered": (typed("400", "GOLD"), BadInput, "payments.tender"),
    "the same tender twice": (
        typed("400", second=(TypedChoice("CASH", TENDERS, "payments.tender_2"), amount("1"))),
        BadInput,
        "payments.tender_2",
    ),
    "a second tender nobody offered": (
        typed("400", second=(TypedChoice("GOLD", TENDERS, "payments.tender_2"), amount("1"))),
        BadInput,
        "payments.tender_2",
    ),
    "a second part of all of it": (
        typed("400", second=(TypedChoice("CARD", TENDERS, "t"), amount("400", "payments.amount_2"))),
        TooMuch,
        "payments.amount_2",
    ),
}


@pytest.mark.parametrize(("form", "error", "field"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_refused_at_its_field(form: Typed, error: type[SchoolError], field: str) -> None:
    with pytest.raises(error) as refused:
        payment_fact.fact(form, FAMILY)

    assert refused.value.field == field


@given(
    total=some.integers(1, 10**9),
    balances=some.lists(some.integers(-(10**6), 10**6), min_size=1, max_size=5),
    fixed=some.data(),
)
def test_a_split_always_adds_up_and_keeps_what_was_typed(
    total: int, balances: list[int], fixed: some.DataObject
) -> None:
    family = [member(n, balance) for n, balance in enumerate(balances, start=1)]
    left, parts = total, {}
    for one in family[1:]:
        if left > 1 and fixed.draw(some.booleans()):
            parts[one.student.id] = fixed.draw(some.integers(1, left - 1))
            left -= parts[one.student.id]

    found = payment_fact.split(total, family, parts, amount(""))

    assert sum(found.values()) == total
    assert all(part >= 0 for part in found.values())
    assert parts.items() <= found.items()


def said(text: str, *open_charges: int, pays: int | None = None) -> str:
    family = [member(1, sum(open_charges), *open_charges)]
    form = typed(text, pays=pays)
    return payment_fact.said(
        payment_fact.outcomes(payment_fact.shares_of(form, family), family)[0], form.amount
    )


def test_what_a_payment_would_do_is_one_sentence() -> None:
    assert said("4", 500) == "Pays 4.00 of Head 0."
    assert said("5", 500, 100) == "Pays Head 0 in full."
    assert said("5.50", 500, 100) == "Pays Head 0 in full and 0.50 of Head 1."
    assert said("7", 500, 100) == "Pays Head 0 and Head 1 in full; 1.00 stays as credit."
    assert said("7") == "All of it stays as credit."
    assert said("2", 500, 100, pays=11) == "Pays Head 1 in full and 1.00 of Head 0."
