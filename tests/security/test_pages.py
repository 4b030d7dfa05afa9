"""Every page shows itself to those whose role it is for, and nothing of itself to anybody else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from school import clock, db
from school.access.rules import ADMINISTRATOR, FINANCE, HEAD, ROLES
from school.db import Database
from school.settings import ROOT, settings
from school.ui.identity import SIGN_IN
from school.ui.screens import SCREENS
from tests import databases, make
from tests.interruptions import often
from tests.security import writers
from tests.security.standings import ENDED, STATES, becomes, moment, somebody
from tests.security.writers import World

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
SHOWN, REFUSED, SIGN_IN_FORM = "shown", "not for the role", "sign-in form"
NEW_PASSWORD, SET_UP_FACTOR = "new password", "second factor"
SECRET = "Ann"  # a student, who stands on most pages


@pytest.fixture
def noon() -> Iterator[None]:
    with clock.set_to(make.NOON):
        yield


@pytest.fixture(params=often.ENGINES if often.THOROUGH else None)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    with databases.fresh(often.on_one_of_both(request)) as fresh:
        yield fresh


@pytest.fixture
def books(database: Database, noon: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database that the program itself opens."""
    monkeypatch.setenv("SCHOOL_DATABASE_URL", databases.url_text(database))
    settings.cache_clear()
    db.database.cache_clear()
    yield database
    databases.close(db.database())
    db.database.cache_clear()
    settings.cache_clear()


def wanted() -> dict[str, str]:
    """The capability each page asks for on its first line."""
    return {page: _asked(ast.parse((ROOT / "pages" / f"{page}.py").read_text())) for page in PAGES}


def _asked(tree: ast.Module) -> str:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    (asked,) = [call.args[0] for call in calls if ast.unparse(call.func) == "guard.require"]
    assert isinstance(asked, ast.Constant)
    return str(asked.value)


def in_menu() -> dict[str, str]:
    """The capability the menu asks for, by page."""
    return {screen.name: screen.capability for screen in SCREENS}


def visit(sign_in_id: str | None, about: World) -> dict[str, str]:
    """What every page shows to whoever holds this sign-in."""
    seen = {}
    for page in PAGES:
        at = AppTest.from_file(ROOT / "school" / "ui" / "main.py", default_timeout=60)
        if sign_in_id:
            at.session_state[SIGN_IN] = sign_in_id
        at.run()
        at.switch_page(str(ROOT / "pages" / f"{page}.py"))
        at.query_params["student"] = str(about.student)
        at.query_params["entry"] = str(about.payment)
        seen[page] = what_is_shown(at.run())
    return seen


def what_is_shown(at: AppTest) -> str:
    assert not at.exception
    titles = [title.value for title in [*at.title, *at.header]]
    keys = {field.key for field in at.text_input}
    found = SHOWN
    if "sign_in.name" in keys:
        found = SIGN_IN_FORM
    elif "new_password.first" in keys:
        found = NEW_PASSWORD
    elif any("second factor" in title.lower() for title in titles) and "Your profile" not in titles:
        found = SET_UP_FACTOR
    elif "Not for your role" in titles:
        found = REFUSED
    assert found == SHOWN or SECRET not in repr(at.main)
    return found


def test_the_menu_lists_every_page_by_the_capability_the_page_asks_for() -> None:
    assert in_menu() == wanted()


@pytest.mark.parametrize("role", [ADMINISTRATOR, FINANCE, HEAD])
def test_every_page_is_shown_to_the_roles_it_is_for(books: Database, role: str) -> None:
    with books.writing() as session:
        about = writers.world(session)
        actor = somebody(session, role)

    seen = visit(actor.sign_in_id, about)

    assert seen == {page: SHOWN if wanted()[page] in ROLES[role] else REFUSED for page in PAGES}


def test_a_stranger_is_shown_the_sign_in_form_on_every_page(books: Database) -> None:
    with books.writing() as session:
        about = writers.world(session)

    seen = visit(None, about)

    assert seen == dict.fromkeys(PAGES, SIGN_IN_FORM)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the rows are the same on both
@pytest.mark.parametrize("state", [state for state in STATES if state != "live"])
def test_whatever_ends_or_narrows_a_sign_in_does_so_on_every_page(books: Database, state: str) -> None:
    with books.writing() as session:
        about = writers.world(session)
        actor = somebody(session, FINANCE)
        becomes(session, actor, state)

    with clock.set_to(moment(state)):
        seen = visit(actor.sign_in_id, about)

    by_state = {
        **dict.fromkeys(ENDED, SIGN_IN_FORM),
        "must change password": NEW_PASSWORD,
        "must enrol": SET_UP_FACTOR,
        "role taken away": REFUSED,
    }
    assert seen == dict.fromkeys(PAGES, by_state[state])
