"""The table says what was counted, the faults say where, and one sentence says whether all is well."""

from __future__ import annotations

import json

import pytest

from school.checks.findings import Finding
from school.stability.report import Report
from school.stability.tally import COUNTED, Row, Tally


def report(tally: Tally, *findings: Finding) -> Report:
    return Report("SQLite", 1, 7, 60, tally, "not tried, because none was found.", findings)


def paid(times: int) -> Tally:
    tally = Tally()
    for _ in range(times):
        tally.row("payment").tried += 1
        tally.row("payment").once()
    return tally


def test_of_twenty_answers_nineteen_came_within_the_p95() -> None:
    row = Row("payment", ms=list(range(1, 21)))

    assert row.p95_ms == 19
    assert Row("payment", ms=[7]).p95_ms == 7
    assert Row("payment").p95_ms is None


def test_a_clean_run_says_so_with_its_seed() -> None:
    found = report(paid(3))

    assert found.clean
    assert "seed 7" in found.sentence
    assert "3 payments were tried and each is in the books exactly once" in found.sentence


@pytest.mark.parametrize("kind", COUNTED)
def test_one_fault_of_any_kind_is_counted_named_and_not_clean(kind: str) -> None:
    tally = paid(2)
    tally.row("payment").fault(kind, "fi1-2 went wrong")

    found = report(tally)

    assert not found.clean
    assert found.sentence.startswith("NOT clean")
    assert f"1 {kind.replace('_', ' ')}" in found.sentence
    assert f"payment: {kind.replace('_', ' ')}: fi1-2 went wrong" in found.as_text()
    (case,) = found.as_data()["cases"]
    assert (case[kind], case["recorded_once"]) == (1, 2)


def test_books_that_disagree_are_not_clean_whatever_the_cases_say() -> None:
    found = report(paid(1), Finding("sums", "error", "Totals differ.", "Rebuild them."))

    assert not found.clean
    assert "Totals differ. Rebuild them." in found.as_text()


def test_figures_stand_under_their_headings_and_the_sum_closes_the_table() -> None:
    tally = paid(2)
    tally.row("sign-in").tried += 5

    table = report(tally).as_text().split("\n\n")[0].splitlines()

    assert len({len(line) for line in table}) == 1
    assert table[0].split()[:2] == ["tried", "recorded"]
    assert table[-1].split()[:4] == ["in", "all", "7", "2"]


def test_the_data_is_json() -> None:
    assert json.loads(json.dumps(report(paid(1)).as_data()))["clean"] is True


def test_what_repeats_is_named_a_few_times_and_counted_always() -> None:
    row = Row("payment")
    for n in range(50):
        row.fault("lost", f"payment {n}")
        row.fault("lost", "the same")

    assert row.lost == 100
    assert 1 < len(row.faults) < 10
