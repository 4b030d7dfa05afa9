"""A name prints in the script it is written in, and the same on every machine."""

import unicodedata

import pytest

from school.documents.receipt import receipt_pdf
from tests.documents.example import keeps_the_standards, receipt, text, typefaces

NAMES = {
    "en-KE": "Zoë Łódź Đặng Ærø",
    "el-GR": "Ελένη Παπαδοπούλου",
    "uk-UA": "Олександра Ковальчук",
    "ar-EG": "محمد عبد الله (2)",
    "ur-PK": "فاطمہ چوہدری",
    "he-IL": "דוד כהן",
    "hi-IN": "प्रिया क्षत्रिय",
    "bn-BD": "শ্রীমতী অনন্যা চট্টোপাধ্যায়",
    "ta-LK": "தமிழ்ச்செல்வி முருகேசன்",
    "te-IN": "శ్రీనివాస్",
    "th-TH": "น้ำผึ้ง ศรีสุข",
    "km-KH": "ស្រី សុខា",
    "my-MM": "အောင်ဆန်း",
    "am-ET": "ጥሩነሽ ዲባባ",
    "ka-GE": "ნინო ბერიძე",
    "hy-AM": "Արամ Խաչատրյան",
    "zh-CN": "王小明（父亲）",
    "zh-TW": "陳怡君",
    "ja-JP": "山田 花子さん",
    "ko-KR": "김민준",
}


@pytest.mark.parametrize(("tag", "name"), NAMES.items(), ids=NAMES)
def test_a_name_prints_in_its_own_script(tag, name):
    (student,) = receipt().students

    pdf = receipt_pdf(receipt(payer=name, locale=tag, students=(student._replace(name=name),)))

    letters = {c for c in name if unicodedata.category(c).startswith("L")}
    assert letters <= set(text(pdf))
    assert keeps_the_standards(pdf), "a character without a glyph would have cost the claim"


@pytest.mark.parametrize("tag", ["en-KE", "ar-EG"])
def test_names_of_all_scripts_stand_side_by_side(tag):
    pdf = receipt_pdf(receipt(payer=" ".join(NAMES.values()), locale=tag))

    assert keeps_the_standards(pdf)
    assert "KES 15,790.00" in text(pdf)


def test_only_our_own_typefaces_are_used_whatever_the_machine_has():
    pdf = receipt_pdf(receipt(payer=" ".join(NAMES.values()) + " ★ ✓ 😀"))

    assert {name for name in typefaces(pdf) if not name.startswith("Noto")} == set()


def test_the_large_typeface_is_not_opened_where_no_character_asks_for_it():
    assert not any("CJK" in name for name in typefaces(receipt_pdf(receipt(payer="★ 𒀀 ไทย"))))
    assert any("CJK" in name for name in typefaces(receipt_pdf(receipt(payer="王"))))


def test_each_country_sees_its_own_shape_of_a_shared_character():
    mainland, taiwan, traditional, japan = (
        receipt_pdf(receipt(payer="骨", locale=tag)) for tag in ("zh-CN", "zh-TW", "zh-Hant", "ja-JP")
    )

    assert len({mainland, taiwan, japan}) == 3
    assert taiwan == traditional


def test_a_character_no_typeface_holds_prints_as_a_box_and_the_receipt_is_handed_over():
    pdf = receipt_pdf(receipt(payer="Amina 𒀀 Otieno"))

    assert "Amina" in text(pdf)
    assert "KES 15,790.00" in text(pdf)
    assert not keeps_the_standards(pdf)


def test_right_to_left_names_leave_numbers_and_amounts_as_they_are():
    (student,) = receipt().students

    said = text(
        receipt_pdf(receipt(payer="محمد 12", students=(student._replace(name="دוד", class_name="ד׳2"),)))
    )

    assert "S-1201" in said
    assert "Total received 15,790.00" in said
    assert "owes 1,250.00" in said
