"""What is wrong around the books is found by name: settings, secrets, the web server, files, mail, the clock.

Each test puts one thing wrong for real: a name in the environment, a line of a file, a right, a port.
"""

from __future__ import annotations

import os
import socket
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from school.checks import (
    configured,
    files,
    installation,
    mail,
    moment,
    screens,
    secrets,
    web,
)
from school.checks.installation import Around
from school.checks.place import Place
from school.db import Database
from tests.checks import places
from tests.checks.places import OF_THIS_MACHINE
from tests.mail import mail_server

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


@pytest.mark.parametrize(
    ("password", "found"),
    [
        ("", ["names a server and no password"]),
        (":postgres", ["stands in examples"]),
        (":clerk", ["stands in examples"]),
        (":kx8a2b", ["shorter than 12"]),
        (":password1234", ["easy to guess"]),
        (":b8TqW3xkVn5rJ2mD", []),
    ],
)
def test_a_password_of_the_database_is_looked_at(password: str, found: list[str], unchanged: Place) -> None:
    place = replace(unchanged, database=Database(f"postgresql://clerk{password}@db.example/books"))

    told = [one.message for look in (secrets.present, secrets.strong) for one in look(place)]

    assert [said in message for said, message in zip(found, told, strict=True)] == [True] * len(found)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only the machine's administrator can give")
def test_books_of_another_user_are_named(place: Place) -> None:
    assert place.database.path is not None
    os.chown(place.database.path, 12345, -1)

    assert "the user with the number 12345" in next(
        one.message for one in files.private(place) if one.check == "owner"
    )


def test_a_clock_that_nobody_keeps_is_named(
    unchanged: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "timedatectl"
    for answer, found in (("NTPSynchronized=no", ["clock_kept"]), ("NTPSynchronized=yes", []), ("?", [])):
        program.write_text(f"#!/bin/sh\necho {answer}\n")
        program.chmod(0o700)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin{os.pathsep}/usr/bin")
        assert [wrong.check for wrong in moment.kept(unchanged)] == found
