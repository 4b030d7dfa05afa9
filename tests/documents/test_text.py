"""Whatever was typed becomes text that prints, wraps, and leaves its neighbours alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school.documents.text import END_ISOLATE, ISOLATE, ZERO_WIDTH_SPACE, printable


@pytest.mark.parametrize(
    "plain", ["", "Amina Otieno", "José Ñandú", "प्रिया शर्मा", "王小明", '#panic("x") *bold*', "QBK7-TR21"]
)
def test_ordinary_text_is_left_as_it_is(plain):
    assert printable(plain) == plain


def test_control_characters_become_spaces():
    assert printable("a\x00b\x1bc\r\nd\x7fe\u2028f") == "a b c  d e f"


def test_a_lone_surrogate_becomes_the_replacement_character_and_a_pair_the_character_it_means():
    assert printable("a\ud800b\udc00") == "a\ufffdb\ufffd"
    assert printable("\ud83d\ude00") == "😀"


def test_direction_marks_that_were_typed_cannot_turn_what_stands_beside_them():
    assert printable("\u202egnp.exe\u202c \u2066x") == "gnp.exe x"


@pytest.mark.parametrize("name", ["محمد (2)", "דוד כהן", "Grade ד׳2"])
def test_right_to_left_text_is_isolated_from_its_neighbours(name):
    assert printable(name) == ISOLATE + name + END_ISOLATE


def test_a_word_too_long_for_its_line_may_break():
    parts = printable("x" * 300).split(ZERO_WIDTH_SPACE)

    assert "".join(parts) == "x" * 300
    assert max(map(len, parts)) <= 8


@pytest.mark.parametrize("letter", ["क्षि", "क्ष", "क्\u200dष"])
def test_a_long_word_never_breaks_within_a_letter_and_its_marks(letter):
    parts = printable(letter * 30).split(ZERO_WIDTH_SPACE)

    assert len(parts) > 5
    assert all(part.startswith("क") for part in parts)


def test_text_of_a_script_that_writes_no_spaces_breaks_by_its_own_rules():
    thai = "กรุงเทพมหานครอมรรัตนโกสินทร์มหินทรายุธยา"

    assert printable(thai) == thai


@given(st.text(alphabet=st.characters(), max_size=80))
def test_nothing_readable_is_lost(text):
    said = printable(text)

    kept = [c for c in said if c.isalnum() and c.isascii()]
    assert kept == [c for c in text if c.isalnum() and c.isascii()]
    said.encode()
