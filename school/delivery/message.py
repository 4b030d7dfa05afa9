"""A letter as an e-mail: what was typed is a name or a text in it, and never a header of its own."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from school import clock
from school.delivery.papers import Paper
from school.errors import BadInput
from school.letters import rules
from school.letters.queries import LetterFacts


def message(letter: LetterFacts, paper: Paper, *, sender: str, school_name: str) -> EmailMessage:
    """Raises BadInput for an address or a name no e-mail can carry."""
    mail = EmailMessage(policy=SMTP)
    try:
        mail["From"] = _address(school_name, sender)
        mail["To"] = _address(rules.checked_name(letter.to_name), rules.checked_address(letter.to_address))
        mail["Subject"] = letter.subject
    except ValueError as error:  # what the standard library says of a head that cannot be
        raise BadInput(f"“{letter.to_address}” is no address an e-mail can be sent to.") from error
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = rules.message_id(letter.details.get("name", letter.request_id), sender)
    mail["Auto-Submitted"] = "auto-generated"  # no answering machine answers it
    mail.set_content(letter.body + "\n")
    mail.add_attachment(paper.pdf, maintype="application", subtype="pdf", filename=paper.file_name)
    return mail


def _address(name: str, address: str) -> Address:
    local, _, domain = ascii_domain(address).rpartition("@")
    return Address(name, local, domain)


def ascii_domain(address: str) -> str:
    """The address with its domain as the network writes it: `ann@bücher.example` → `ann@xn--…`."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
