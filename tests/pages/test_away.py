"""Books that are away or take no entries: every page says so calmly, loses nothing and goes on by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from streamlit.testing.v1 import AppTest

from school import clock, db
from school.access.models import SignIn
from school.access.sign_ins import SEEN_EVERY
from school.db import Database
from school.ledger import queries
from school.ledger.models import Entry
from school.settings import ROOT
from tests import make
from tests.pages.conftest import Open
from tests.test_db_trouble import administer, end_connections, moved_away
from tests.test_read_only import full, standing_by

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))


@contextmanager
def away(database: Database) -> Iterator[None]:
    """Nobody reaches the books: the file lies elsewhere, or the server lets nobody in."""
    if database.is_sqlite:
        with moved_away(database):
            yield
        return
    name = database.url.database
    administer(database, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    end_connections(database)
    try:
        yield
    finally:
        administer(database, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@pytest.fixture
def owing(books: Database) -> int:
    with books.writing() as session:
        student_id = make.student(session, "Ann Abel")
        make.bill(session, student_id, (10_000, date(2026, 1, 15)), on=date(2026, 1, 15))
    return student_id


def is_away(at: AppTest) -> bool:
    return [title.value for title in at.title] == ["The books cannot be reached"]


@pytest.mark.parametrize("screen", PAGES)
def test_every_page_is_calm_while_the_books_are_away_and_itself_again_after(
    open_page: Open,
    books: Database,
    owing: int,
    screen: str,
) -> None:
    at = open_page(screen, name="ada" if screen in ("imports", "health", "users") else "finn")
    before = [title.value for title in at.title]

    with away(books):
        at.run()
        assert is_away(at)
        assert not at.exception
        assert not at.error

    at.run()
    assert not at.exception
    assert [title.value for title in at.title] == before
    assert at.sidebar.button


def test_what_was_typed_comes_back_with_the_page(open_page: Open, books: Database, owing: int) -> None:
    at = open_page("payments", name="finn", student=str(owing))
    at.text_input("payments.amount").set_value("12.50")
    at.text_input("payments.reference").set_value("TRX-9")
    at.checkbox("payments.two_tenders").set_value(True)
    at.radio("payments.tender").set_value("CASH").run()
    address = dict(at.query_params)

    with away(books):
        at.run()
        assert is_away(at)
        at.run()
    at.run()

    assert at.text_input("payments.amount").value == "12.50"
    assert at.text_input("payments.reference").value == "TRX-9"
    assert at.checkbox("payments.two_tenders").value is True
    assert at.radio("payments.tender").value == "CASH"
    assert dict(at.query_params) == address


def test_a_payment_pressed_while_the_books_are_away_is_not_recorded_and_its_form_is_here_again(
    open_page: Open,
    books: Database,
    owing: int,
) -> None:
    at = open_page("payments", name="finn", student=str(owing))
    at.text_input("payments.amount").set_value("12.50")
    at.radio("payments.tender").set_value("CASH").run()

    with away(books):
        at.button("payments.record").click().run()
        assert not at.exception
    at.run()

    assert at.text_input("payments.amount").value == "12.50"
    with books.reading() as session:
        assert queries.balance(session, owing) == 10_000
    at.button("payments.record").click().run()
    with books.reading() as session:
        assert queries.balance(session, owing) == 8_750


def test_signing_in_while_the_books_are_away_ends_in_a_sentence_or_the_calm_page(
    open_page: Open,
    books: Database,
) -> None:
    at = open_page("payments")

    with away(books):
        at.text_input("sign_in.name").set_value("finn")
        at.text_input("sign_in.password").set_value("correct horse battery")
        at.button("sign_in.send").click().run()
        assert not at.exception
        assert is_away(at) or "cannot be reached" in at.error[0].value

    with books.reading() as session:
        assert session.scalar(select(func.count()).select_from(SignIn)) == 0


def test_a_first_start_without_books_is_calm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from school.settings import settings

    monkeypatch.setenv("SCHOOL_DATABASE_URL", f"sqlite:///{tmp_path / 'none' / 'school.db'}")
    settings.cache_clear()
    db.database.cache_clear()

    at = AppTest.from_file(ROOT / "school" / "ui" / "main.py", default_timeout=30).run()

    assert is_away(at)
    assert not at.exception
    db.database.cache_clear()
    settings.cache_clear()


@contextmanager
def read_only(database: Database) -> Iterator[None]:
    """The program's own engine and the server take nothing more."""
    if not database.is_sqlite:
        with standing_by(database):
            db.database().engine.dispose()
            yield
        db.database().engine.dispose()
        return
    with full(db.database()):
        yield


