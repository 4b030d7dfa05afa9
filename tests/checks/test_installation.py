"""Whatever is wrong with an installation is found by name, and in one that is in order nothing is.

Each test puts one thing wrong for real: a right of a file, a line of a settings file, a trigger, a clock.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import event, text

from school import clock
from school.checks import (
    configured,
    disk,
    engine,
    files,
    installation,
    kept,
    mail,
    moment,
    people,
    screens,
    secrets,
    web,
)
from school.checks.findings import SEVERITIES
from school.checks.installation import Around
from school.checks.place import Place
from school.checks.rules import RULES
from school.db import Database
from tests import databases
from tests.checks import places
from tests.mail import free_port, mail_server

OF_THIS_MACHINE = {"administrator_of_machine", "engine_version"}  # who runs the tests, on what Python
OF_THE_TEST_SERVER = {"durability", "role"}  # it writes without fsync, and the tests own it


@pytest.fixture
def place(sqlite_database: Database, tmp_path: Path) -> Place:
    return places.in_order(sqlite_database, tmp_path)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """For looks at settings alone, which leave the books as they are."""
    with databases.fresh("sqlite") as books:
        yield places.in_order(books, tmp_path_factory.mktemp("installation"))


def inside(look: installation.Inside, place: Place) -> dict[str, str]:
    with place.database.reading() as session:
        return {wrong.check: wrong.message for wrong in look(place, session)}


def test_nothing_is_found_in_an_installation_that_is_in_order(database: Database, tmp_path: Path) -> None:
    port, expected = free_port(), OF_THIS_MACHINE if database.is_sqlite else OF_THE_TEST_SERVER
    with mail_server() as server:
        place = places.in_order(
            database, tmp_path, port=port, smtp_host="127.0.0.1", smtp_port=server.port, smtp_tls="none",
            smtp_from="fees@hill.example",
        )  # fmt: skip

        assert places.told(place).keys() - expected == set()


def test_findings_come_worst_first_and_each_says_why_and_how_to_mend_it(unchanged: Place) -> None:
    wrong = places.setting(unchanged, https=False, backup_passphrase=None)
    wrong = replace(wrong, environment={"SCHOOL_HTTP": "true"})

    found = installation.check(wrong)

    assert [finding.severity for finding in found] == sorted(
        (finding.severity for finding in found), key=SEVERITIES.index
    )
    assert found[0].check == "https"
    assert all(finding.message and finding.why and finding.mend for finding in found)


SETTINGS = {
    "a mistyped name": ({"SCHOOL_HTTP": "true"}, {}, "unknown_settings"),
    "everybody believed about their address": ({"FORWARDED_ALLOW_IPS": "*"}, {}, "forwarded"),
    "the port open to the network": ({}, {"address": "0.0.0.0"}, "address"),
    "no https": ({}, {"https": False}, "https"),
    "any host name": ({}, {"allowed_hosts": ["*"]}, "allowed_hosts"),
    "an address for a host name": ({}, {"allowed_hosts": ["https://fees.example"]}, "allowed_hosts"),
    "a port in a host name": ({}, {"allowed_hosts": ["fees.example:8501"]}, "allowed_hosts"),
    "a mail server without a sender": ({}, {"smtp_host": "mail.example"}, "mail"),
    "a mail server everybody can listen to": (
        {},
        {"smtp_host": "mail.example", "smtp_from": "a@hill.example", "smtp_tls": "none"},
        "mail_way",
    ),
    "a mail name without a password": ({}, {"smtp_user": "fees"}, "smtp_password"),
    "a mail password out of an example": (
        {},
        {"smtp_user": "fees", "smtp_password": SecretStr("change-me")},
        "smtp_password",
    ),
    "a short passphrase": ({}, {"backup_passphrase": SecretStr("kx8!2")}, "backup_passphrase"),
    "a passphrase that is guessed": (
        {},
        {"backup_passphrase": SecretStr("password12345")},
        "backup_passphrase",
    ),
    "no passphrase": ({}, {"backup_passphrase": None}, "backups_readable"),
    "errors with their insides": ({"STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "full"}, {}, "error_details"),
    "a developer's menu": ({"STREAMLIT_CLIENT_TOOLBAR_MODE": "developer"}, {}, "toolbar"),
    "statistics for others": ({"STREAMLIT_BROWSER_GATHER_USAGE_STATS": "1"}, {}, "usage_statistics"),
    "the interface for programs": ({"STREAMLIT_SERVER_ENABLE_AGENT_API": "true"}, {}, "agent_api"),
    "requests of other sites": ({"STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION": "no"}, {}, "forged_requests"),
    "files that are watched": ({"STREAMLIT_SERVER_FILE_WATCHER_TYPE": "poll"}, {}, "file_watcher"),
}


@pytest.mark.parametrize(("environment", "changed", "rule"), SETTINGS.values(), ids=SETTINGS.keys())
def test_a_setting_is_named(
    environment: dict[str, str], changed: dict[str, object], rule: str, unchanged: Place
) -> None:
    wrong = replace(places.setting(unchanged, **changed), environment=environment)
    looks: tuple[Around, ...] = (*installation.AROUND, secrets.strong)

    assert {found.check for look in looks for found in look(wrong)} - OF_THIS_MACHINE == {rule}


def test_no_finding_tells_what_a_secret_is(unchanged: Place) -> None:
    wrong = places.setting(
        unchanged,
        smtp_user="fees",
        smtp_password=SecretStr("example-Xy7"),
        backup_passphrase=SecretStr("Qw8"),
    )

    assert "Xy7" not in (told := str(installation.check(wrong)))
    assert "Qw8" not in told


def test_a_mistyped_name_in_the_settings_file_is_named_with_the_one_that_was_meant(place: Place) -> None:
    (place.root / ".env").write_text(
        "# SCHOOL_OLD=1\nexport SCHOOL_ALOWED_HOSTS=a\nSCHOOL_PORT=8501\nOTHER=1\n"
    )

    (found,) = configured.known(place)

    assert "SCHOOL_ALOWED_HOSTS" in found.message
    assert "SCHOOL_ALLOWED_HOSTS" in found.mend


@pytest.mark.parametrize(
    ("home", "own", "found"),
    [
        ("[server]\nenableAgentApi = true\n", "", ["agent_api"]),
        ("[server]\nenableAgentApi = true\n", "[server]\nenableAgentApi = false\n", []),
        ("[client]\ntoolbarMode = 'viewer'\n", "", []),
        ("not toml", "", []),
    ],
)
def test_what_the_programs_own_file_leaves_open_another_may_set(
    home: str, own: str, found: list[str], place: Place
) -> None:
    (place.home / ".streamlit").mkdir()
    (place.home / ".streamlit" / "config.toml").write_text(home)
    config = place.root / ".streamlit" / "config.toml"
    config.write_text(config.read_text().replace("[server]\n", own or "[server]\n", 1))

    assert [wrong.check for wrong in screens.options(place)] == found


def test_the_web_servers_options_are_named_as_it_names_them_with_its_own_defaults() -> None:
    from streamlit import config

    theirs = config._config_options_template
    for option, _, unset, _ in screens.OPTIONS:
        default = theirs[option].default_val
        assert screens._plain(default) == screens._plain(unset), option


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_files_others_may_read_are_named_with_the_command_that_closes_them(place: Place) -> None:
    books = place.database.path
    assert books is not None
    (place.root / ".env").touch(mode=0o600)
    shm = Path(f"{books}-shm")  # there, because the database is open
    newest = next((place.settings.backup_folder or Path()).glob("*.zip"))
    log = place.settings.log_file or Path()
    log.parent.mkdir()
    log.touch()
    opened = {
        "books_private": shm,
        "folder_private": books.parent,
        "backups_private": newest,
        "env_private": place.root / ".env",
        "log": log,
    }
    for path in opened.values():
        path.chmod(stat.S_IMODE(path.stat().st_mode) | 0o044)

    found = {wrong.check: wrong for wrong in files.private(place) if wrong.check not in OF_THIS_MACHINE}

    assert found.keys() == opened.keys()
    for check, path in opened.items():
        assert str(path) in found[check].message
        assert f"chmod {700 if path.is_dir() else 600} {path}" in found[check].mend


def test_a_log_in_no_folder_is_named(unchanged: Place, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for file in (tmp_path / "file" / "school.log", tmp_path):
        assert [wrong.check for wrong in files.log(places.setting(unchanged, log_file=file))] == ["log"]


def test_books_on_a_network_share_are_told_by_the_nearest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\nserver:/x /srv/our\\040books nfs4 rw 0 0\n")

    assert files.kind_of_disk(Path("/srv/our books/school.db"), mounts) in files.NETWORKS
    assert files.kind_of_disk(Path("/srv/school.db"), mounts) == "ext4"


def test_a_port_that_another_program_holds_is_named(unchanged: Place) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        taken = places.setting(unchanged, port=other.getsockname()[1])

        assert [wrong.check for wrong in web.port(taken)] == ["port"]
    assert list(web.port(taken)) == []


def test_a_mail_server_that_does_not_take_the_password_is_named(unchanged: Place) -> None:
    with mail_server() as server:
        wrong = places.setting(
            unchanged,
            smtp_host="127.0.0.1",
            smtp_port=server.port,
            smtp_tls="starttls",
            smtp_from="a@hill.example",
        )
        (found,) = mail.answers(wrong)

    assert (found.check, "cannot do what the settings ask" in found.message) == ("mail_server", True)


def test_a_demo_user_who_may_sign_in_is_named(place: Place) -> None:
    with place.database.writing() as session:
        session.execute(text("UPDATE user_account SET is_demo = TRUE WHERE name IN ('finn', 'hope')"))
        session.execute(text("UPDATE user_account SET status = 'disabled' WHERE name = 'hope'"))

    assert inside(people.demo, place) == {"demo_users": "Users of the demo school may sign in: finn."}


def test_books_without_an_administrator_are_named_before_anything_of_a_second_factor(place: Place) -> None:
    with place.database.writing() as session:
        session.execute(text("DELETE FROM role_policy"))
    assert inside(people.administrators, place).keys() == {"second_factor"}

    with place.database.writing() as session:
        session.execute(text("DELETE FROM user_role WHERE role = 'administrator'"))
    assert inside(people.administrators, place).keys() == {"administrator"}


@pytest.mark.parametrize(
    ("pragma", "rule"), [("synchronous = OFF", "durability"), ("foreign_keys = OFF", "engine")]
)
def test_a_setting_that_is_not_in_force_on_a_connection_is_named(
    pragma: str, rule: str, place: Place
) -> None:
    place.database.engine.dispose()
    event.listen(place.database.engine, "connect", lambda opened, _: opened.execute(f"PRAGMA {pragma}"))

    found = inside(engine.settings_in_force, place)

    assert found.keys() - OF_THIS_MACHINE == {rule}
    assert pragma.split()[0] in found[rule]


@pytest.mark.postgres
def test_on_postgresql_a_commit_that_does_not_wait_and_a_role_that_may_too_much_are_named(
    postgresql_database: Database, tmp_path: Path
) -> None:
    place = Place(places.in_order(postgresql_database, tmp_path).settings, postgresql_database, deploy=True)
    role = f"clerk_{postgresql_database.url.database}"
    with postgresql_database.engine.begin() as connection:
        connection.execute(
            text(f"ALTER DATABASE {postgresql_database.url.database} SET synchronous_commit = off")
        )
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        connection.execute(text(f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {role}"))
    assert "rules the whole server" in inside(engine.role, place)["role"]
    postgresql_database.engine.dispose()
    assert "synchronous_commit is off" in inside(engine.settings_in_force, place)["durability"]

    less = replace(place, database=Database(postgresql_database.url.set(username=role)))
    try:
        assert inside(engine.role, less) == {}
        with postgresql_database.engine.begin() as connection:
            connection.execute(text(f"GRANT UPDATE (memo) ON line TO {role}"))
        assert inside(engine.role, less)["role"].endswith("may do what it never needs: UPDATE on line.")
    finally:
        less.database.engine.dispose()
        with postgresql_database.engine.begin() as connection:
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}"))


def test_a_guard_that_was_dropped_and_one_that_was_changed_are_named(
    database: Database, tmp_path: Path
) -> None:
    place = places.in_order(database, tmp_path)
    with database.engine.begin() as connection:
        if database.is_sqlite:
            connection.execute(text("DROP TRIGGER entry_kept"))
            connection.execute(text("DROP TRIGGER line_kept"))
            connection.execute(text("CREATE TRIGGER line_kept BEFORE UPDATE ON line BEGIN SELECT 1; END"))
        else:
            connection.execute(text("DROP TRIGGER entry_kept ON entry"))
            connection.execute(text("ALTER TABLE line DISABLE TRIGGER line_kept"))

    found = places.told(place)

    assert "entry_kept" in found["guards"]
    assert "line_kept" in found["guards"]


def test_a_total_that_does_not_follow_from_the_entries_is_named(place: Place) -> None:
    with place.database.engine.begin() as connection:
        connection.execute(text("UPDATE student_balance SET balance = balance + 1"))

    assert "balance" in places.told(place)["books"]


def test_a_damaged_file_is_named(place: Place) -> None:
    books = place.database.path
    assert books is not None
    place.database.engine.dispose()
    connection = sqlite3.connect(books)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    page = connection.execute(
        "SELECT rootpage FROM sqlite_schema WHERE name = 'ix_student_word_word'"
    ).fetchone()
    connection.close()
    with books.open("r+b") as file:
        file.seek((page[0] - 1) * 4096 if page else 40 * 4096)
        file.write(b"\xff" * 4096)

    assert "damage" in places.told(place)


def test_a_disk_without_room_is_named(unchanged: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits are put above what this machine has; the room itself is its own."""
    too_much = 10**18
    for limits, rule in (
        (disk.Limits(full=too_much), "disk_full"),
        (disk.Limits(low=too_much), "disk"),
        (disk.Limits(days=too_much), "disk"),
    ):
        monkeypatch.setattr(disk, "LIMITS", limits)
        with clock.set_to(datetime.now().astimezone()):
            assert inside(disk.room, unchanged).keys() == {rule}


