"""Statements, invoices and reminders say what they must, alone and many in a file."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import replace
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from school.documents import binding
from school.documents.invoice import invoice_pdf, invoices_pdf
from school.documents.reminder import reminder_pdf, reminders_pdf
from school.documents.statement import Ageing, statement_pdf, statements_pdf, statements_zip
from tests.documents.example import keeps_the_standards, pages, text
from tests.documents.letters import AMINA, HEAD, INVOICE, REMINDER, STATEMENT, statement, student
from tests.documents.test_scripts import NAMES


def test_a_statement_says_what_stood_what_moved_and_what_is_due() -> None:
    (page,) = pages(statement_pdf(STATEMENT))

    said = page.extract_text()
    for fact in (
        "Riverside Academy",
        "As at 20 March 2026",
        "Grace Wanjiru",
        "S-1201  ·  Grade 4 East",
        "KES 2,750.00",
        "of it overdue 2,750.00",
        "From 1 Jan 2026 to 20 Mar 2026",
        "Brought forward 250.00",
        "15 Jan 2026 Tuition, Term 1 · due 3 Feb 2026 12,500.00 12,750.00",
        "Payment, M-Pesa · R-000123 10,000.00 2,750.00",
        "Carried forward 2,750.00",
        "Tuition, Term 1 3 Feb 2026 45 days 2,750.00",
        "M-Pesa paybill 400200",
        "Please give this number with every payment: S-1201",
    ):
        assert fact in said


def test_a_family_has_one_balance_and_every_child_a_part_of_its_own() -> None:
    facts = replace(STATEMENT, students=(AMINA, student(7)), ageing=Ageing(not_due=200, days_31_60=275_000))

    said = text(statement_pdf(facts))

    assert "KES 2,752.00" in said
    assert said.count("Brought forward") == 2
    assert "Amina Otieno: Tuition, Term 1" in said
    assert "every payment: S-1201, S-0007" in said


def test_a_credit_is_a_word_and_never_a_sign() -> None:
    payment = AMINA.movements[1]._replace(balance_minor=-1_000_000)
    paid = replace(AMINA, opening_minor=0, movements=(payment,), closing_minor=-1_000_000, open_charges=())

    said = text(statement_pdf(replace(STATEMENT, students=(paid,), ageing=Ageing(credit=1_000_000))))

    assert "In credit" in said
    assert "10,000.00 credit" in said
    assert "-10" not in said


@pytest.mark.parametrize(
    "wrong",
    [
        {"ageing": Ageing(not_due=274_999)},
        {"students": ()},
    ],
)
def test_a_statement_that_does_not_add_up_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        replace(STATEMENT, **wrong)


@pytest.mark.parametrize(
    "wrong", [{"opening_minor": 24_999}, {"closing_minor": 275_001}, {"movements": AMINA.movements[:1]}]
)
def test_an_account_that_does_not_run_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        replace(AMINA, **wrong)


def test_an_invoice_says_what_is_charged_forgiven_owed_before_and_due_when() -> None:
    (page,) = pages(invoice_pdf(INVOICE))

    said = page.extract_text()
    for fact in (
        "No. 4711, 15 January 2026",
        "KES 10,800.00",
        "of it overdue 300.00",
        "Tuition, Term 1 3 Feb 2026 5,000.00",
        "less Sibling \u2212500.00",
        "This invoice 10,500.00",
        "Owed before it 300.00",
        "To pay 10,800.00",
        "At once: overdue since 30 November 2025 300.00",
        "By 3 February 2026 5,500.00",
        "By 31 March 2026 5,000.00",
        "Check code 7KQ2-M4XP-19",
    ):
        assert fact in said


def test_an_invoice_that_credit_covers_asks_for_nothing() -> None:
    covered = replace(INVOICE, before_minor=-1_060_000, instalments=())

    said = text(invoice_pdf(covered))

    assert "Nothing to pay" in said
    assert "Credit left 100.00" in said


def test_a_reversed_invoice_says_so() -> None:
    why = "Reversed on 3 Feb 2026: charged twice"

    assert why in text(invoice_pdf(replace(INVOICE, reversed_by=why)))


@pytest.mark.parametrize("wrong", [{"total_minor": 1}, {"before_minor": 0}, {"instalments": ()}])
def test_an_invoice_that_does_not_add_up_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        replace(INVOICE, **wrong)


def test_a_reminder_names_the_children_what_is_late_the_total_and_the_day() -> None:
    (page,) = pages(reminder_pdf(REMINDER))

    said = page.extract_text()
    for fact in (
        "Second reminder",
        "We miss your payment",
        "KES 3,000.00",
        "by 30 March 2026",
        "please look at the fees below.",
        "Amina Otieno S-1201  ·  Grade 4",
        "Tuition 3 Feb 2026 45 days 2,750.00",
        "Together 250.00",
        "To pay 3,000.00",
    ):
        assert fact in said


LETTERS = {
    "statement": (statement_pdf, STATEMENT),
    "invoice": (invoice_pdf, INVOICE),
    "reminder": (reminder_pdf, REMINDER),
}


@pytest.mark.parametrize(("make", "facts"), LETTERS.values(), ids=LETTERS)
def test_a_letter_is_tagged_lasts_and_is_the_same_bytes_again(make: Any, facts: Any) -> None:
    pdf = make(facts)

    assert keeps_the_standards(pdf)
    assert PdfReader(io.BytesIO(pdf)).metadata.creation_date == HEAD.made_at
    assert make(facts) == pdf


def test_letters_of_every_script_are_set_in_it() -> None:
    many = [
        replace(STATEMENT, to=name, students=(replace(AMINA, name=name),), head=replace(HEAD, locale=tag))
        for tag, name in NAMES.items()
    ]

    pdf = statements_pdf(many)

    wanted = {c for name in NAMES.values() for c in name if unicodedata.category(c).startswith("L")}
    assert keeps_the_standards(pdf)
    assert wanted <= set(text(pdf))
    assert "15 Ιαν 2026" in text(statement_pdf(many[1]))


@settings(max_examples=15)
@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_text_at_all_prints(typed: str) -> None:
    head = replace(HEAD, school_name=typed, school_address=typed, how_to_pay=typed)
    amina = REMINDER.students[0]._replace(name=typed, class_name=typed)

    pdf = reminder_pdf(
        replace(REMINDER, head=head, to=typed, subject=typed, body=typed, students=(amina,), family=typed)
    )

    assert "2,750.00" in text(pdf)


def test_a_long_statement_counts_its_own_pages_among_others() -> None:
    paper = pages(statements_pdf([statement(1), statement(2, 120), statement(3)]))

    said = [page.extract_text() for page in paper]
    assert len(paper) > 3
    assert all("Child 0002" in page for page in said[1:-1])
    numbered = [f"Page {n} of {len(paper) - 2}" for n in range(1, len(paper) - 1)]
    assert [page for page, words in zip(numbered, said[1:-1], strict=True) if page in words] == numbered
    assert "Child 0003" in said[-1]


def test_many_letters_are_one_file_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binding, "AT_ONCE", 4)
    many = [statement(n) for n in range(9)]

    pdf = statements_pdf(iter(many))

    said = [page.extract_text() for page in pages(pdf)]
    assert [f"Child {n:04}" in page for n, page in enumerate(said)] == [True] * 9
    assert statements_pdf(many) == pdf
    assert len(pages(invoices_pdf([INVOICE] * 5))) == len(pages(reminders_pdf([REMINDER] * 5))) == 5


def test_no_letter_is_no_file() -> None:
    with pytest.raises(ValueError, match="nothing to print"):
        statements_pdf([])


def test_a_zip_holds_a_file_of_each_by_its_number_and_none_is_lost() -> None:
    many = [STATEMENT, replace(STATEMENT, students=(replace(AMINA, admission_no="S/../9"),)), STATEMENT]

    made = statements_zip(many)

    with ZipFile(io.BytesIO(made)) as file:
        names = file.namelist()
        assert names == [
            "S-1201 Amina Otieno.pdf",
            "S-..-9 Amina Otieno.pdf",
            "S-1201 Amina Otieno (2).pdf",
        ]
        assert file.read(names[0]) == statement_pdf(STATEMENT)
    assert statements_zip(many) == made


def test_facts_are_read_only_as_the_file_grows() -> None:
    """A school of any size is never held at once: no more than two chunks and one are in hand."""
    read, set_ = 0, 0
    waiting: list[int] = []

    def letters() -> Any:
        nonlocal read
        for read in range(1, 301):
            waiting.append(read - set_)
            yield statement(read)

    def made(some: list[Any], tagged: bool) -> bytes:
        nonlocal set_
        set_ += len(some)
        return statement_pdf(some[0])

    binding.bound(letters(), made)

    assert read == set_ == 300
    assert max(waiting) <= (binding.SIDE_BY_SIDE + 2) * binding.AT_ONCE
