"""What the dashboard, the alerts and the documents name is there, and what is there is told."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from school import clock, db, metrics
from school.backups.manifest import Manifest
from school.backups.queries import BackupFacts
from school.db import Database
from school.monitoring import exposition, queries, watch
from school.settings import ROOT
from school.ui import observed
from tests import make
from tests.pages import opening

NAME = re.compile(r"\b(?:school|process|python)_[a-z_]+")
ALERTS = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))
RULES = {rule["alert"]: rule for group in ALERTS["groups"] for rule in group["rules"]}
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "school-fee-ledger.json").read_text(encoding="utf-8"))
MONITORING = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")


@pytest.fixture
def families(database: Database, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """The samples of each figure, of a school that has a backup and was looked at."""
    with database.writing() as session:
        make.school(session)
    real = queries.figures
    monkeypatch.setattr(queries, "figures", lambda *asked: replace(real(*asked), backup=backup()))
    metrics.page_ran("today", 0.1)
    metrics.http_seconds.labels("page", "2xx").observe(0.1)
    assert observed.page_of("/today") == "today"
    with opening.program_on(database):
        assert watch.look(db.database())
        text, _ = exposition.everything("")
    return {f.name: {s.name for s in f.samples} for f in text_string_to_metric_families(text.decode())}


def backup() -> BackupFacts:
    facts = dict.fromkeys(Manifest.__dataclass_fields__)
    return BackupFacts(
        Path("x"), clock.now() - timedelta(hours=3), 10, None, False, "daily", Manifest(**facts)
    )


def test_every_figure_is_one_that_is_counted(families: dict[str, set[str]]) -> None:
    known = set().union(*families.values())
    asked = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    asked += [rule["expr"] for rule in RULES.values()]

    assert len(asked) > 30
    assert {name for expression in asked for name in NAME.findall(expression)} <= known


def test_the_document_tells_of_every_figure_of_ours_and_of_no_other(families: dict[str, set[str]]) -> None:
    told = set(re.findall(r"^\| `(school_[a-z_]+)`", MONITORING, re.MULTILINE))

    assert told == {name for name in families if name.startswith("school_")}


def test_figures_have_few_labels_and_no_value_of_a_label_is_anybody_s(families: dict[str, set[str]]) -> None:
    """Of a school with people in it; ids would be labels without end."""
    text = exposition.REGISTRY.collect()
    labels = {name for family in text for sample in family.samples for name in sample.labels}

    assert {"user", "user_id", "student", "address", "sign_in", "path"} & labels == set()
    assert sum(len(family.samples) for family in exposition.REGISTRY.collect()) < 1_500


@pytest.mark.parametrize("name", RULES)
def test_each_alert_leads_to_its_paragraph(name: str) -> None:
    document, _, anchor = RULES[name]["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / document).read_text(encoding="utf-8"), re.MULTILINE)

    assert anchor in {heading.lower().replace(" ", "-") for heading in headings}
    assert RULES[name]["labels"]["severity"] in {"critical", "warning"}


def test_what_somebody_must_be_told_of_is_an_alert() -> None:
    wanted = (
        "Down PageErrors SessionErrors PaymentsFailing Slow BooksDisagree BackupOld DiskLow LettersFailing"
    )

    assert {f"School{name}" for name in wanted.split()} <= set(RULES)


def test_no_two_panels_of_the_dashboard_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
