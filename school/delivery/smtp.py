"""Handing a message to the mail server, and what its answer means: taken, later, never, or nobody knows."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.generator import BytesGenerator
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from io import BytesIO
from typing import Literal, NoReturn

from school.delivery.message import ascii_domain
from school.errors import RuleBroken
from school.settings import Settings

TIMEOUT_S = 60
ANSWER_LENGTH_MAX = 300
CLOSING = 421


@dataclass(frozen=True)
class Mailbox:
    """The mail server as the settings name it."""

    host: str
    port: int
    sender: str
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def mailbox(settings: Settings) -> Mailbox:
    """Raises RuleBroken where no mail server is named."""
    if not settings.smtp_host or not settings.smtp_from:
        raise RuleBroken("E-mail is not set up on this machine.")
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    return Mailbox(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_from,
        settings.smtp_tls,
        settings.smtp_user,
        password,
    )


class Trouble(Exception):
    """The mail server cannot be used now, whatever the letter; the sentence says why."""


class Later(Exception):
    """This letter was not taken and may be tried again."""


class Never(Exception):
    """This letter will not be taken, however often it is tried."""


class Unknown(Exception):
    """The connection ended while the letter was being handed over: it may have arrived."""


class Connection:
    """One session with the mail server; `usable` until it has ended."""

    def __init__(self, to: Mailbox, *, timeout_s: int = TIMEOUT_S) -> None:
        self._to = to
        self.usable = True
        try:
            self._smtp = _opened(to, timeout_s)
        except smtplib.SMTPAuthenticationError as error:
            raise Trouble(
                f"The mail server did not accept the name and password in the settings: {_said(error)}"
            ) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Trouble(f"The mail server cannot do what the settings ask: {error}") from error
        except ssl.SSLError as error:
            raise Trouble(f"The way to the mail server is not safe: {error.reason}.") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Trouble(f"The mail server {to.host} cannot be reached: {_cause(error)}.") from error

    def send(self, mail: EmailMessage, address: str) -> None:
        """Returns when the server has taken it. Raises Trouble, Later, Never or Unknown."""
        recipient = ascii_domain(address)
        options, content = self._content(mail, recipient)
        try:
            self._expect_sender(self._smtp.mail(self._to.sender, options))
            self._expect_recipient(self._smtp.rcpt(recipient), address)
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            self.usable = False
            raise Trouble(f"The mail server ended the connection: {_cause(error)}.") from error
        try:
            self._expect_taken(self._smtp.data(content))
        except smtplib.SMTPDataError as error:
            self._refused(error.smtp_code, error.smtp_error, "this letter")
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            self.usable = False
            raise Unknown from error

    def _content(self, mail: EmailMessage, recipient: str) -> tuple[list[str], bytes]:
        policy, options = SMTP, []
        if not recipient.isascii():
            if not self._smtp.has_extn("smtputf8"):
                raise Never(
                    f"The mail server cannot write to {recipient}: it knows plain Latin letters only."
                )
            policy, options = SMTPUTF8, ["SMTPUTF8", "BODY=8BITMIME"]
        out = BytesIO()
        BytesGenerator(out, policy=policy).flatten(mail)
        return options, out.getvalue()

    def _expect_sender(self, answer: tuple[int, bytes]) -> None:
        code, said = answer
        if code != 250:
            self._reset(code)
            raise Trouble(
                f"The mail server does not take letters from {self._to.sender}: {code} {_text(said)}"
            )

    def _expect_recipient(self, answer: tuple[int, bytes], address: str) -> None:
        if answer[0] not in (250, 251):
            self._refused(*answer, f"the address {address}")

    def _expect_taken(self, answer: tuple[int, bytes]) -> None:
        if answer[0] != 250:
            self._refused(*answer, "this letter")

    def _refused(self, code: int, said: bytes | str, what: str) -> NoReturn:
        self._reset(code)
        sentence = f"The mail server refused {what}: {code} {_text(said)}"
        if code >= 500:
            raise Never(sentence)
        raise Later(sentence)

    def _reset(self, code: int) -> None:
        """Ready for the next letter, unless the server has closed the door."""
        try:
            self.usable = code != CLOSING and self._smtp.rset()[0] == 250
        except (OSError, smtplib.SMTPException):
            self.usable = False

    def close(self) -> None:
        with suppress(OSError, smtplib.SMTPException):
            self._smtp.quit()


def _opened(to: Mailbox, timeout_s: int) -> smtplib.SMTP:
    safe = ssl.create_default_context()
    if to.tls == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(to.host, to.port, timeout=timeout_s, context=safe)
    else:
        smtp = smtplib.SMTP(to.host, to.port, timeout=timeout_s)
    try:
        if to.tls == "starttls":
            smtp.starttls(context=safe)
        smtp.ehlo_or_helo_if_needed()
        if to.user:
            smtp.login(to.user, to.password or "")
    except BaseException:
        smtp.close()
        raise
    return smtp


def _cause(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _said(error)
    if isinstance(error, TimeoutError):
        return "it does not answer"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return _text(text).rstrip(".").lower() or "it ended the connection"


def _said(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_text(error.smtp_error)}"


def _text(said: bytes | str) -> str:
    """What the server said, as one printable line."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:ANSWER_LENGTH_MAX]
