"""Every message of papers and letters, found in the source: in Python by `say`, `count` and `later`, in
templates by `say("…")`.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog

ROOT = Path(__file__).parents[1]
ROOMS = ("ledger", "fees", "letters", "documents", "reports", "delivery")  # those that write to families
SCREENS = ("key_figures", "dashboard_charts", "summary", "board", "links", "open_charges")  # and to the board
TEMPLATE_SAYS = re.compile(r'\bsay\(\s*("(?:[^"\\]|\\.)*")')
HEADER = """\
# What papers and letters say to families, in another language: docs/languages.md tells how to help.
# What stands in braces, such as {amount}, stays as it is."""
NOTES = {
    "Due": "heading of a column of due dates",
    "From": "heading of a column: who gave the cheque",
    "To": "label above whom the letter is to",
    "When": "heading of a column: by when a part is to be paid",
    "What": "heading of a column: what happened on the account",
    "Late": "heading of a column: by how many days",
    "Open ({currency})": "heading of a column: what is not yet paid of a charge",
    "Overdue": "what should have been paid by now",
    "Taken": "the money a day brought in",
    "Over": "more was counted than expected",
    "Short": "less was counted than expected",
    "Together": "the sum in the last row of a table",
    "Tender": "how money came: cash, card, cheque",
    "Cash-up": "the counting of a cashier's till",
    "Bill": "the entry in the books that charges",
    "Concession": "an amount forgiven, such as a sibling discount",
    "Reversal": "an entry in the books that takes another back",
    "Write-off": "a debt given up",
    "Credit": "money on the account that no charge has used yet",
    "to {name}": "of a transfer to another student",
    "from {name}": "of a transfer from another student",
    "to {until}": "the period of a statement: everything up to a day",
    "{name}, {detail}": "joins what stands side by side in a row: Tuition, Term 1",
    "{names} and {name}": "the last two of a list of names",
}

Message = str | tuple[str, str]
Found = tuple[str, Message, str | None]  # the file, what it says, the context that tells it from its like


def messages() -> Catalog:
    """A catalog without translations: each message with where it is said and what translators should know."""
    catalog = Catalog(project="school-fee-ledger", charset="utf-8", header_comment=HEADER)
    for file, message, context in (*_in_python(), *_in_templates()):
        one = message if isinstance(message, str) else message[0]
        note = [NOTES[one]] if one in NOTES and context is None else []
        catalog.add(message, locations=[(file, 0)], auto_comments=note, context=context)
    return catalog


def _in_python() -> Iterator[Found]:
    for path in _files("**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (found := _message(node)):
                yield _name(path), *found


def _message(call: ast.Call) -> tuple[Message, str | None] | None:
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    texts = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if called in ("say", "later") and texts:
        return texts[0], None
    if called == "say_of" and len(texts) > 1:
        return texts[1], texts[0]
    return ((texts[0], texts[1]), None) if called == "count" and len(texts) > 1 else None


def _in_templates() -> Iterator[Found]:
    for path in _files("**/*.typ"):
        for said in TEMPLATE_SAYS.findall(path.read_text(encoding="utf-8")):
            yield _name(path), json.loads(said), None


def _files(pattern: str) -> list[Path]:
    screens = [ROOT / "ui" / f"{name}.py" for name in SCREENS] if pattern.endswith(".py") else []
    return sorted([*screens, *(path for room in ROOMS for path in (ROOT / room).glob(pattern))])


def _name(path: Path) -> str:
    return path.relative_to(ROOT.parent).as_posix()
