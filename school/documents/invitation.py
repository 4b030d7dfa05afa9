"""The slip that hands a code over: A5, folded once, for one person's eyes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from school.documents import engine


@dataclass(frozen=True)
class InvitationSlip:
    """All that the slip says. The code opens a door: the paper is handed over and not kept."""

    school_name: str
    school_address: str  # may have several lines, or be empty
    logo: bytes | None  # PNG, JPEG or SVG; left out where it cannot be read
    person: str
    user_name: str
    is_new: bool  # a first password, or a new one
    code: str  # ABCD-EFGH-JKMN-PQRS
    link: str  # where the code is used; printed as a QR code, and without the code in letters
    until: str  # when the code stops working, in the words of the reader
    locale: str
    made_at: datetime  # aware

    def __post_init__(self) -> None:
        if self.made_at.tzinfo is None:
            raise ValueError("made_at must be aware")


def slip_pdf(slip: InvitationSlip) -> bytes:
    """The slip as a tagged PDF; the same facts always give the same bytes."""
    images = {"qr.svg": engine.qr_svg(slip.link)}
    if slip.logo and (logo := engine.picture(slip.logo)):
        images["logo"] = logo
    said = {
        "school": slip.school_name,
        "address": [line.strip() for line in slip.school_address.splitlines() if line.strip()],
        "logo": "logo" in images,
        "person": slip.person,
        "user_name": slip.user_name,
        "is_new": slip.is_new,
        "code": slip.code,
        "site": slip.link.partition("?")[0],
        "until": slip.until,
    }
    return engine.pdf("invitation", said, tag=slip.locale, created=slip.made_at, images=images)
