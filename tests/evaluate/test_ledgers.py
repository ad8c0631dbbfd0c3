"""`slamon evaluate --ledger`: what it adds agrees with the result, and with the independent checker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slamon.evaluate import answer_document
from slamon.verify import check

CASES: list[dict[str, Any]] = json.loads(Path("tests/data/cases/ticket_cases.json").read_bytes())["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_shown_cases_can_be_re_added(case: dict[str, Any]) -> None:
    ((result,), complete) = answer_document([case], ledgers=True)

    assert complete
    ledger = result["ledger"]
    assert check(ledger) == []
    assert sum(interval["counted_seconds"] for interval in ledger["intervals"]) == result["elapsed"]
    for stage in ledger["stages"]:
        name = stage["stage"]
        assert (stage["elapsed_seconds"], stage["due_at"]) == (result[f"{name}_elapsed"], result[f"{name}_due"])
        assert stage["breached_at"] == result[f"{name}_breached_at"]


def test_a_response_after_the_end_does_not_count_again() -> None:
    case = CASES[0] | {
        "created": "2026-11-02T09:00:00Z",
        "status": "Open",
        "pause_statuses": [],
        "stop_statuses": ["Closed"],
        "targets": {"respond": 3600},
        "events": [
            {"at": "2026-11-02T12:00:00Z", "status": "Closed"},
            {"at": "2026-11-02T13:00:00Z", "responded": True},
        ],
        "as_of": "2026-11-02T15:00:00Z",
    }
    ((result,), _) = answer_document([case], ledgers=True)

    assert check(result["ledger"]) == []
    assert result["ledger"]["stages"][0]["reached_at"] == "2026-11-02T12:00:00Z"


def test_a_stage_that_ignores_pauses_has_a_ledger_of_its_own() -> None:
    case = CASES[0] | {
        "created": "2026-11-02T09:00:00Z",
        "status": "Waiting",
        "pause_statuses": ["Waiting"],
        "stop_statuses": [],
        "pauses_apply_to": ["resolve"],
        "targets": {"respond": 3600, "resolve": 7200},
        "events": [],
        "as_of": "2026-11-02T15:00:00Z",
    }
    ((result,), _) = answer_document([case], ledgers=True)

    assert check(result["ledger"]) == check(result["ledger_without_pauses"]) == []
    assert result["ledger"]["stages"][2]["elapsed_seconds"] == result["resolve_elapsed"] == 0
    assert result["ledger_without_pauses"]["stages"][0]["elapsed_seconds"] == result["respond_elapsed"] > 0
