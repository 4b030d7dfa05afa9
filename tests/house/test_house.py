"""The house stands: what ARCHITECTURE.md says about every file is true of every file.

Each rule is also held against a tree made to break it, because a rule that cannot fail holds nothing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house import breaches

ROOT = Path(__file__).resolve().parents[2]
GUARDED = '"""A page."""\n\nfrom school.ui import guard\n\nactor = guard.require("payments.record")\n'

Rule = Callable[[Path], Iterator[str]]

RULES: dict[str, Rule] = {
    "every_file_is_short_enough_to_be_read": breaches.too_long,
    "every_page_begins_with_its_guard": breaches.unguarded_pages,
    "pages_see_no_sql_and_only_their_libraries": breaches.strange_page_imports,
    "nothing_turns_a_value_into_a_float": breaches.floats,
    "nothing_but_the_clock_asks_the_time": breaches.other_clocks,
    "whatever_a_session_remembers_belongs_to_a_page": breaches.keys_of_no_page,
    "no_field_of_a_form_is_in_a_fragment": breaches.fields_beside_fragments,
    "the_bootstrap_needs_nothing_installed": breaches.foreign_imports_of_the_bootstrap,
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_the_house_keeps_its_rule(rule: Rule) -> None:
    assert list(rule(ROOT)) == []


PLANTED = {
    "a page of 81 lines": (breaches.too_long, "pages/long.py", GUARDED + "\n" * 76),
    "a module of 301 lines": (breaches.too_long, "school/fees/rules.py", "\n" * 301),
    "a test file of 501 lines": (breaches.too_long, "tests/test_all.py", "\n" * 501),
    "a page without a guard": (breaches.unguarded_pages, "pages/open.py", "import streamlit as st\n"),
    "a page that guards itself too late": (
        breaches.unguarded_pages,
        "pages/late.py",
        "import streamlit as st\nfrom school.ui import guard\nst.title('x')\nguard.require('x')\n",
    ),
    "a page that computes before its guard": (
        breaches.unguarded_pages,
        "pages/eager.py",
        "from school.ui import guard\nROWS = read_rows()\nguard.require('x')\n",
    ),
    "a page whose guard may be skipped": (
        breaches.unguarded_pages,
        "pages/maybe.py",
        "from school.ui import guard\nif True:\n    guard.require('x')\n",
    ),
    "a page that imports sqlalchemy": (
        breaches.strange_page_imports,
        "pages/sql.py",
        "from sqlalchemy import select\n",
    ),
    "a page that imports a room's models": (
        breaches.strange_page_imports,
        "pages/tables.py",
        "from school.ledger import models\n",
    ),
    "a page that imports a table": (
        breaches.strange_page_imports,
        "pages/table.py",
        "from school.ledger.models import Entry\n",
    ),
    "an amount made a float": (breaches.floats, "school/money.py", "def f(x): return float(x) / 100\n"),
    "a date asked of the machine": (
        breaches.other_clocks,
        "school/fees/rules.py",
        "from datetime import date as day\nday.today()\n",
    ),
    "a moment asked of the machine": (
        breaches.other_clocks,
        "pages/now.py",
        "import datetime\ndatetime.datetime.now()\n",
    ),
    "a moment asked of pandas": (breaches.other_clocks, "school/reports/q.py", "pd.Timestamp.now()\n"),
    "a moment asked of a clock of the same name": (
        breaches.other_clocks,
        "school/fees/queries.py",
        "import clock\nclock.now()\n",
    ),
    "a moment asked of the database": (breaches.other_clocks, "school/db.py", "func.now()\n"),
    "seconds asked of the machine": (breaches.other_clocks, "app.py", "import time\ntime.time()\n"),
    "seconds asked of the machine by name": (breaches.other_clocks, "app.py", "from time import time\n"),
    "a widget of no page": (
        breaches.keys_of_no_page,
        "school/ui/form.py",
        'st.text_input("Amount", key="amount")\n',
    ),
    "a row of widgets of no page": (
        breaches.keys_of_no_page,
        "school/ui/form.py",
        'st.text_input("Amount", key=f"share.{number}")\n',
    ),
    "a session that remembers for no page": (
        breaches.keys_of_no_page,
        "pages/payments.py",
        'guard.require("x")\nst.session_state["current_student"] = 3\n',
    ),
    "a session asked for no page": (
        breaches.keys_of_no_page,
        "school/ui/form.py",
        'HELD, OTHER = "held.form", 3\nst.session_state.get(HELD)\n',
    ),
    "a fragment with a field of a form": (
        breaches.fields_beside_fragments,
        "school/ui/form.py",
        '@st.fragment\ndef payer():\n    return forms.text_field("Paid by", key="payments.payer")\n',
    ),
    "a bootstrap that needs click": (
        breaches.foreign_imports_of_the_bootstrap,
        "school/bootstrap/environment.py",
        "import click\n",
    ),
    "a bootstrap that reaches into a room": (
        breaches.foreign_imports_of_the_bootstrap,
        "school/bootstrap/environment.py",
        "from school.settings import settings\n",
    ),
}


@pytest.mark.parametrize(("rule", "name", "text"), PLANTED.values(), ids=PLANTED.keys())
def test_the_rule_catches(rule: Rule, name: str, text: str, tmp_path: Path) -> None:
    planted = tmp_path / name
    planted.parent.mkdir(parents=True, exist_ok=True)
    planted.write_text(text)

    found = list(rule(tmp_path))

    assert len(found) == 1
    assert name in found[0]


INNOCENT = {
    "a guarded page": ("pages/good.py", GUARDED),
    "a page that names a number before its guard": (
        "pages/constant.py",
        "from school.ui import guard\n\nROWS = 50\n\nguard.require('x')\n",
    ),
    "the clock itself": ("school/clock.py", "from datetime import UTC, datetime\ndatetime.now(UTC)\n"),
    "who asks our clock": ("school/db.py", "from school import clock\nclock.now()\nclock.today()\n"),
    "who asks our calendar": (
        "school/fees/service.py",
        "from school.students import queries\nqueries.today()\n",
    ),
    "who measures how long something took": ("school/db.py", "import time\ntime.perf_counter()\n"),
    "keys of a page, a screen and the guard": (
        "pages/payments.py",
        'guard.require("x")\nOF = "payments.of"\nst.button("Go", key=f"payments.go.{n}")\n'
        'st.button("In", key="sign_in.send")\nst.session_state[OF] = st.session_state.get("guard.user")\n',
    ),
    "words in a text": ("school/errors.py", '"""float(x) and datetime.now() are words here."""\n'),
}


@pytest.mark.parametrize(("name", "text"), INNOCENT.values(), ids=INNOCENT.keys())
def test_no_rule_is_broken_by(name: str, text: str, tmp_path: Path) -> None:
    innocent = tmp_path / name
    innocent.parent.mkdir(parents=True, exist_ok=True)
    innocent.write_text(text)

    found = [breach for rule in RULES.values() for breach in rule(tmp_path)]

    assert found == []


BROKEN_CONTRACTS = {
    "a lower room that imports a higher one": (
        "Imports flow down only",
        {"ledger/service.py": "import school.fees.service\n", "fees/service.py": ""},
    ),
    "a room that has no layer": ("not listed as layers", {"extras/rules.py": ""}),
    "a paper that reads the books by itself": (
        "Imports flow down only",
        {"documents/statement.py": "import school.reports.statements\n", "reports/statements.py": ""},
    ),
    "a rule that imports sqlalchemy": ("Rules and money are pure", {"fees/rules.py": "import sqlalchemy\n"}),
    "money that reaches pandas by another's hand": (
        "Rules and money are pure",
        {"money.py": "import school.errors\n", "errors.py": "import pandas\n"},
    ),
    "a room that imports streamlit": (
        "Nothing below the ui knows Streamlit",
        {"fees/queries.py": "import streamlit as st\n"},
    ),
    "a screen that imports the authenticator": (
        "Only the sign-in screen knows streamlit-authenticator",
        {"ui/main.py": "import streamlit_authenticator\n"},
    ),
    "a reader that reaches a writer": (
        "No reader reaches a writer",
        {"fees/queries.py": "import school.ledger.service\n", "ledger/service.py": ""},
    ),
}


def _lint_imports(tree: Path, modules: dict[str, str]) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "pyproject.toml", tree)
    for name, text in {"__init__.py": "", "money.py": "", **modules}.items():
        module = tree / "school" / name
        module.parent.mkdir(parents=True, exist_ok=True)
        (module.parent / "__init__.py").touch()
        module.write_text(text)
    command = "import sys, importlinter.cli as cli; sys.exit(cli.lint_imports_command())"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache"], cwd=tree, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("named", "modules"), BROKEN_CONTRACTS.values(), ids=BROKEN_CONTRACTS.keys())
def test_the_import_contracts_catch(named: str, modules: dict[str, str], tmp_path: Path) -> None:
    done = _lint_imports(tmp_path, modules)

    assert done.returncode == 1
    assert named.lower() in done.stdout.lower().split("broken contracts")[-1]


def test_the_import_contracts_let_the_ui_and_only_its_sign_in_use_their_libraries(tmp_path: Path) -> None:
    modules = {"ui/main.py": "import streamlit\n", "ui/signin.py": "import streamlit_authenticator\n"}

    done = _lint_imports(tmp_path, modules)

    assert done.returncode == 0, done.stdout
