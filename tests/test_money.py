"""What is shown can be typed again, what is split adds up, and an amount in doubt is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school import money
from school.errors import BadAmount, BadInput

CURRENCIES = ["EUR", "KES", "JPY", "KWD", "USD"]
amounts = st.integers(min_value=-money.AMOUNT_MINOR_MAX, max_value=money.AMOUNT_MINOR_MAX)


@given(
    amounts, st.sampled_from(CURRENCIES), st.sampled_from(["en", "de", "fr", "sw", "hi", "de-CH", "ar", "es"])
)
def test_what_is_shown_can_be_typed_again(minor: int, code: str, tag: str) -> None:
    unit = money.currency(code)

    assert money.parse(money.show(minor, unit, tag), unit, mark=money.decimal_mark(tag)) == minor


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_a_split_neither_makes_nor_loses_a_minor_unit(total: int, weights: list[int]) -> None:
    parts = money.split(total, weights)

    assert sum(parts) == total
    exact = [total * w / sum(weights) for w in weights]
    assert all(abs(part - share) <= 1 + abs(share) * 1e-9 for part, share in zip(parts, exact, strict=True))


def test_a_thousand_in_three_favours_the_first() -> None:
    assert money.split(100_000, [1, 1, 1]) == [33_334, 33_333, 33_333]


@pytest.mark.parametrize(
    ("text", "mark", "minor"),
    [
        ("1,250.00", ".", 125_000),
        ("1.250,5", ",", 125_050),
        ("3.272,78", ",", 327_278),
        ("1 250,00", ",", 125_000),
        ("1'250.00", ".", 125_000),
        ("12,34,567.89", ".", 123_456_789),
        ("(12.50)", ".", -1_250),
        ("12.50-", ".", -1_250),
        ("−12.5", ".", -1_250),
        ("١٢٣٫٤٥", ".", 12_345),
        ("१२३", ".", 12_300),
        ("  7 ", ".", 700),
        (".5", ".", 50),
        ("0.100", ".", 10),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, mark: str, minor: int) -> None:
    assert money.parse(text, money.currency("EUR"), mark=mark) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        ".",
        "abc",
        "12,50",
        "1,2,3",
        "1.2.3,4",
        "1e5",
        "NaN",
        "inf",
        "0x10",
        "12..5",
        "--5",
        "5 5.0",
        "()",
    ],
)
def test_an_amount_in_doubt_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadAmount, match=r"is not an amount like 1,250\.00"):
        money.parse(text, money.currency("EUR"))


@pytest.mark.parametrize(("code", "text"), [("EUR", "1.005"), ("JPY", "1.5"), ("KWD", "1.0005")])
def test_more_decimals_than_the_currency_has_are_refused(code: str, text: str) -> None:
    with pytest.raises(BadAmount, match="more decimals"):
        money.parse(text, money.currency(code))


def test_thirty_digits_are_refused_as_too_large() -> None:
    with pytest.raises(BadAmount, match="too large"):
        money.parse("9" * 30, money.currency("EUR"))


def test_any_number_of_zeros_is_nothing() -> None:
    assert money.parse("0" * 5_000, money.currency("EUR")) == 0
    assert money.parse("0" * 5_000 + "1.5", money.currency("EUR")) == 150


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        minor = money.parse(text, money.currency("KES"))
    except BadAmount:
        minor = 0

    assert abs(minor) <= money.AMOUNT_MINOR_MAX


def test_currencies_have_their_own_number_of_decimals() -> None:
    assert [money.currency(code).exponent for code in ("EUR", "JPY", "KWD")] == [2, 0, 3]
    assert money.show(10_005, money.currency("KWD")) == "10.005"
    assert money.show(1_000, money.currency("JPY")) == "1,000"


@pytest.mark.parametrize("code", ["", "EURO", "XYZ", "XAU"])
def test_a_code_that_is_no_currency_is_refused(code: str) -> None:
    with pytest.raises(BadInput):
        money.currency(code)


@pytest.mark.parametrize("tag", [None, "", "xx-odd-tag", "en_GB@x", "-"])
def test_an_odd_locale_is_read_as_english(tag: str | None) -> None:
    assert money.show(125_000, money.currency("EUR"), tag) == "1,250.00"
