"""A receipt says what was paid, to whom, for what, and nothing else; it never fails to print."""

import io
import re
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from school.documents.receipt import ReceiptLine, ReceiptStudent, ReceiptTender, receipt_pdf
from school.money import currency
from tests.documents.example import family, keeps_the_standards, pages, receipt, text

SHIELD = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9H0z" fill="#1f5f8b"/></svg>'
)


def test_an_ordinary_payment_fits_one_a5_page():
    (page,) = pages(receipt_pdf(receipt()))

    assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [148, 210]


def test_a_receipt_says_all_that_it_must():
    said = text(receipt_pdf(receipt()))

    for fact in """Riverside Academy|P.O. Box 1204, Ngong Road|Nairobi|R-000123|3 February 2026|Grace Wanjiru
        M-Pesa|QBK7TR21XW|Peter Kamau|4 Feb 2026, 14:05|7KQ2-M4XP-19|Amina Otieno|S-1201|Grade 4 East
        KES 15,790.00""".replace("\n", "|").split("|"):
        assert fact.strip() in said
    assert "Tuition, term 1 15 Jan 2026 12,500.00" in said
    assert "Lunch, term 1 3,250.00" in said
    assert "Kept as credit 40.00" in said
    assert "Total received 15,790.00" in said


@pytest.mark.parametrize(
    ("balance_minor", "words"), [(125_000, "owes 1,250.00"), (-4_000, "in credit 40.00"), (0, "settled")]
)
def test_the_balance_after_it_is_said_in_words(balance_minor, words):
    (student,) = receipt().students

    said = text(receipt_pdf(receipt(students=(student._replace(balance_after_minor=balance_minor),))))

    assert f"Balance after this payment: {words}" in said


def test_a_payment_that_leaves_no_credit_speaks_of_none():
    assert "credit" not in text(receipt_pdf(family(1)))


def test_several_tenders_are_shown_each_with_its_amount():
    tenders = (ReceiptTender("Cash", 579_000), ReceiptTender("Cheque", 1_000_000))

    said = text(receipt_pdf(receipt(tenders=tenders)))

    assert "Cash 5,790.00" in said
    assert "Cheque 10,000.00" in said


def test_what_is_unknown_is_left_out_with_its_label():
    said = text(receipt_pdf(receipt(payer=" ", reference="", school_address="")))

    assert "Received from" not in said
    assert "Reference" not in said


@pytest.mark.parametrize(
    ("code", "tag", "amount"),
    [
        ("JPY", "ja-JP", "JPY 1,579,000"),
        ("KWD", "en-KW", "KWD 1,579.000"),
        ("EUR", "de-DE", "EUR 15.790,00"),
        ("EUR", "fr-FR", "EUR 15\u202f790,00"),
    ],
)
def test_amounts_have_the_decimals_of_the_currency_and_the_marks_of_the_reader(code, tag, amount):
    assert amount in text(receipt_pdf(receipt(currency=currency(code), locale=tag)))


def test_a_family_of_thirty_takes_several_pages_and_each_says_whose_it_is():
    paper = pages(receipt_pdf(family(30)))

    assert len(paper) > 1
    for number, page in enumerate(paper, 1):
        said = page.extract_text()
        assert "R-000123" in said
        assert "Riverside Academy" in said
        assert "What it paid Due KES" in said
        assert f"Page {number} of {len(paper)}" in said
    everything = "\n".join(page.extract_text() for page in paper)
    assert all(f"Child S-{1000 + i}" in everything for i in range(30))
    assert everything.count("Total received") == 1
    assert "Total received 9,000.00" in everything


def test_a_child_whose_charges_run_over_the_page_is_named_again_on_the_next():
    charges = tuple(ReceiptLine("S-1201", f"Trip {i}", date(2026, 1, 15), 1_000) for i in range(60))
    student = ReceiptStudent("S-1201", "Amina Otieno", "Grade 4", 60_000, 0)
    tenders = (ReceiptTender("Cash", 60_000),)

    paper = pages(
        receipt_pdf(receipt(students=(student,), lines=charges, tenders=tenders, total_minor=60_000))
    )

    assert len(paper) > 1
    assert all("Amina Otieno" in page.extract_text() for page in paper)


def test_a_reversed_receipt_says_so_on_every_page():
    why = "Reversed on 3 February 2026 by X-000124: cheque bounced"

    first, *rest = pages(receipt_pdf(receipt(reversed_by=why)))
    many = pages(receipt_pdf(replace(family(30), reversed_by=why)))

    assert "This receipt is no longer valid" in first.extract_text()
    assert why in first.extract_text()
    assert rest == []
    assert all("Reversed" in page.extract_text() for page in many)


def test_a_receipt_that_stands_speaks_of_no_reversal():
    said = text(receipt_pdf(receipt()))

    assert "Reversed" not in said
    assert "no longer valid" not in said


def test_a_copy_is_called_a_copy_and_an_original_is_not():
    assert "Receipt · copy" in text(receipt_pdf(receipt(copy=True)))
    assert "copy" not in text(receipt_pdf(receipt()))


