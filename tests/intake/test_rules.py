"""What a column of amounts or dates means is decided by all of it; a cell in doubt is refused by name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school import money
from school.errors import BadAmount, BadDate, BadInput
from school.intake import amounts, rules
from school.intake.rules import Reading

EUR, JPY, KWD, KES = (money.currency(code) for code in ("EUR", "JPY", "KWD", "KES"))
TODAY = date(2026, 11, 23)


def reading(mark: str = ".", *, unit: money.Currency = EUR, day_first: bool = True) -> Reading:
    return Reading(unit, mark, day_first, TODAY)


@pytest.mark.parametrize(
    ("cells", "unit", "locale", "mark"),
    [
        (["1.250,00", "900"], EUR, "en", ","),
        (["1,250.00", "900"], EUR, "fr", "."),
        (["12,5"], EUR, "en", ","),
        (["1.250", "3.272,78"], EUR, "en", ","),
        (["1.250.000", "900"], EUR, "en", ","),
        (["10,111", "0,00"], EUR, "en", ","),
        (["1250.5"], EUR, "fr", "."),
        (["0.125", "1.250"], KWD, "fr", "."),
        (["1.250", "12.500"], KWD, "en", "."),
        (["1,250", "980"], JPY, "fr", "."),
        (["1.250"], JPY, "en", ","),
        (["1,250"], EUR, "en", "."),
        (["1.250"], EUR, "fr", ","),
        (["1 250,50 €", "-3,20"], EUR, "en", ","),
        (["KSh 1,250", "KSh 3.50"], KES, "fr", "."),
        (["Rs. 1,250", "Rs. 12,50,000.00"], money.currency("INR"), "fr", "."),
        (["12,50"] * 50 + ["12.50"], EUR, "en", ","),
        (["none", "", "900"], EUR, "en", "."),
        ([Decimal("12.5"), "1.250,00"], EUR, "en", ","),
    ],
)
def test_the_decimal_mark_is_what_the_column_proves_or_else_the_schools(
    cells: list[str], unit: money.Currency, locale: str, mark: str
) -> None:
    assert amounts.decimal_mark(cells, unit, locale) == (mark, None)


@pytest.mark.parametrize(
    ("cells", "locale"),
    [
        (["1.250", "2.400"], "en"),
        (["1,250"], "fr"),
        (["12,50", "12.50"], "en"),
        (["1,5"] * 8 + ["1.5"], "en"),
    ],
)
def test_where_a_column_may_be_read_in_two_ways_it_is_in_doubt(cells: list[str], locale: str) -> None:
    assert amounts.decimal_mark(cells, EUR, locale)[1] is not None


@pytest.mark.parametrize(
    ("cell", "mark", "unit", "minor"),
    [
        ("733.71", ".", EUR, 73_371),
        ("-430,89", ",", EUR, -43_089),
        ("3.272,78", ",", EUR, 327_278),
        (Decimal("12.1"), ",", EUR, 1_210),
        (Decimal("-59.43"), ".", EUR, -5_943),
        ("1 250,00 €", ",", EUR, 125_000),
        ("€ 12.50", ".", EUR, 1_250),
        ("KES 1,250.00", ".", KES, 125_000),
        ("KShs 1,250", ".", KES, 125_000),
        ("1,250/=", ".", KES, 125_000),
        ("40.00 CR", ".", EUR, -4_000),
        ("40.00cr.", ".", EUR, -4_000),
        ("Dr 40.00", ".", EUR, 4_000),
        ("(12.50)", ".", EUR, -1_250),
        ("-€12.50", ".", EUR, -1_250),
        ("１，２５０．５０", ".", EUR, 125_050),
        ("١٬٢٥٠٫٥٠", ".", EUR, 125_050),
        ("1,250", ".", JPY, 1_250),
        ("¥1,250", ".", JPY, 1_250),
        ("10.005", ".", KWD, 10_005),
        (Decimal("10.005"), ".", KWD, 10_005),
        ("0", ".", EUR, 0),
        ("", ".", EUR, None),
        (" - ", ".", EUR, None),
        ("nil", ".", EUR, None),
    ],
)
def test_an_amount_is_read_as_schools_write_it(
    cell: str | Decimal, mark: str, unit: money.Currency, minor: int | None
) -> None:
    assert amounts.amount(cell, unit, mark) == minor


@pytest.mark.parametrize(
    ("cell", "mark", "unit", "says"),
    [
        ("1.2.3,4", ",", EUR, "“1.2.3,4” is not an amount like 1.250,00."),
        ("twelve", ".", EUR, "“twelve” is not an amount like 1,250.00."),
        ("12,50", ".", EUR, "“12,50” is not an amount like 1,250.00."),
        ("$12.50", ".", EUR, "“$12.50” is not an amount like 1,250.00."),
        ("#REF!", ".", EUR, "“#REF!” is not an amount like 1,250.00."),
        ("10²", ".", EUR, "“10²” is not an amount like 1,250.00."),
        ("½", ".", EUR, "“½” is not an amount like 1,250.00."),
        ("€ 12,5o", ",", EUR, "“€ 12,5o” is not an amount like 1.250,00."),
        ("10,111", ",", EUR, "“10,111” has more decimals than EUR, which has 2."),
        ("€ 10,111", ",", EUR, "“€ 10,111” has more decimals than EUR, which has 2."),
        ("1250.50", ".", JPY, "“1250.50” has more decimals than JPY, which has 0."),
        ("9" * 30, ".", EUR, "is too large"),
        (Decimal("0.333333333333333"), ".", EUR, "has more decimals than EUR"),
        (Decimal("1e30"), ".", EUR, "is too large"),
        (Decimal("nan"), ".", EUR, "“NaN” is not an amount"),
        (date(2026, 1, 2), ".", EUR, "“2026-01-02” is not an amount"),
    ],
)
def test_an_amount_in_doubt_is_refused_as_it_was_written(
    cell: str | Decimal | date, mark: str, unit: money.Currency, says: str
) -> None:
    with pytest.raises(BadAmount) as refused:
        amounts.amount(cell, unit, mark)

    assert says in refused.value.sentence


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20),
    st.sampled_from([EUR, JPY, KWD]),
    st.sampled_from(["en", "de", "fr", "de-CH", "sw", "ar"]),
    st.sampled_from(["en", "de"]),
)
def test_a_column_shown_in_any_way_is_read_back_exactly_or_asked_about(
    minors: list[int], unit: money.Currency, shown_in: str, schools: str
) -> None:
    cells = [money.show(minor, unit, shown_in) for minor in minors]

    mark, doubt = amounts.decimal_mark(cells, unit, schools)

    if doubt is None and not (unit.exponent == 3 and mark != money.decimal_mark(shown_in)):
        assert [amounts.amount(cell, unit, mark) for cell in cells] == minors


@pytest.mark.parametrize(
    ("cells", "locale", "answer"),
    [
        (["23/11/2026"], "en_US", (True, None)),
        (["11/23/2026"], "fr", (False, None)),
        (["2026-03-04", ""], "en", (True, None)),
        (["03/04/2026"], "en_US", (False, "03/04/2026")),
        (["03/04/2026"], "sw", (True, "03/04/2026")),
        (["05/05/2026"], "en", (True, None)),
    ],
)
def test_the_order_of_day_and_month_is_what_the_column_proves_or_else_the_schools(
    cells: list[str], locale: str, answer: tuple[bool, str | None]
) -> None:
    assert rules.day_first(cells, locale) == answer


@pytest.mark.parametrize(
    ("cell", "day_first", "day"),
    [
        ("2026-09-01", True, date(2026, 9, 1)),
        ("2026/9/1", True, date(2026, 9, 1)),
        ("03/04/2026", True, date(2026, 4, 3)),
        ("03/04/2026", False, date(2026, 3, 4)),
        ("3.4.2026", True, date(2026, 4, 3)),
        ("2026-09-01 00:00:00", True, date(2026, 9, 1)),
        ("٠٣/٠٤/٢٠٢٦", True, date(2026, 4, 3)),
        (date(2026, 9, 1), True, date(2026, 9, 1)),
        ("", True, None),
    ],
)
def test_a_date_is_read_as_schools_write_it(cell: str | date, day_first: bool, day: date | None) -> None:
    assert rules.read_day(cell, reading(day_first=day_first)) == day


@pytest.mark.parametrize(
    "cell", ["31/02/2026", "13/13/2026", "soon", "1.2.26", "01/01/1066", "2099-01-01", "45 000"]
)
def test_a_date_in_doubt_is_refused(cell: str) -> None:
    with pytest.raises(BadDate):
        rules.read_day(cell, reading())


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Enrolled", "enrolled"),
        ("SORTI", "left"),
        ("Inscrite", "enrolled"),
        ("calon", "applicant"),
        ("выбыл", "left"),
        ("", ""),
    ],
)
def test_a_status_is_known_in_many_languages(word: str, status: str) -> None:
    assert rules.read_status(word, reading()) == status


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(BadInput, match="write enrolled, applicant or left"):
        rules.read_status("asleep", reading())


def test_a_row_is_kept_as_typed_with_formulas_as_text() -> None:
    cells = {
        "admission_no": Decimal(1290005), "first_name": '=HYPERLINK("http://x","y")', "last_name": "Null",
        "class": "6e B", "guardian": "@SUM(1+1)", "guardian_phone": "-", "balance": "123,45",
    }  # fmt: skip

    row = rules.row(cells, reading(","))

    assert isinstance(row, rules.Row)
    assert (row.admission_no, row.first_name, row.last_name) == (
        "1290005",
        '=HYPERLINK("http://x","y")',
        "Null",
    )
    assert (row.guardian, row.guardian_phone, row.balance) == ("@SUM(1+1)", "", 12_345)


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"admission_no": " "}, "admission_no", "The admission number is missing."),
        ({"admission_no": "1" * 33}, "admission_no", "32 characters are the most"),
        ({"last_name": ""}, "last_name", "The student's name is missing."),
        ({"last_name": "x" * 201}, "last_name", "200 characters are the most"),
        ({"guardian_email": "nowhere"}, "guardian_email", "is not an e-mail address"),
        ({"balance": "1,2,3"}, "balance", "is not an amount"),
        ({"joined_on": "soon"}, "joined_on", "is not a date"),
        ({"status": "?"}, "status", "is no status"),
    ],
)
def test_each_fault_of_a_row_is_said_at_its_column(wrong: dict[str, str], field: str, says: str) -> None:
    good = {"admission_no": "1", "last_name": "Lee"}

    (problem,) = rules.row({**good, **wrong}, reading())

    assert problem.field == field  # type: ignore[union-attr]
    assert says in problem.sentence  # type: ignore[union-attr]


def test_all_faults_of_a_row_are_said_at_once() -> None:
    problems = rules.row(
        {"admission_no": "", "last_name": "Lee", "balance": "x", "joined_on": "y"}, reading()
    )

    assert [p.field for p in problems] == ["admission_no", "balance", "joined_on"]  # type: ignore[union-attr]


@given(st.dictionaries(st.sampled_from([*rules.Row.model_fields, "class"]), st.text() | st.decimals()))
def test_any_cells_make_a_row_or_sentences(cells: dict[str, str | Decimal]) -> None:
    row = rules.row(cells, reading())

    assert isinstance(row, rules.Row) or all(p.sentence.endswith(".") for p in row)
