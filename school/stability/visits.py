"""Every page for every role, and the door: what is right comes in, what is wrong stays out."""

from __future__ import annotations

import ast
import secrets
from pathlib import Path
from typing import Any

from school.access.rules import ROLE_NAMES, ROLES
from school.checks import installation
from school.checks.place import Place
from school.settings import ROOT, settings
from school.stability.agent import Visitor
from school.stability.clerk import Bench
from school.stability.screen import ESCAPED, SIGN_IN, SIGN_OUT
from school.stability.staff import Person
from school.stability.tally import Row
from school.stability.wire import Gone

NOT_FOR_YOUR_ROLE = "Not for your role"


def pages(folder: Path = ROOT / "pages") -> dict[str, str]:
    """Every page and the capability that its first line asks for."""
    return {path.stem: _capability(path) for path in sorted(folder.glob("*.py"))}


def _capability(path: Path) -> str:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "guard.require":
            return str(ast.literal_eval(node.args[0]))
    raise ValueError(f"{path.name} has no guard")


async def the_door(bench: Bench) -> None:
    """Right and wrong passwords, a name nobody has, and every page's address with nobody signed in."""
    row = bench.tally.row("sign-in")
    for person in bench.school.people[:3]:
        visitor = Visitor(bench.fleet.origin)
        await visitor.come()
        for name, password, right in (
            (person.name, f"{person.password}-", False),
            (f"{person.name}-{secrets.token_hex(2)}", person.password, False),
            (person.name.upper(), person.password, True),
        ):
            await _sign_in(visitor, name, password)
            row.tried += 1
            if visitor.has(SIGN_OUT) is not right:
                kind = "session_errors" if right else "foreign"
                row.fault(kind, f"{'a right' if right else 'a wrong'} password: {_seen(visitor)}")
        row.ms += visitor.slow
    await _signed_out(bench, row)


async def _sign_in(visitor: Visitor, name: str, password: str) -> None:
    await visitor.press(SIGN_IN, **{"sign_in.name": name, "sign_in.password": password})


async def _signed_out(bench: Bench, row: Row) -> None:
    visitor = Visitor(bench.fleet.origin)
    await visitor.come()
    for page in pages():
        await visitor.visit(page, **_example(bench))
        row.tried += 1
        if not visitor.has(SIGN_IN) or visitor.has(SIGN_OUT) or list(visitor.elements("dataframe", "table")):
            row.fault("foreign", f"{page} shows more than the sign-in to nobody: {_seen(visitor)}")


async def every_page(bench: Bench) -> None:
    """As each role: pages of the role are drawn whole, all others say that they are not for it."""
    by_role = {person.role: person for person in bench.school.people}
    for role, person in by_role.items():
        row = bench.tally.row(f"pages as {ROLE_NAMES[role].lower()}")
        visitor = Visitor(bench.fleet.origin)
        await visitor.come()
        await _sign_in(visitor, person.name, person.password)
        visitor.slow = []
        for page, capability in pages().items():
            await _visit(visitor, page, capability in ROLES[role], bench, person, row)
        row.ms += visitor.slow
        for said in bench.fleet.new_errors():
            row.fault("page_errors", said)


def _is_of_the_machine(said: str, bench: Bench) -> bool:
    """Whether it only tells, as it should, what `check` finds at this machine: that is no fault of a page."""
    known = [found.message for found in installation.at_work(Place(settings(), bench.school.database))]
    lines = [line for line in ESCAPED.sub(r"\1", said).splitlines() if line.strip()]
    listed = lines[1:] if len(lines) > 1 else lines
    return all(any(message in line for message in known) for line in listed)


async def _visit(visitor: Visitor, page: str, allowed: bool, bench: Bench, person: Person, row: Row) -> None:
    row.tried += 1
    try:
        await visitor.visit(page, **_example(bench))
    except Gone as gone:
        row.fault("session_errors", f"{page}: {gone}")
        return
    for said in visitor.errors():
        if not _is_of_the_machine(said, bench):
            row.fault("page_errors", f"{page}: {said}")
    if allowed and visitor.title in ("", NOT_FOR_YOUR_ROLE):
        row.fault("page_errors", f"{page} is not drawn for its role: {_seen(visitor)}")
    if not allowed and visitor.title != NOT_FOR_YOUR_ROLE:
        row.fault("foreign", f"{page} is drawn, though not for this role: {_seen(visitor)}")
    if person.tag not in visitor.words():
        row.fault("foreign", f"{page} does not say who is signed in: {_seen(visitor)}")


def _example(bench: Bench) -> dict[str, str]:
    return {"student": str(bench.school.student_ids[0]), "entry": str(bench.school.entry_id)}


def _seen(visitor: Visitor) -> str:
    said: list[Any] = [f"“{visitor.title}”", *visitor.errors()]
    return " ".join(str(part) for part in said)
