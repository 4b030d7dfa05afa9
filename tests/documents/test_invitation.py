"""The slip that hands a code over: one page with what the person needs, and no word of a password."""

from __future__ import annotations

import dataclasses
import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image

from school.documents import engine
from school.documents.invitation import InvitationSlip, slip_pdf
from tests.documents.example import keeps_the_standards, pages, text

SLIP = InvitationSlip(
    school_name="Riverside Academy",
    school_address="P.O. Box 1204, Ngong Road\nNairobi",
    logo=None,
    person="Amina Otieno",
    user_name="amina.otieno",
    is_new=True,
    code="QBK7-TR21-XW0M-9PZA",
    link="https://fees.riverside.example/?code=QBK7-TR21-XW0M-9PZA",
    until="26 Nov 2026, 10:15",
    locale="en-KE",
    made_at=datetime(2026, 11, 23, 7, 15, tzinfo=UTC),
)


def slip(**changes: Any) -> InvitationSlip:
    return dataclasses.replace(SLIP, **changes)


def test_the_slip_says_who_with_what_where_and_how_long_on_one_page() -> None:
    (page,) = pages(slip_pdf(SLIP))
    said = " ".join(page.extract_text().split())

    for part in (
        "Riverside Academy",
        "Ngong Road",
        "Amina Otieno",
        "amina.otieno",
        "QBK7-TR21-XW0M-9PZA",
        "https://fees.riverside.example/",
        "26 Nov 2026, 10:15",
    ):
        assert part in said
    assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [148, 210]


def test_a_new_password_is_told_from_a_first_one() -> None:
    first, new = text(slip_pdf(SLIP)), text(slip_pdf(slip(is_new=False)))

    assert "You can now sign in" in first
    assert "Your old password no longer opens anything" in " ".join(new.split())


def test_the_slip_is_tagged_and_the_same_facts_give_the_same_bytes() -> None:
    assert keeps_the_standards(slip_pdf(SLIP))
    assert slip_pdf(SLIP) == slip_pdf(slip())


def test_the_picture_is_the_link() -> None:
    other = slip(link="https://fees.riverside.example/?code=0000-1111-2222-3333")

    assert engine.qr_svg(SLIP.link) != engine.qr_svg(other.link)
    assert slip_pdf(SLIP) != slip_pdf(other)
    assert "?code=" not in text(slip_pdf(SLIP))


def test_a_logo_is_shown_and_a_broken_one_left_out() -> None:
    logo = io.BytesIO()
    Image.new("RGB", (60, 20), "teal").save(logo, "PNG")

    assert b"/Subtype/Image" in slip_pdf(slip(logo=logo.getvalue()))
    assert slip_pdf(slip(logo=b"torn")) == slip_pdf(SLIP)


MARKUP = '#panic("x") *bold* _it_ $x^2$ @ref `raw` <b> \\ // http://x.y [a] {b}'


def test_what_was_typed_is_never_markup() -> None:
    said = re.sub(r"\s+", "", text(slip_pdf(slip(school_name=MARKUP, person=MARKUP, user_name=MARKUP))))

    assert said.count(re.sub(r"\s+", "", MARKUP)) == 3


@pytest.mark.parametrize("name", ["x" * 120, "Ὀδυσσεύς Λαερτιάδης", "王小明", "محمد", "", "Ann\u202eeve"])
def test_any_name_prints_on_one_page(name: str) -> None:
    assert len(pages(slip_pdf(slip(person=name, school_name=name or "S", user_name=name[:64])))) == 1


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        slip(made_at=SLIP.made_at.replace(tzinfo=None))
