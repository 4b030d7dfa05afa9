"""A real mail server on this machine for tests, which takes, refuses or puts off what it is told to."""

from __future__ import annotations

import email
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from school.delivery.smtp import Mailbox

SENDER = "fees@hill.example"
TAKEN = "250 taken"
DROPPED = "the connection, without a word"


@dataclass
class MailServer:
    """`refusals` answers an address with anything but 250; `on_data` is asked before a letter is taken."""

    port: int
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    password: str | None = None
    refusals: dict[str, str] = field(default_factory=dict)
    on_data: Callable[[], str] = lambda: TAKEN

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        answer = self.refusals.get(address, TAKEN)
        if answer == TAKEN:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.on_data()
        if answer == DROPPED:
            server.transport.abort()
        if answer == TAKEN:
            self.letters.append(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
            self.recipients += envelope.rcpt_tos
        return answer

    def _knows(self, _server: Any, _session: Any, _envelope: Any, _how: str, given: Any) -> AuthResult:
        return AuthResult(handled=False, success=given.password == (self.password or "").encode())

    @property
    def mailbox(self) -> Mailbox:
        return Mailbox("127.0.0.1", self.port, SENDER, tls="none")

    @contextmanager
    def running(self) -> Iterator[MailServer]:
        """May be entered again: the same server, back at the same port."""
        asks: dict[str, Any] = (
            {"authenticator": self._knows, "auth_require_tls": False} if self.password else {}
        )
        controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=30, **asks)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with MailServer(free_port()).running() as server:
        yield server


NEVER_STOPPED = threading.Event()
