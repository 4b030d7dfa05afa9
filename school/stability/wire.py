"""A browser without a picture: it keeps cookies, opens tabs and speaks the server's own protocol.

Unlike a real one it can send without waiting, and let the socket drop at any moment.

    async with Browser("http://127.0.0.1:8501") as browser:
        tab = await browser.open("payments", "student=7")
        await tab.act(**{"payments.amount": "40.00"})
        await tab.act(press="payments.record")
"""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import AsyncIterator, Iterable
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import websockets
from anyio import to_thread
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

from school.stability.screen import Screen
from school.ui.messages import BackMsg, ForwardMsg

PATIENCE_S = 60  # a server that is silent for so long is counted as gone
QUIET_S = 0.03  # after a run, so long must nothing follow
RAN_TO_ITS_END = 0  # of ForwardMsg.ScriptFinishedStatus


class Gone(Exception):
    """The server hung up, or did not answer in time."""


class Browser:
    """Cookies and the tabs that share them. `origin` may change: the same name may lead to another server."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.cookies: dict[str, str] = {}
        self.tabs: list[Tab] = []

    async def __aenter__(self) -> Browser:
        return self

    async def __aexit__(self, *_: object) -> None:
        for tab in self.tabs:
            tab.drop()
        await asyncio.sleep(0)  # sockets close when the loop comes round

    @property
    def cookie_header(self) -> dict[str, str]:
        pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": pairs} if pairs else {}

    async def fetch(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Status and content, asked as a page of this very server would; cookies are kept as told."""
        return await to_thread.run_sync(self._fetch, method, path, body)

    def _fetch(self, method: str, path: str, body: Any) -> tuple[int, bytes]:
        address = urlsplit(self.origin)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        connection = kind(address.netloc, timeout=PATIENCE_S)
        headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json", **self.cookie_header}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Gone(str(error)) from error
        finally:
            connection.close()
        self.keep(answer.msg.get_all("Set-Cookie") or [])
        return answer.status, content

    def keep(self, told: Iterable[str]) -> None:
        """Does as the Set-Cookie headers of an answer say."""
        for header in told:
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
                if not morsel.value or morsel["max-age"] == "0":
                    del self.cookies[name]

    async def open(self, page: str = "", query: str = "") -> Tab:
        """A new tab at this address, drawn."""
        tab = Tab(self, page, query)
        await tab.connect()
        await tab.drawn()
        return tab


