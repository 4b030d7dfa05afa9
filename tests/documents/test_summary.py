"""The dashboard on paper: one page that says what the screen says, whatever the school and its names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from school.documents.summary import Bar, Chart, Figure, Pair, SummaryFacts, summary_pdf
from tests.documents.example import keeps_the_standards, pages, text

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
AGES = Chart("How old the debt is", "Days since each charge was due", (Bar("1–30 days", 1000, "1.7M"),))
SUMMARY = SummaryFacts(
    school_name="Riverside Academy",
    logo=None,
    heading="Fees as at 23 Nov 2026",
    sentence="Families owe KES 6,087,800.00; 4,552,050.00 of it is overdue.",
    figures=tuple(
        Figure(label, "6,087,800.00", "by 214 students")
        for label in ("Owed", "Due", "Overdue", "Collected", "Collection rate", "Credit")
    ),
    months_note="January 2026 to December 2026, beside the year before",
    months=tuple(Pair(month, 1000 - 80 * n, 900 - 70 * n) for n, month in enumerate(MONTHS)),
    charts=(AGES, replace(AGES, title="Collected by tender"), replace(AGES, title="Billed by fee head")),
    classes=Chart(
        "Collected by class", "Term 3 2026", tuple(Bar(f"Form {n}", 40 * n, f"{4 * n}%") for n in range(20))
    ),
    debtor_headings=("Student", "Class", "Owes", "Overdue", "Oldest due"),
    debtors=tuple((f"Child {n}", "Form 1", "97,050.00", "88,350.00", "12 May 2026") for n in range(10)),
    printed="Printed 23 Nov 2026, 07:37 for Grace Mwangi",
    locale="en-KE",
    made_at=datetime(2026, 11, 23, 4, 37, tzinfo=UTC),
)


def test_twenty_classes_and_ten_debtors_fit_one_a4_page() -> None:
    (page,) = pages(summary_pdf(SUMMARY))

    assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [210, 297]


def test_the_paper_says_all_that_the_screen_says() -> None:
    said = text(summary_pdf(SUMMARY))

    for fact in (
        "Riverside Academy",
        "Fees as at 23 Nov 2026",
        "Families owe KES 6,087,800.00; 4,552,050.00 of it is overdue.",
        "Collection rate",
        "January 2026 to December 2026, beside the year before",
        "Collected by tender",
        "Form 19",
        "76%",
        "Child 9",
        "12 May 2026",
        "Printed 23 Nov 2026, 07:37 for Grace Mwangi",
    ):
        assert fact in said


def test_the_same_facts_give_the_same_bytes() -> None:
    assert summary_pdf(SUMMARY) == summary_pdf(SUMMARY)


def test_a_school_of_many_classes_goes_on_over_the_page() -> None:
    classes = Chart("Collected by class", "", tuple(Bar(f"Class {n}", 500, "50%") for n in range(90)))

    found = pages(summary_pdf(replace(SUMMARY, classes=classes)))

    assert len(found) > 1
    assert "Class 89" in found[-1].extract_text()


def test_names_of_any_script_and_markup_print_as_text() -> None:
    odd = ("#panic() *Zoë* $x$", "فاطمة الزهراء", "王小明", "अनिका शर्मा")
    debtors = tuple((name, "Form 1", "1.00", "1.00", "12 May 2026") for name in odd)

    said = text(summary_pdf(replace(SUMMARY, debtors=debtors)))

    assert odd[0] in said
    assert odd[2] in said


def test_nothing_owed_and_no_term_still_prints() -> None:
    empty = Chart("Collected by class", "", ())

    said = text(summary_pdf(replace(SUMMARY, charts=(empty, empty, empty), classes=empty, debtors=())))

    assert "Fees as at 23 Nov 2026" in said


def test_a_picture_that_is_none_is_left_out() -> None:
    assert summary_pdf(replace(SUMMARY, logo=b"no picture")) == summary_pdf(SUMMARY)


def test_the_paper_is_tagged_and_lasts() -> None:
    assert keeps_the_standards(summary_pdf(SUMMARY))
