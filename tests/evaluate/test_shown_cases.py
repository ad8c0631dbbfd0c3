"""Facts from the test suites of other projects: every one answered right, through the whole document."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from slamon.evaluate import answer_document, read_document

FOLDER = Path(__file__).parents[1] / "data" / "cases"
FILES = sorted(FOLDER.glob("*.json"))


@cache
def answers(path: Path) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    cases = read_document(path.read_bytes())
    results, complete = answer_document(cases)
    assert complete
    assert [result["id"] for result in results] == [case["id"] for case in cases]
    return {case["id"]: (case, result) for case, result in zip(cases, results, strict=True)}


def right(found: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(right(found.get(key), expected[key], tolerance) for key in expected)
    if isinstance(expected, bool) or expected is None or isinstance(found, bool):
        return found is expected
    if isinstance(expected, (int, float)):
        return isinstance(found, (int, float)) and abs(found - expected) <= tolerance
    if found == expected:
        return True
    try:
        return abs((datetime.fromisoformat(found) - datetime.fromisoformat(expected)).total_seconds()) <= tolerance
    except (TypeError, ValueError):
        return False


def test_there_are_shown_cases() -> None:
    assert [path.name for path in FILES] == ["calendar_cases.json", "ticket_cases.json"]
    assert sum(len(answers(path)) for path in FILES) == 100


@pytest.mark.parametrize("case_id", [case_id for path in FILES for case_id in answers(path)])
def test_a_shown_case(case_id: str) -> None:
    case, result = next(answers(path)[case_id] for path in FILES if case_id in answers(path))
    tolerance = case.get("tolerance_seconds", 0)
    if "op" in case:
        accepted = [case["expect"], *case.get("also_accept", [])]
        assert any(right(result["answer"], expected, tolerance) for expected in accepted), result
        return
    for key, expected in case["expect"].items():
        accepted = [expected, *case.get("also_accept", {}).get(key, [])]
        assert any(right(result[key], each, tolerance) for each in accepted), (key, result[key], accepted)


def test_a_wrong_answer_would_be_seen() -> None:
    assert right("2026-10-19T10:00:00Z", "2026-10-19T12:00:00+02:00", 0)
    assert not right("2026-10-19T10:00:01Z", "2026-10-19T12:00:00+02:00", 0)
    assert not right(5401, 5400, 0)
    assert right(5401, 5400, 60)
    assert not right(None, "2026-10-19T12:00:00+02:00", 0)
    assert not right("2026-10-19T10:00:00Z", None, 0)
    assert not right(1, True, 0)
