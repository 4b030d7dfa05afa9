"""What is offered is written as its readers write it."""

from __future__ import annotations

import pytest
from babel import Locale

from school import money
from school.money import Currency
from school.ui import languages


@pytest.mark.parametrize("exponent", [0, 2, 3])
def test_every_language_offered_has_its_own_name_and_marks(exponent: int) -> None:
    unit = Currency("XXX", exponent)
    for tag in languages.offered("")[1:]:
        name = str(Locale.parse(tag, sep="-").get_display_name())
        amount = money.show(1_234 * 10**exponent, unit, tag)
        assert languages.own_name(tag) == name[:1].upper() + name[1:]
        assert languages.example(tag, unit) == f"{languages.own_name(tag)} · {amount}"


def test_a_language_somebody_chose_before_is_among_them() -> None:
    assert "cs-CZ" in languages.offered("cs-CZ")
    assert languages.own_name("cs-CZ") == "Čeština (Česko)"
    assert languages.example("cs-CZ", Currency("CZK", 2)) == "Čeština (Česko) · 1\xa0234,00"
