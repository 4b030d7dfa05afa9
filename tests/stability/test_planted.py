"""A fault planted in a copy of the program is found and called by its name."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

import pytest

from school import serve
from school.access.rules import FINANCE
from school.db import Database
from school.settings import ROOT
from school.stability import interruptions, mixing, server, visits
from school.stability.clerk import Bench
from school.stability.staff import prepare
from school.stability.tally import COUNTED, Tally
from tests import coroutines
from tests.interruptions import often

Try = Callable[[Bench], Awaitable[None]]


def payments(*which: interruptions.Interruption) -> Try:
    async def tried(bench: Bench) -> None:
        person = bench.school.of_role(FINANCE)[0]
        async with bench.browser() as browser:
            for interruption in which:
                await mixing.one(bench, "payment", interruption, person, browser)

    return tried


async def both_cashiers(bench: Bench) -> None:
    for person in bench.school.of_role(FINANCE)[:2]:
        async with bench.browser() as browser:
            await mixing.one(bench, "payment", interruptions.nothing, person, browser)


FAULTS = {
    "an incident on a page": (
        "pages/students.py",
        'st.title("Students")',
        "st.title(str(1 // 0))",
        visits.every_page,
        "page_errors",
    ),
    "a page that is drawn for every role": (
        "pages/imports.py",
        'guard.require("imports.run")',
        'guard.require("today.read")',
        visits.every_page,
        "foreign",
    ),
    "receipts of other cashiers on the payment page": (
        "school/ui/payment_desk.py",
        "actor_id=actor.user_id, limit=RECENT_MAX",
        "limit=RECENT_MAX",
        both_cashiers,
        "foreign",
    ),
    "a write that is taken back without a word": (
        "school/ui/payment_form.py",
        "            drafting.forget(session, actor=actor, form=DRAFT.name, request_id=request_id)\n",
        "            session.rollback()\n",
        payments(interruptions.nothing),
        "lost",
    ),
    "a form that forgets its request id": (
        "school/ui/once.py",
        "if _is_request_id(given):",
        "if not given:",
        payments(interruptions.twice, interruptions.loaded_again, interruptions.dropped_after),
        "session_errors",
    ),
    "a sign-in that outlives the sign-out": (
        "school/access/queries.py",
        "SignIn.revoked_at.is_(None),",
        "",
        payments(interruptions.signed_out_elsewhere),
        "foreign",
    ),
}


# Each needs a server of its own; the receipts of others are planted in test_command as well.
ONLY_IF_THOROUGH = {
    "an incident on a page",
    "a page that is drawn for every role",
    "receipts of other cashiers on the payment page",
}
PLANTED = {name: fault for name, fault in FAULTS.items() if often.THOROUGH or name not in ONLY_IF_THOROUGH}


@pytest.mark.parametrize(("file", "right", "wrong", "tried", "kind"), PLANTED.values(), ids=PLANTED.keys())
def test_the_check_finds(
    file: str,
    right: str,
    wrong: str,
    tried: Try,
    kind: str,
    live_sqlite: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = planted(tmp_path / "program", file, right, wrong)
    for module in (serve, server):
        monkeypatch.setattr(module, "ROOT", program)

    tally = coroutines.finish(found(live_sqlite, tmp_path, tried))

    assert sum(getattr(row, kind) for row in tally.rows.values()) > 0, tally.faults
    assert any(f": {kind.replace('_', ' ')}: " in fault for fault in tally.faults)
    assert not tally.clean


@pytest.mark.parametrize(
    "tried",
    [
        *([both_cashiers] if often.THOROUGH else []),
        payments(interruptions.signed_out_elsewhere, interruptions.killed_during),
    ],
)
def test_the_program_as_it_is_passes_the_same_cases(
    live_sqlite: Database, tmp_path: Path, tried: Try
) -> None:
    """Every page, and PostgreSQL, are the command's, in test_command."""
    tally = coroutines.finish(found(live_sqlite, tmp_path, tried))

    assert tally.faults == []
    assert all(getattr(row, kind) == 0 for row in tally.rows.values() for kind in COUNTED)
    assert sum(row.tried for row in tally.rows.values()) > 0


async def found(database: Database, folder: Path, tried: Try) -> Tally:
    """What this case sees of a server over these books."""
    school = prepare(database)
    async with server.serving(database.url, folder, 1) as fleet:
        bench = Bench(school, fleet, Tally(), Random(1))
        await tried(bench)
        return bench.tally


def planted(program: Path, file: str, right: str, wrong: str) -> Path:
    """The whole program, with one line of it wrong."""
    for part in ("school", "pages", ".streamlit"):
        shutil.copytree(ROOT / part, program / part, ignore=shutil.ignore_patterns("*.pyc.*"))  # half written
    shutil.copy(ROOT / "app.py", program)
    text = (program / file).read_text(encoding="utf-8")
    assert right in text
    (program / file).write_text(text.replace(right, wrong, 1), encoding="utf-8")
    return program
