"""A person is found by what people type: in any case, with or without accents, in any script, by any part."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school.errors import BadDate, BadInput
from school.students import rules
from school.students.rules import NewGuardian, NewStudent

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("José Ñandú", "jose nandu"),
        ("Ågård Øystein", "agard oystein"),
        ("Łukasz Żółć", "lukasz zolc"),
        ("Straße", "strasse"),
        ("İLKAY Işık", "ilkay isik"),
        ("Ἀθηνᾶ", "αθηνα"),
        ("Фёдор", "федор"),
        ("O’Brien", "o'brien"),
        ("ＡＢＣ１２３", "abc123"),
        ("أَحْمَد", "احمد"),
        ("إيمان", "ايمان"),
        ("١٢٣۴۵६", "123456"),
        ("שָׁלוֹם", "שלום"),
    ],
)
def test_case_accents_points_and_the_script_of_digits_make_no_difference(one: str, other: str) -> None:
    assert rules.fold(one) == rules.fold(other)


@pytest.mark.parametrize("name", ["कीर्ति", "தமிழ்செல்வி", "বাংলা", "สมชาย ใจดี", "が", "김민준"])
def test_marks_that_are_letters_of_their_script_stay(name: str) -> None:
    assert rules.fold(name) == name


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    once = rules.fold(text)

    assert rules.fold(once) == once


@given(st.text())
def test_kept_text_is_one_line_that_a_database_takes(text: str) -> None:
    kept = rules.clean(text)

    assert rules.clean(kept) == kept
    assert not any(c in kept for c in "\0\r\n\t")


def finds(typed: str, words: set[str]) -> bool:
    items = rules.typed_words(typed)
    return bool(items) and all(any(w.startswith(s) for w in words for s in spellings) for spellings in items)


@pytest.mark.parametrize(
    "typed",
    [
        "alison", "ALI TAY", "taylor ali", "1100003", "1100 003", "1100", "o'brien", "OBrien", "o’bri",
        "brien", "natalie", "natalie@example.org", "nat", "4960893", "496 0893", "0893", "151 496 0893",
        "0151 4960893", "+44 151 496 0893", "alison o'brien taylor",
    ],
)  # fmt: skip
def test_what_people_type_finds_the_student(typed: str) -> None:
    guardian = NewGuardian("Natalie Taylor", "+44151 4960893", "natalie@example.org")
    words = rules.words("1100003", "Alison O'Brien Taylor", [guardian])

    assert finds(typed, words)


@pytest.mark.parametrize("typed", ["alisons", "bob", "1100004", "taylor bob", "1101", "@", "5555", " ", "-"])
def test_what_is_not_there_is_not_found(typed: str) -> None:
    words = rules.words("1100003", "Alison Taylor", [NewGuardian("Natalie Taylor", "+44151 4960893")])

    assert not finds(typed, words)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("王小明", "小明"),
        ("王小明", "王"),
        ("김민준", "민준"),
        ("山田 太郎", "太郎"),
        ("สมชายใจดี", "ใจดี"),
        ("محمد الراشد", "الراشد"),
        ("محمد الراشد", "مُحَمّد"),
        ("प्रिया शर्मा", "शर्मा"),
        ("Jean-Luc N’Guessan", "jeanluc"),
        ("Jean-Luc N’Guessan", "luc"),
        ("Jean-Luc N’Guessan", "jean luc nguessan"),
        ("Nguyễn Thị Ánh", "nguyen anh"),
    ],
)
def test_names_of_any_script_are_found_by_any_word_or_part(name: str, typed: str) -> None:
    assert finds(typed, rules.words("A-1", name, []))


@pytest.mark.parametrize("typed", ["ADM/2024/001", "adm 2024", "2024/001", "adm2024001", "2024001", "001"])
def test_an_admission_number_of_parts_is_found_by_each(typed: str) -> None:
    assert finds(typed, rules.words("ADM/2024/001", "Ann Lee", []))


def test_a_long_name_makes_words_an_index_can_hold() -> None:
    words = rules.words("1", "王" * 200, [NewGuardian("x" * 200, "1" * 200, "y" * 200)])

    assert max(map(len, words)) <= rules.WORD_MAX


def test_a_name_is_shown_first_name_first_but_where_the_script_says_otherwise() -> None:
    assert rules.full_name("Alison", "Taylor") == "Alison Taylor"
    assert rules.full_name("", "Taylor") == "Taylor"
    assert rules.full_name("小明", "王") == "王小明"


def test_lists_are_in_order_of_the_last_name_without_accents() -> None:
    names = [("Zoé", "Abel"), ("Anne", "Élan"), ("Bob", "Zed"), ("Éva", "Elan")]

    ordered = sorted(names, key=lambda n: rules.sort_name(*n, name=""))

    assert ordered == [("Zoé", "Abel"), ("Anne", "Élan"), ("Éva", "Elan"), ("Bob", "Zed")]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("Ann Lee", "0151 496 0893", ""), ("ANN LEE", "+44 (0)151 4960893", ""), True),
        (("Ann Lee", "", "ann@x.org"), ("Ann Lee", "1234567", "ANN@x.org"), True),
        (("Ann Lee", "0151 496 0893", ""), ("Bob Lee", "0151 496 0893", ""), False),
        (("Ann Lee", "111 222", "a@x.org"), ("Ann Lee", "333 444", "b@x.org"), False),
        (("Ann Lee", "", ""), ("Ann Lee", "", ""), False),
        (("Ann Lee", "-", ""), ("Ann Lee", "?", ""), False),
    ],
)
def test_guardians_are_one_person_by_name_and_a_phone_or_an_e_mail(
    one: tuple[str, str, str], other: tuple[str, str, str], same: bool
) -> None:
    shared = set(rules.identities(NewGuardian(*one))) & set(rules.identities(NewGuardian(*other)))

    assert bool(shared) is same


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"admission_no": " \t"}, "admission_no", "Give the admission number"),
        ({"admission_no": "1" * 33}, "admission_no", "too long"),
        ({"first_name": "", "last_name": " "}, "last_name", "Give the student's name"),
        ({"last_name": "x" * 201}, "last_name", "too long"),
        ({"status": "sleeping"}, "status", "enrolled, applicant, left"),
        ({"guardians": (NewGuardian(email="not an address"),)}, "guardian_email", "e-mail"),
        ({"guardians": (NewGuardian("x" * 201),)}, "guardian", "too long"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_a_sentence_at_its_field(
    wrong: dict[str, object], field: str, says: str
) -> None:
    new = NewStudent(**{"admission_no": "1", "first_name": "Ann", "last_name": "Lee", **wrong})  # type: ignore[arg-type]

    with pytest.raises(BadInput) as refused:
        rules.checked(new, today=TODAY)

    assert refused.value.field == field
    assert says in refused.value.sentence


@pytest.mark.parametrize("joined_on", [date(1066, 1, 1), date(2036, 1, 1)])
def test_a_date_no_school_knows_is_refused(joined_on: date) -> None:
    with pytest.raises(BadDate):
        rules.checked(NewStudent("1", "Ann", "Lee", joined_on=joined_on), today=TODAY)


def test_nobody_leaves_before_joining() -> None:
    new = NewStudent("1", "Ann", status="left", joined_on=date(2026, 5, 2), left_on=date(2026, 5, 1))

    with pytest.raises(BadDate):
        rules.checked(new, today=TODAY)


def test_several_e_mail_addresses_in_one_cell_are_kept() -> None:
    assert rules.checked_guardian(NewGuardian(email="a@x.org; b@y.org")).email == "a@x.org; b@y.org"
