"""Words follow the language of the school; where there are none, they are English."""

from __future__ import annotations

from datetime import date

import pytest

from school import languages
from school.languages import ENGLISH, ENGLISH_CODE, ISOLATE, unmarked
from school.ledger import wording

FEB = date(2026, 2, 3)


@pytest.mark.parametrize(
    ("tag", "code"), [("fr-SN", "fr"), ("pt-BR", "pt"), ("ar-EG", "ar"), ("en-US", "en"), ("", "en")]
)
def test_a_locale_has_the_words_of_its_language(tag: str, code: str) -> None:
    assert languages.of(tag).code == languages.code_of(tag) == code


def test_a_language_without_words_is_english_with_its_own_dates_and_numbers() -> None:
    polish = languages.of("pl-PL")

    assert (languages.code_of("pl-PL"), polish.code) == (None, ENGLISH_CODE)
    assert polish.say("owes {amount}", amount="12") == "owes 12"
    assert polish.count("{n} day", "{n} days", 12_500) == "12\u00a0500 days"
    assert polish.long_day(FEB) == "3 lutego 2026"


@pytest.mark.parametrize(
    ("tag", "n", "said"),
    [("en", 1, "1 day"), ("fr", 0, "0 jour"), ("fr", 2, "2 jours")]
    + [("ar", n, said) for n, said in ((1, "يوم واحد"), (2, "يومان"), (5, "5 أيام"), (45, "45 يومًا"))],
)
def test_a_number_of_things_is_said_as_the_language_counts(tag: str, n: int, said: str) -> None:
    assert unmarked(languages.of(tag).count("{n} day", "{n} days", n)) == said


def test_what_a_value_holds_is_no_placeholder() -> None:
    assert ENGLISH.say("{names} and {name}", names="{name}", name="B") == "{name} and B"


def test_a_name_within_an_arabic_sentence_keeps_its_own_direction() -> None:
    arabic = languages.of("ar-EG")

    assert f"{ISOLATE}Ann" in arabic.say("to {name}", name="Ann")
    assert unmarked(arabic.say("to {name}", name="Ann")) == "إلى Ann"


def test_a_row_is_worded_anew_but_what_the_school_has_named_stays() -> None:
    french = languages.of("fr-FR")

    assert wording.charge("Bus", term="Term 1", language=french) == "Bus, Term 1"
    assert wording.charge("Tuition", memo="halb", due=FEB, language=french) == (
        "Frais de scolarité, halb · échéance le 3 févr. 2026"
    )
    assert [french.within(name) for name in ("Cash", "M-Pesa")] == ["espèces", "M-Pesa"]
    assert wording.reversal("bill", FEB, document=None, reason="twice", language=french) == (
        "Annulation\u00a0: facture du 3 févr. 2026\u00a0: twice"
    )
