"""What stands on one tab, as the server sent it: enough to find a widget and to read every word."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

READ = {  # the fields of an element that a person reads; the others are ids, scripts and styles
    "alt",
    "body",
    "caption",
    "default",
    "delta",
    "help",
    "label",
    "message",
    "options",
    "placeholder",
    "raw_value",
    "value",
}
ERROR = 1  # of AlertProto.Format
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
SIGN_IN, SIGN_OUT = "sign_in.send", "frame.sign_out"


@dataclass
class Screen:
    """`elements` by their place on the page; `pages` are those in the menu."""

    elements: dict[tuple[int, ...], Any] = field(default_factory=dict)
    pages: tuple[str, ...] = ()
    not_found: bool = False

    def widget(self, key: str) -> Any | None:
        """The widget that the program calls `key`, or None."""
        return next((e for e in self._kinds() if getattr(e, "id", "").endswith(f"-{key}")), None)

    def has(self, key: str) -> bool:
        return self.widget(key) is not None

    @property
    def signed_out(self) -> bool:
        """The sign-in form stands here, and nothing of any page."""
        return self.has(SIGN_IN) and not self.has(SIGN_OUT) and not self.pages and not self.tables()

    @property
    def title(self) -> str:
        return next((e.body for e in self._kinds("heading") if e.tag == "h1"), "")

    def errors(self) -> list[str]:
        """Red sentences and uncaught exceptions."""
        said = [e.body for e in self._kinds("alert") if e.format == ERROR]
        return said + [f"{e.type}: {e.message}" for e in self._kinds("exception")]

    def words(self) -> str:
        """All that can be read, tables included, without the strokes that keep Markdown plain."""
        said = [text for element in self._kinds() for text in _texts(element)]
        whole = "\n".join([*said, *(str(cell) for row in self.tables() for cell in row)])
        return ESCAPED.sub(r"\1", whole)

    def tables(self) -> list[tuple[Any, ...]]:
        """The rows of every table."""
        rows: list[tuple[Any, ...]] = []
        for element in self._kinds("dataframe", "table"):
            frame = element.arrow_data.data
            if frame:
                table = pa.ipc.open_stream(io.BytesIO(frame)).read_all()
                rows += zip(*(column.to_pylist() for column in table.columns), strict=True)
        return rows

    def told(self) -> dict[str, Any]:
        """What the invisible element is told: the ticket to fetch the cookie with, the sign-in to watch."""
        for element in self._kinds("bidi_component"):
            if element.id.endswith("-browser.link"):
                told: list[dict[str, Any]] = json.loads(element.json or "[{}]")
                return told[0]
        return {}

    def _kinds(self, *kinds: str) -> Iterator[Any]:
        for element in self.elements.values():
            kind = element.WhichOneof("type")
            if kind and (not kinds or kind in kinds):
                yield getattr(element, kind)


def _texts(element: Any) -> Iterator[str]:
    for descriptor, value in element.ListFields():
        if descriptor.name in READ and descriptor.cpp_type == descriptor.CPPTYPE_STRING:
            yield from [value] if isinstance(value, str) else value
