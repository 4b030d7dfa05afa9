"""The tools interrupt what they say they interrupt: a test that holds nothing would pass on anything."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import text

from school.db import Database, one_writer
from tests import make
from tests.databases import url_text
from tests.interruptions import held
from tests.interruptions.wire_cutter import WireCutter


def test_while_the_writers_are_held_no_other_process_writes_and_then_it_does(database: Database) -> None:
    other = Database(url_text(database))
    entered = threading.Event()

    def write() -> None:
        with other.writing() as session:
            session.connection()
            one_writer(session)
            entered.set()

    with ThreadPoolExecutor(1) as pool:
        with held.writers_held(database):
            written = pool.submit(write)
            held.writer_waits(database)
            assert not entered.is_set()
        written.result()
    other.engine.dispose()

    assert entered.is_set()


def test_a_held_balance_stops_a_payment_within_its_transaction(postgresql_database: Database) -> None:
    with postgresql_database.writing() as session:
        make.school(session)
        student_id = make.student(session)

    def pay() -> None:
        with postgresql_database.writing() as session:
            make.pay(session, student_id, 100)

    with ThreadPoolExecutor(1) as pool:
        with held.balance_held(postgresql_database, student_id):
            paid = pool.submit(pay)
            held.writer_waits(postgresql_database)
            assert not paid.done()
        paid.result()

    with postgresql_database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM entry")) == 1


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that says everything back."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        def answer(connection: socket.socket) -> None:
            with connection:
                while heard := connection.recv(100):
                    connection.sendall(heard)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def connected(wire: WireCutter) -> socket.socket:
    return socket.create_connection(("127.0.0.1", wire.port), timeout=5)


def test_a_wire_passes_on_what_it_hears(echo: int) -> None:
    with WireCutter(echo) as wire, connected(wire) as browser:
        browser.sendall(b"pressed")

        assert browser.recv(100) == b"pressed"


def test_held_answers_arrive_once_the_wire_is_mended(echo: int) -> None:
    with WireCutter(echo) as wire, connected(wire) as browser:
        wire.hold_answers()
        browser.sendall(b"pressed")
        browser.settimeout(0.2)
        with pytest.raises(TimeoutError):
            browser.recv(100)
        wire.mend()
        browser.settimeout(5)

        assert browser.recv(100) == b"pressed"


def test_a_cut_wire_ends_what_is_open_and_lets_nothing_new_pass_until_it_is_mended(echo: int) -> None:
    with WireCutter(echo) as wire, connected(wire) as browser:
        browser.sendall(b"a")
        assert browser.recv(100) == b"a"
        wire.cut()

        assert ended(browser)
        with connected(wire) as second:
            assert ended(second)
        wire.mend()
        with connected(wire) as third:
            third.sendall(b"b")
            assert third.recv(100) == b"b"


def ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(100) == b""
    except ConnectionError:
        return True
