"""A client of Streamlit's agent API: sees every page as a tree of elements, and presses what it names.

The server serves it only when started with `--server.enableAgentApi true`, as the server of the copy is.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from anyio import to_thread

from school.stability.wire import PATIENCE_S, Gone


class Visitor:
    """One session. `slow` has the milliseconds of every answer."""

    def __init__(self, origin: str) -> None:
        self._address = f"{origin}/_stcore/agent/interact"
        self._session: str | None = None
        self._door = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor()
        )  # a proxy knows it again
        self.slow: list[int] = []
        self.tree: dict[str, Any] = {}
        self.status = ""

    async def visit(self, page: str, **query: str) -> None:
        """The page at this address, drawn."""
        await self._ask(page=page, query_params={name: [value] for name, value in query.items()})

    async def press(self, key: str, **values: Any) -> None:
        """Types these values, then presses."""
        await self._ask(widget_state=values, trigger={"key": key})

    async def come(self) -> None:
        """The first page of a new session."""
        await self._ask()

    async def _ask(self, **body: Any) -> None:
        if self._session is not None:
            body["session_id"] = self._session
        began = time.perf_counter()
        answer = await to_thread.run_sync(self._post, body)
        self.slow.append(round((time.perf_counter() - began) * 1000))
        if "tree" not in answer:
            raise Gone(f"the agent API answered {str(answer)[:300]}")
        self._session, self.tree, self.status = answer["session_id"], answer["tree"], answer["status"]

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the address is this machine's
            self._address, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            with self._door.open(request, timeout=PATIENCE_S + 5) as answer:
                found: dict[str, Any] = json.loads(answer.read())
                return found
        except urllib.error.HTTPError as error:
            raise Gone(f"{error.code} {error.read()[:300].decode(errors='replace')}") from error
        except OSError as error:
            raise Gone(str(error)) from error

    def elements(self, *kinds: str) -> Iterator[dict[str, Any]]:
        yield from _walk(self.tree, kinds)

    def has(self, key: str) -> bool:
        return any(element.get("key") == key for element in self.elements())

    @property
    def title(self) -> str:
        return next((str(e["props"].get("body", "")) for e in self.elements("title")), "")

    def errors(self) -> list[str]:
        said = [
            str(e["props"].get("body") or e["props"].get("message"))
            for e in self.elements("error", "exception")
        ]
        return said or (["the run was marked failed"] if self.status == "error" else [])

    def words(self) -> str:
        return json.dumps(self.tree, ensure_ascii=False)


def _walk(element: dict[str, Any], kinds: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    if not kinds or element["type"] in kinds:
        yield element
    for child in element.get("children") or []:
        yield from _walk(child, kinds)
