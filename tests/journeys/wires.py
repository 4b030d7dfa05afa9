"""The sockets of a browser's pages, each of which may cease to carry what is sent either way."""

from __future__ import annotations

import re

from playwright.sync_api import Page, WebSocketRoute


class Wire:
    """A page's socket. What it does not carry to the server is lost; what the server says may be held."""

    def __init__(self, page: WebSocketRoute) -> None:
        self.carries, self.answers = True, True
        self._page, self._held = page, list[str | bytes]()
        self._server = page.connect_to_server()
        page.on_message(lambda message: self._server.send(message) if self.carries else None)
        self._server.on_message(self._answer)

    def _answer(self, message: str | bytes) -> None:
        if self.answers:
            self._page.send(message)
        else:
            self._held.append(message)

    def let_go(self) -> None:
        self.answers = True
        for message in self._held:
            self._page.send(message)
        self._held.clear()


def between(page: Page) -> list[Wire]:
    """Filled with the sockets this page opens from now on, in their order."""
    wires: list[Wire] = []
    page.route_web_socket(re.compile("/_stcore/stream"), lambda socket: wires.append(Wire(socket)))
    return wires