def test_the_code_to_scan_holds_the_number_and_the_check_code():
    (page,) = pages(receipt_pdf(receipt()))

    drawn = re.findall(rb"(\d+) (\d+)\.5 m (\d+) \2\.5 l", page.get_contents().get_data())
    dark = {(int(row), col) for start, row, end in drawn for col in range(int(start), int(end))}

    matrix = segno.make_qr("R-000123 7KQ2-M4XP-19", error="m").matrix
    assert dark == {(y, x) for y, row in enumerate(matrix) for x, module in enumerate(row) if module}


def test_the_file_is_titled_dated_and_made_to_be_read_aloud_and_kept():
    pdf = receipt_pdf(receipt())

    reader = PdfReader(io.BytesIO(pdf))
    assert reader.metadata.title == "Receipt R-000123"
    assert reader.metadata.creation_date == receipt().recorded_at
    assert reader.trailer["/Root"]["/Lang"] == "en-KE"
    assert keeps_the_standards(pdf)


def test_the_same_facts_give_the_same_bytes():
    first = receipt_pdf(receipt())

    receipt_pdf(family(3))

    assert receipt_pdf(receipt()) == first


def test_other_facts_give_other_bytes():
    assert receipt_pdf(receipt(copy=True)) != receipt_pdf(receipt())


def test_thirty_two_cashiers_at_once_each_get_their_own_receipt():
    asked = [receipt(number=f"R-{i:06}", payer=f"Payer {i}") for i in range(64)]
    alone = [receipt_pdf(facts) for facts in asked]

    with ThreadPoolExecutor(32) as cashiers:
        together = list(cashiers.map(receipt_pdf, asked))

    assert together == alone


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_logo_of_any_kind_is_shown(kind):
    logo = io.BytesIO()
    Image.new("RGB", (60, 20), "teal").save(logo, kind)

    pdf = receipt_pdf(receipt(logo=logo.getvalue()))

    assert b"/Subtype/Image" in pdf
    assert keeps_the_standards(pdf)


def test_a_drawn_logo_is_shown_as_a_drawing():
    with_shield = pages(receipt_pdf(receipt(logo=SHIELD)))[0].get_contents().get_data()
    without = pages(receipt_pdf(receipt()))[0].get_contents().get_data()

    teal = b"0.12156863 0.37254903 0.54509807 scn"
    assert teal in with_shield
    assert teal not in without


def test_a_logo_that_cannot_be_shown_is_left_out_and_the_receipt_is_handed_over():
    png = io.BytesIO()
    Image.new("RGB", (60, 20), "teal").save(png, "PNG")
    torn = png.getvalue()[:60]
    torn_within = SHIELD.replace(b"<path", b'<image href="data:image/png;base64,%b"/><path' % b64encode(torn))
    without = receipt_pdf(receipt())

    for broken in (b"", b"not a picture", torn, b"<svg", SHIELD[:-9], b"\xff\xd8\xff\xe0"):
        assert receipt_pdf(receipt(logo=broken)) == without
    assert "KES 15,790.00" in text(receipt_pdf(receipt(logo=torn_within)))


MARKUP = '#panic("x") *bold* _it_ $x^2$ @ref `raw` <b> \\ // http://x.y [a] {b}'


def test_text_is_never_markup():
    (student,) = receipt().students
    hostile = receipt(
        school_name=MARKUP, payer=MARKUP, cashier=MARKUP, students=(student._replace(name=MARKUP),)
    )

    said = re.sub(r"\s+", "", text(receipt_pdf(hostile)))

    assert said.count(re.sub(r"\s+", "", MARKUP)) == 4


def test_three_hundred_characters_without_a_space_wrap_and_are_all_there():
    said = text(receipt_pdf(receipt(payer="x" * 300)))

    lines = [line for line in said.splitlines() if "xxx" in line]
    assert len(lines) > 3
    assert "".join(lines).replace("\u200b", "").replace(" ", "") == "x" * 300


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_text_at_all_prints(typed):
    (student,) = receipt().students

    pdf = receipt_pdf(
        receipt(
            school_name=typed,
            school_address=typed,
            payer=typed,
            reference=typed,
            cashier=typed,
            reversed_by=typed,
            students=(student._replace(name=typed, class_name=typed),),
            tenders=(ReceiptTender(typed, 1_579_000),),
        )
    )

    assert "15,790.00" in text(pdf)


@pytest.mark.parametrize("odd_tag", ["", "xx-nonsense", "es-419", "zh-Hant", "sr-Latn-RS", "en-US-posix"])
def test_an_odd_locale_still_prints(odd_tag):
    assert "R-000123" in text(receipt_pdf(receipt(locale=odd_tag)))


TWICE = (ReceiptTender("Cash", 3_158_000),)


@pytest.mark.parametrize(
    "wrong",
    [
        {"total_minor": 1_579_001},
        {"tenders": (ReceiptTender("Cash", 1_578_999),)},
        {"total_minor": 1_579_001, "tenders": (ReceiptTender("Cash", 1_579_001),)},
        {"tenders": ()},
        {"students": ()},
        {"students": receipt().students * 2, "tenders": TWICE, "total_minor": 3_158_000},
        {"lines": (ReceiptLine("S-9999", "Tuition", None, 100),)},
        {"lines": (ReceiptLine("S-1201", "Tuition", None, 1_579_001),)},
        {"recorded_at": receipt().recorded_at.replace(tzinfo=None)},
    ],
)
def test_facts_that_do_not_add_up_are_refused_before_anything_prints(wrong):
    with pytest.raises(ValueError):
        receipt(**wrong)
