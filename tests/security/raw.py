"""Requests as nobody's browser writes them: bytes on a socket, and the answer read back as bytes."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass

from tests.serving import Site

PATIENCE_S = 30
ANSWER_MAX = 2**20


@dataclass(frozen=True)
class Answer:
    """`status` is 0 where no answer came."""

    status: int
    head: bytes
    body: bytes


def connect(site: Site) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), PATIENCE_S)


def send(site: Site, said: bytes) -> Answer:
    """Says it, hangs up its own side, and listens until the server has hung up too."""
    with connect(site) as line:
        with suppress(OSError):  # it may hang up as soon as it has heard enough
            line.sendall(said)
        return listen(line)


def listen(line: socket.socket) -> Answer:
    heard = b""
    with suppress(ConnectionResetError, TimeoutError):
        while len(heard) < ANSWER_MAX and (piece := line.recv(65536)):
            heard += piece
    head, _, body = heard.partition(b"\r\n\r\n")
    first = head.split(b" ", 2)
    return Answer(int(first[1]) if len(first) > 1 else 0, head, body)


def request(method: bytes, path: bytes, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> bytes:
    """As it stands: no header but these, and Connection: close."""
    lines = [b"%s %s HTTP/1.1" % (method, path), *(b"%s: %s" % pair for pair in headers)]
    return b"\r\n".join([*lines, b"Connection: close", b"", body])