def test_a_clock_behind_what_was_written_is_named(unchanged: Place) -> None:
    with clock.set_to(clock.now() - timedelta(days=400)):
        found = inside(moment.against_the_books, unchanged)["clock"]

    assert "the newest entry is of" in found
    assert inside(moment.against_the_books, unchanged) == {}


def test_a_clock_that_nobody_keeps_is_named(
    unchanged: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "timedatectl"
    for answer, found in (("NTPSynchronized=no", ["clock_kept"]), ("NTPSynchronized=yes", []), ("?", [])):
        program.write_text(f"#!/bin/sh\necho {answer}\n")
        program.chmod(0o700)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin{os.pathsep}/usr/bin")
        assert [wrong.check for wrong in moment.kept(unchanged)] == found


def test_a_time_zone_this_machine_does_not_know_is_named(place: Place) -> None:
    with place.database.engine.begin() as connection:
        connection.execute(text("UPDATE school SET time_zone = 'Mars/Olympus'"))

    assert "Mars/Olympus" in inside(moment.time_zone, place)["time_zone"]


def test_backups_that_are_missing_old_or_never_tried_are_named(place: Place) -> None:
    folder = place.settings.backup_folder
    assert folder is not None
    assert inside(kept.backed_up, place) == {}

    with clock.set_to(clock.now() + timedelta(days=8)):
        assert inside(kept.backed_up, place) == {
            "backup": "The newest backup is 8 days old.",
            "backup_tried": "No backup was tried for 8 days.",
        }
    for file in folder.iterdir():
        file.unlink()
    assert inside(kept.backed_up, place) == {"backup": f"There is no backup in {folder}."}
    places.backup(folder, made_at=clock.now(), tried_at=None)
    assert inside(kept.backed_up, place) == {"backup_tried": "No backup was tried ever."}


def test_tables_of_an_older_and_of_a_newer_version_are_told_apart(place: Place) -> None:
    for at, rule in (("0001", "migrations"), ("9999", "newer_books")):
        with place.database.engine.begin() as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{at}'"))
        assert rule in places.told(place)


def test_a_database_that_is_away_is_one_finding_and_the_rest_is_looked_at(
    unchanged: Place, tmp_path: Path
) -> None:
    for url in (f"sqlite:///{tmp_path / 'gone.db'}", "postgresql://clerk:Ab3dEf6hIj@127.0.0.1:1/books"):
        away = replace(places.setting(unchanged, https=False), database=Database(url))
        found = places.told(away)

        assert {"database", "https"} <= found.keys()
        assert "Ab3d" not in str(found)


def test_a_check_that_fails_is_a_finding(unchanged: Place) -> None:
    broken = replace(unchanged, settings=unchanged.settings.model_copy(update={"allowed_hosts": None}))

    assert "“web.hosts” could not be looked at: TypeError." in places.told(broken).values()


def test_every_rule_is_one_that_some_check_names() -> None:
    sources = "".join(path.read_text() for path in Path(installation.__file__).parent.glob("*.py"))

    assert [name for name in RULES if f'"{name}"' not in sources] == []
    assert {severity for rule in RULES.values() for severity in (rule.daily, rule.deploy)} <= {
        *SEVERITIES,
        "",
    }
