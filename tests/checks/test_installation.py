"""In an installation that is in order nothing is found, and a look never fails, whatever it meets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from school.checks import (
    installation,
)
from school.checks.findings import SEVERITIES
from school.checks.place import Place
from school.checks.rules import RULES
from school.db import Database
from tests.checks import places
from tests.checks.places import OF_THE_TEST_SERVER, OF_THIS_MACHINE
from tests.mail import free_port, mail_server


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