class Tab:
    """One tab: its address, its socket, what was typed, and what stands on it.

    `slow` has the milliseconds from each act to the end of the run that answered it.
    """

    def __init__(self, browser: Browser, page: str = "", query: str = "") -> None:
        self.browser, self.page, self.query = browser, page, query
        self.screen = Screen()
        self.slow: list[int] = []
        self._session = self._page_hash = ""
        self._typed: dict[str, Any] = {}
        self._socket: ClientConnection | None = None
        self._asked_at: float | None = None
        browser.tabs.append(self)

    async def connect(self, *, again: bool = False) -> None:
        """Opens the socket and asks for the page; `again` goes on with the session, if the server has it."""
        held = [Subprotocol("-"), Subprotocol(self._session)] if again and self._session else []
        address = urlsplit(self.browser.origin)
        try:
            self._socket = await websockets.connect(
                f"{'wss' if address.scheme == 'https' else 'ws'}://{address.netloc}/_stcore/stream",
                subprotocols=[Subprotocol("streamlit"), *held],
                origin=websockets.Origin(self.browser.origin),
                additional_headers=self.browser.cookie_header,
                max_size=None,
                compression=None,
                open_timeout=PATIENCE_S,
            )
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            raise Gone(str(error)) from error
        if self._socket.response is not None:  # the handshake names a browser that has no name yet
            self.browser.keep(self._socket.response.headers.get_all("Set-Cookie"))
        await self.send()

    async def send(self, press: str | None = None, **values: Any) -> None:
        """Asks for a run without waiting for it: what was typed, and the button that is pressed."""
        for key, value in values.items():
            self._typed[self._id(key)] = value
        ask = BackMsg()
        state = ask.rerun_script
        state.query_string, state.page_script_hash = self.query, self._page_hash
        state.page_name = "" if self._page_hash else self.page
        state.context_info.url = f"{self.browser.origin}/{self.page}?{self.query}"
        for widget, value in self._typed.items():
            held = state.widget_states.widgets.add(id=widget)
            if isinstance(value, bool):
                held.bool_value = value
            elif isinstance(value, list):
                held.string_array_value.data.extend(value)
            else:
                held.string_value = value
        if press:
            state.widget_states.widgets.add(id=self._id(press), trigger_value=True)
        self._asked_at = time.perf_counter()
        try:
            await self._connected().send(ask.SerializeToString())
        except websockets.ConnectionClosed as error:
            raise Gone(str(error)) from error

    async def drawn(self) -> Screen:
        """Waits until the runs asked for are over and everything they sent is here. Raises Gone."""
        last = 0.0
        async for message in self._messages():
            kind = message.WhichOneof("type")
            if kind == "script_finished" and message.script_finished == RAN_TO_ITS_END:
                last = time.perf_counter()
            self._take(kind, message)
        if self._asked_at is not None:
            self.slow.append(round((last - self._asked_at) * 1000))
            self._asked_at = None
        return self.screen

    async def settled(self) -> Screen:
        """What stands here once nothing is awaited any more. Raises Gone."""
        return await self.drawn() if self._asked_at is not None else self.screen

    async def act(self, press: str | None = None, **values: Any) -> Screen:
        """Types, presses, and waits for what comes of it."""
        await self.send(press, **values)
        return await self.drawn()

    async def go(self, page: str, query: str = "") -> Screen:
        """Another page, as from the menu: what was typed stays behind."""
        self.page, self.query, self._page_hash, self._typed = page, query, "", {}
        return await self.act()

    def drop(self) -> None:
        """The socket breaks without a word, as when a cable is pulled."""
        if self._socket is not None:
            self._socket.transport.abort()
        self._socket = self._asked_at = None

    @property
    def connected(self) -> bool:
        return self._socket is not None

    async def reconnect(self) -> Screen:
        """As a page does by itself when its socket broke: same session, same typed values."""
        self.drop()
        await self.connect(again=True)
        return await self.drawn()

    async def reload(self) -> Screen:
        """F5: the address is all that stays."""
        self.drop()
        self._typed, self._session, self._page_hash, self.screen = {}, "", "", Screen()
        await self.connect()
        return await self.drawn()

    def _id(self, key: str) -> str:
        widget = self.screen.widget(key)
        if widget is None:
            raise LookupError(f"there is no {key} on “{self.screen.title}”")
        return str(widget.id)

    def _connected(self) -> ClientConnection:
        if self._socket is None:
            raise Gone("the socket was dropped")
        return self._socket

    async def _messages(self) -> AsyncIterator[ForwardMsg]:
        """What the server sends until a run has ended and nothing follows it."""
        wait: float = PATIENCE_S
        while True:
            message = ForwardMsg()
            try:
                data = await asyncio.wait_for(self._connected().recv(decode=False), wait)
            except TimeoutError:
                if wait == QUIET_S:
                    return
                raise Gone(f"no answer in {PATIENCE_S} s") from None
            except websockets.ConnectionClosed as error:
                raise Gone(str(error)) from error
            message.ParseFromString(data)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                wait = PATIENCE_S
            elif kind == "script_finished" and message.script_finished == RAN_TO_ITS_END:
                wait = QUIET_S
            yield message

    def _take(self, kind: str | None, message: ForwardMsg) -> None:
        if kind == "new_session":
            self._session = message.new_session.initialize.session_id
            self.screen = Screen(pages=self.screen.pages)
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._draw(tuple(message.metadata.delta_path), message.delta.new_element)
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "navigation":
            self._navigate(message.navigation)
        elif kind == "page_not_found":
            self.screen.not_found = True

    def _draw(self, place: tuple[int, ...], element: Any) -> None:
        self.screen.elements[place] = element
        if element.WhichOneof("type") == "text_input" and element.text_input.set_value:
            self._typed[element.text_input.id] = element.text_input.value

    def _navigate(self, navigation: Any) -> None:
        pages = navigation.app_pages
        self._page_hash = navigation.page_script_hash
        self.screen.pages = tuple(page.url_pathname for page in pages if not page.is_hidden)
        for page in pages:
            if page.page_script_hash == navigation.page_script_hash and page.url_pathname:
                self.page = page.url_pathname