def press_until_refused(at: AppTest) -> None:
    """Records payments until the disk is full; the last form stands refused."""
    for _ in range(200):
        at.text_input("payments.amount").set_value("0.01")
        at.text_input("payments.reference").set_value("TRX-9 " * 40)
        at.radio("payments.tender").set_value("CASH")
        at.run()
        if [box.key for box in at.checkbox if box.key == "payments.again"]:
            at.checkbox("payments.again").set_value(True).run()
        at.button("payments.record").click().run()
        if db.database().read_only:
            return
        at.button("payments.new").click().run()
        at.query_params["student"] = at.session_state["student_id"]
        at.run()
    raise AssertionError("the books never filled up")


def test_a_payment_the_books_do_not_take_keeps_its_form_and_everybody_sees_the_notice(
    open_page: Open,
    books: Database,
    owing: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(db, "PROBE_EVERY_S", 0)
    at = open_page("payments", name="finn", student=str(owing))
    at.session_state["student_id"] = str(owing)
    other = open_page("students", name="hope")
    assert not other.warning

    with read_only(books):
        press_until_refused(at)
        at.run()
        other.run()

        assert not at.exception
        assert at.text_input("payments.amount").value == "0.01"
        assert any("can be read but not written" in error.value for error in at.error)
        for page in (at, other):
            assert any("can be read but not written" in warning.value for warning in page.warning)
        assert [title.value for title in other.title] == ["Students"]
        entries = _entries(books)

    at.run()
    other.run()
    assert not other.warning
    at.button("payments.record").click().run()
    assert not at.exception
    assert _entries(books) == entries + 1


def _entries(books: Database) -> int:
    with books.reading() as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


def test_who_only_reads_sees_the_notice_with_the_next_page_view_that_is_noted(
    open_page: Open, books: Database
) -> None:
    at = open_page("students", name="hope")

    with read_only(books):
        if books.is_sqlite:
            _refuse_every_write(db.database())
        with clock.set_to(make.NOON + SEEN_EVERY + timedelta(seconds=1)):
            at.run()

    assert any("can be read but not written" in warning.value for warning in at.warning)
    assert [title.value for title in at.title] == ["Students"]


def test_signing_in_while_the_books_take_nothing_ends_in_a_sentence(
    open_page: Open,
    books: Database,
) -> None:
    at = open_page("payments")

    with read_only(books):
        if books.is_sqlite:
            _refuse_every_write(db.database())
        at.text_input("sign_in.name").set_value("finn")
        at.text_input("sign_in.password").set_value("correct horse battery")
        at.button("sign_in.send").click().run()

        assert not at.exception
        assert "can be read but not written" in at.error[0].value
        assert at.text_input("sign_in.name").value == "finn"


def test_signing_out_while_the_books_take_nothing_signs_out_here_and_in_the_books_once_they_do(
    open_page: Open,
    books: Database,
) -> None:
    at = open_page("students", name="hope")

    with read_only(books):
        if books.is_sqlite:
            _refuse_every_write(db.database())
        at.button("frame.sign_out").click().run()

        assert not at.exception
        assert at.text_input("sign_in.name")
        assert _open_sign_ins(books) == 1
    if books.is_sqlite:
        event.remove(db.database().engine, "connect", _reads_only)
        db.database().engine.dispose()
    at.run()

    assert at.text_input("sign_in.name")
    assert _open_sign_ins(books) == 0


def _open_sign_ins(books: Database) -> int:
    with books.reading() as session:
        counted = select(func.count()).select_from(SignIn).where(SignIn.revoked_at.is_(None))
        return session.scalar(counted) or 0


def _reads_only(driver, _record) -> None:
    driver.execute("PRAGMA query_only=ON")


def _refuse_every_write(database: Database) -> None:
    """One row fits into a page that is there already; a file one may only read takes not even that."""
    event.listen(database.engine, "connect", _reads_only)
    database.engine.dispose()
