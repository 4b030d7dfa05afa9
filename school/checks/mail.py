"""Whether letters can be sent."""

from __future__ import annotations

from collections.abc import Iterator

from school.checks.place import THIS_MACHINE, Place, Wrong
from school.delivery import smtp

ANSWERS_WITHIN_S = 5


def named(place: Place) -> Iterator[Wrong]:
    chosen = place.settings
    if bool(chosen.smtp_host) != bool(chosen.smtp_from):
        missing = "SCHOOL_SMTP_FROM" if chosen.smtp_host else "SCHOOL_SMTP_HOST"
        yield Wrong("mail", f"{missing} is not set, so no letter is sent.")
    if chosen.smtp_host and chosen.smtp_tls == "none" and chosen.smtp_host not in THIS_MACHINE:
        yield Wrong("mail_way", f"Letters go to {chosen.smtp_host} as everybody on the way can read them.")


def answers(place: Place) -> Iterator[Wrong]:
    """Connects and signs in as for a letter, and hands over none."""
    if not place.settings.sends_mail:
        return
    try:
        smtp.Connection(smtp.mailbox(place.settings), timeout_s=ANSWERS_WITHIN_S).close()
    except smtp.Trouble as trouble:
        yield Wrong("mail_server", str(trouble))
