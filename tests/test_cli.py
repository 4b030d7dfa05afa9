"""Scripts lean on what the command line prints; every refusal is one sentence on stderr and exit 1."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from school import cli
from school.db import Database
from school.db import database as program_database
from school.settings import settings
from tests.databases import url_text

EXAMPLES = Path(__file__).parent / "intake" / "examples"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Runs a command on the test's database; (exit code, stdout, stderr)."""

    def command(*words: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = cli.main(list(words))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    monkeypatch.setenv("SCHOOL_DATABASE_URL", url_text(database))
    monkeypatch.setenv("SCHOOL_CURRENCY", "EUR")
    monkeypatch.setenv("SCHOOL_TIMEZONE", "Europe/Paris")
    for kept in (settings, program_database):
        kept.cache_clear()
    yield command
    program_database().engine.dispose()
    for kept in (settings, program_database):
        kept.cache_clear()


def refused(answer: tuple[int, str, str]) -> str:
    code, out, err = answer
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    return err.strip()


def test_migrate_makes_the_school_that_the_settings_describe_once(run: Run, database: Database) -> None:
    first, second = run("migrate"), run("migrate")

    assert "Made Our school: EUR, Europe/Paris." in first[1]
    assert "Made" not in second[1]
    with database.reading() as session:
        assert session.execute(text("SELECT currency, exponent, time_zone FROM school")).one() == (
            "EUR",
            2,
            "Europe/Paris",
        )
        assert session.scalar(text("SELECT count(*) FROM account")) > 10


def test_a_user_is_added_with_a_password_from_standard_input(run: Run, database: Database) -> None:
    run("migrate")

    added = run(
        "user", "add", "Ada", "--role", "finance", "--password-stdin", stdin="maple-otter-quilt-zebra\n"
    )

    assert added == (0, "Added Ada (finance).\nThe first sign-in asks for a password of their own.\n", "")
    with database.reading() as session:
        assert session.execute(
            text("SELECT name, role, must_change_password FROM user_account JOIN user_role ON id = user_id")
        ).all() == [("ada", "finance", True)]


def test_a_password_that_nobody_else_knows_is_kept(run: Run, database: Database) -> None:
    run("migrate")

    added = run(
        *("user", "add", "ada", "--role", "finance", "--password-stdin", "--keep-password"),
        stdin="maple-otter-quilt-zebra\n",
    )

    assert added == (0, "Added ada (finance).\n", "")
    with database.reading() as session:
        assert not session.scalar(text("SELECT must_change_password FROM user_account"))


@pytest.mark.parametrize(
    ("words", "stdin", "sentence"),
    [
        (
            ["user", "add", "ada", "--role", "finance", "--password-stdin"],
            "short\n",
            "at least 10 characters",
        ),
        (["user", "add", "ada", "--role", "finance", "--password-stdin"], "", "at least 10 characters"),
        (["user", "add", "ada", "--role", "queen", "--password-stdin"], "maple-otter-quilt-zebra\n", "role"),
        (["user", "add", "", "--role", "head", "--password-stdin"], "maple-otter-quilt-zebra\n", "name"),
        (["user", "add", "ada", "--password-stdin"], "", "--role"),
        (["user", "add", "ada", "--role", "finance"], "", "--password-stdin"),
        (["import", "students", "nowhere.csv"], "", "nowhere.csv cannot be read: no such file"),
        (["import", "students", "."], "", "cannot be read"),
        (["export", "--format", "excel"], "", "excel"),
        (["export", "--format", "csv", "--output", "/nowhere/books.csv"], "", "cannot be written"),
        (["dance"], "", "dance"),
        (["verify", "--loudly"], "", "--loudly"),
    ],
)
def test_a_refusal_is_one_sentence(run: Run, words: list[str], stdin: str, sentence: str) -> None:
    run("migrate")

    assert sentence in refused(run(*words, stdin=stdin))


def test_what_needs_a_school_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    register = str(EXAMPLES / "riverside_register.csv")

    assert "set up" in refused(run("import", "students", register))


def test_a_dry_run_writes_nothing_and_an_import_happens_once(run: Run, database: Database) -> None:
    run("migrate")
    register = str(EXAMPLES / "riverside_register.csv")
    truth = json.loads((EXAMPLES / "riverside_register.csv.truth.json").read_text())

    dry = json.loads(run("import", "students", register, "--json")[1])
    with database.reading() as session:
        written = session.scalar(text("SELECT count(*) FROM student"))
    first = json.loads(run("import", "students", register, "--apply", "--json")[1])
    again = json.loads(run("import", "students", register, "--apply", "--json")[1])

    assert written == 0
    assert dry == first
    assert first == {
        "good": truth["rows_good"],
        "unchanged": 0,
        "total_minor": truth["opening_total_minor"],
        "bad": [],
    }
    assert again == {"good": 0, "unchanged": truth["rows_good"], "total_minor": 0, "bad": []}


def test_headings_of_one_s_own_are_mapped(run: Run, tmp_path: Path) -> None:
    run("migrate")
    file = tmp_path / "pupils.csv"
    file.write_text("Ref;Called;Owing\nA1;Zoë Brown;12,50\n", encoding="utf-8")

    answer = run(
        "import", "students", str(file), "--json", "--map", "Ref=admission_no,Called=name,Owing=balance"
    )

    assert json.loads(answer[1]) == {"good": 1, "unchanged": 0, "total_minor": 1250, "bad": []}


@pytest.mark.parametrize("pairs", ["Ref", "Ref=", "=name", "Ref=queen"])
def test_a_mapping_that_makes_no_sense_is_refused(run: Run, tmp_path: Path, pairs: str) -> None:
    run("migrate")
    file = tmp_path / "pupils.csv"
    file.write_text("Ref,Called\nA1,Zoë\n", encoding="utf-8")

    refused(run("import", "students", str(file), "--map", pairs))


def test_verify_prints_a_list_of_findings(run: Run, database: Database) -> None:
    run("migrate")
    clean = run("verify", "--json")
    with database.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO day_total (date, account, amount) VALUES ('2026-01-01', 'CASH', 5)")
        )

    code, out, _ = run("verify", "--json")

    assert (clean[0], json.loads(clean[1])) == (0, [])
    assert code == 1
    (finding,) = json.loads(out)
    assert set(finding) == {"check", "severity", "message", "why", "mend"}


@pytest.mark.parametrize("words", [["verify"], ["export", "--format", "csv"]])
def test_a_database_that_was_never_migrated_is_not_used(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str]
) -> None:
    file = tmp_path / "new.db"
    monkeypatch.setenv("SCHOOL_DATABASE_URL", f"sqlite:///{file}")

    missing = refused(run(*words))
    assert missing == f"There are no books at {file}: python3 -m school migrate begins new ones."

    file.touch()
    assert refused(run(*words)) == "The database is not up to date: run python3 -m school migrate first."


@pytest.mark.parametrize("form", ["hledger", "beancount", "csv"])
def test_an_empty_ledger_can_be_exported(run: Run, form: str) -> None:
    run("migrate")

    code, out, err = run("export", "--format", form)

    assert (code, err) == (0, "")
    assert "Traceback" not in out


def test_a_bare_command_shows_what_there_is(run: Run) -> None:
    code, out, _ = run()

    assert code == 0
    for command in (
        "demo",
        "run",
        "migrate",
        "user",
        "import",
        "verify",
        "check",
        "rebuild",
        "export",
        "stability",
        "setup",
        "test",
    ):
        assert command in out
