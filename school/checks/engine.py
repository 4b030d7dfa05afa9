"""Whether the database works as the books need it, asked of a connection the program opened itself."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.orm import Session

from school import migrations
from school.checks import ledger
from school.checks.findings import Finding, named
from school.checks.place import THIS_MACHINE, Place, Wrong
from school.db import Database
from school.migrations import rights

SQLITE = {  # pragma: the value it must have, what it is for, the rule
    "journal_mode": ("wal", "engine", "readers and writers would stop each other"),
    "foreign_keys": ("1", "engine", "a row could name another that is not there"),
    "recursive_triggers": ("1", "engine", "a replaced row would pass the guards by"),
    "trusted_schema": ("0", "engine", "a changed file could run what it likes"),
    "synchronous": ("2", "durability", "a commit would not wait for the disk"),
}
DURABLE = {"fsync": ("on",), "full_page_writes": ("on",)}
COMMITS = ("on", "local", "remote_write", "remote_apply")
POSTGRESQL_MIN = 140_000
SQLITE_SOUND = (3, 51, 3)  # before it, resetting the write-ahead log of two processes can damage a file
DAMAGES_TOLD = 5


def revision(_: Place, session: Session) -> Iterator[Wrong]:
    at = migrations.current(session.connection())
    if at == migrations.head():
        return
    if at is not None and not migrations.is_known(at):
        yield Wrong("newer_books", f"The tables are at {at}, which this version does not know.")
    else:
        yield Wrong("migrations", f"The tables are at {at or 'nothing'}, and belong at {migrations.head()}.")


def settings_in_force(place: Place, session: Session) -> Iterator[Wrong]:
    if place.database.is_sqlite:
        yield from _sqlite(session)
    else:
        yield from _postgresql(session)


def _sqlite(session: Session) -> Iterator[Wrong]:
    for pragma, (right, rule, otherwise) in SQLITE.items():
        found = str(session.scalar(text(f"PRAGMA {pragma}")))
        if found != right:
            yield Wrong(rule, f"SQLite's {pragma} is {found}, not {right}: {otherwise}.")
    version = str(session.scalar(text("SELECT sqlite_version()")))
    if tuple(int(part) for part in version.split(".")) < SQLITE_SOUND:
        yield Wrong("engine_version", f"This is SQLite {version}.")


def _postgresql(session: Session) -> Iterator[Wrong]:
    if (version := int(_shown(session, "server_version_num"))) < POSTGRESQL_MIN:
        yield Wrong("engine", f"PostgreSQL {version // 10_000} is older than {POSTGRESQL_MIN // 10_000}.")
    if (encoding := _shown(session, "server_encoding")) != "UTF8":
        yield Wrong("engine", f"The database keeps its text as {encoding}, not as UTF8: names would be lost.")
    for name, right in (*DURABLE.items(), ("synchronous_commit", COMMITS)):
        if (found := _shown(session, name)) not in right:
            mend = f"`ALTER SYSTEM RESET {name};` and `SELECT pg_reload_conf();`"
            yield Wrong("durability", f"PostgreSQL's {name} is {found}.", mend)


def _shown(session: Session, name: str) -> str:
    return str(session.scalar(text(f"SHOW {name}")))


def way(place: Place, session: Session) -> Iterator[Wrong]:
    """A socket of this machine needs no encryption; anything else does."""
    if place.database.is_sqlite or not is_elsewhere(place.database):
        return
    if not session.scalar(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")):
        yield Wrong("database_way", f"The way to the database on {place.database.url.host} is not encrypted.")


def is_elsewhere(database: Database) -> bool:
    """Whether the database's server is another machine's."""
    host = database.url.host or database.url.query.get("host") or ""
    hosts = (host,) if isinstance(host, str) else host
    return any(one and not one.startswith("/") and one not in THIS_MACHINE for one in hosts)


_ROLE = text("""
    SELECT current_user AS name, rolsuper OR rolbypassrls OR rolreplication OR rolcreaterole AS is_mighty,
           COALESCE((SELECT pg_has_role(relowner, 'USAGE') FROM pg_class
                      WHERE oid = to_regclass('public.entry')), FALSE) AS is_owner
      FROM pg_roles WHERE rolname = current_user""")


def role(place: Place, session: Session) -> Iterator[Wrong]:
    """What the role may really do counts, not what it was given: owners and superusers may do all."""
    if place.database.is_sqlite:
        return
    who = session.execute(_ROLE).one()
    if who.is_mighty:
        yield Wrong("role", f"The role {who.name} rules the whole server.")
    elif who.is_owner:
        yield Wrong("role", f"The role {who.name} owns the tables.")
    elif migrations.current(session.connection()) == migrations.head():
        found = rights.differences(session.connection(), who.name)
        if found:
            yield Wrong("role", f"The rights of the role {who.name} are not what it needs: {named(found)}.")


def guards(_: Place, session: Session) -> Iterator[Wrong]:
    """Where tables wait to be brought forward the guards are those of another version."""
    if migrations.current(session.connection()) == migrations.head():
        yield from _of_ledger(ledger.guarded(session))


def books(_: Place, session: Session) -> Iterator[Wrong]:
    """The guards' text, the sums, the last entries with the students they touched, and some others."""
    found = ledger.verify(session, deep=False)
    yield from _of_ledger([*found, *(one for one in ledger.sampled(session) if one not in found)])


def recomputed(_: Place, session: Session) -> Iterator[Wrong]:
    """Every entry is read again: minutes, on a large school."""
    yield from _of_ledger(ledger.verify(session))


def _of_ledger(findings: list[Finding]) -> Iterator[Wrong]:
    """What `verify` found, each under the rule it breaks."""
    for found in findings:
        yield Wrong(ledger.rule_of(found.check), found.message, found.mend)


def whole(place: Place, session: Session) -> Iterator[Wrong]:
    """Reads the whole SQLite file; PostgreSQL looks after its own pages."""
    if place.database.is_sqlite:
        found = session.scalars(text(f"PRAGMA quick_check({DAMAGES_TOLD})")).all()
        if found != ["ok"]:
            yield Wrong("damage", f"The file of the books is damaged: {named(found)}.")
