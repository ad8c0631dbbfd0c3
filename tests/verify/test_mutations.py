"""Whatever is changed in a ledger that agrees, it does not agree any more."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from slamon.verify import check
from tests.verify.builder import Document, seal
from tests.verify.hand import CASES

Path = tuple[str | int, ...]


def _leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        for key in value:
            yield from _leaves(value[key], (*path, key))
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from _leaves(one, (*path, i))
    else:
        yield path


def _get(document: Any, path: Path) -> Any:
    for key in path:
        document = document[key]
    return document


def _with(document: Document, path: Path, value: Any) -> Document:
    changed = copy.deepcopy(document)
    _get(changed, path[:-1])[path[-1]] = value
    return changed


def _others(value: Any) -> list[Any]:
    """Return values near *value* that are not it: a second more or less, another text, another type."""
    if isinstance(value, bool):
        return [not value, None, int(value)]
    if isinstance(value, int):
        return [value + 1, value - 1, float(value), str(value), None]
    if isinstance(value, str) and value.endswith(":00Z"):
        return [value[:-3] + "01Z", value[:-1], None]
    if isinstance(value, str):
        return [value + "x", value[:-1], None]
    return [0, "x", "2026-03-02T15:00:00Z"]


@pytest.mark.parametrize("case", CASES)
def test_each_changed_leaf_breaks_the_digest(case: str) -> None:
    document = CASES[case]()

    for path in _leaves(document):
        other = _others(_get(document, path))[0]
        assert check(_with(document, path, other)), (path, other)


@pytest.mark.parametrize("case", CASES)
def test_each_changed_leaf_of_clock_stages_and_intervals_is_found_under_a_new_digest(case: str) -> None:
    document = CASES[case]()

    for key in ("clock", "stages", "intervals"):
        for path in _leaves(document[key], (key,)):
            for other in _others(_get(document, path)):
                if other != _get(document, path) or type(other) is not type(_get(document, path)):
                    assert check(seal(_with(document, path, other))), (path, other)


@pytest.mark.parametrize("case", CASES)
def test_each_interval_left_out_told_twice_or_put_elsewhere_is_found(case: str) -> None:
    document = CASES[case]()
    intervals = document["intervals"]

    for i, one in enumerate(intervals):
        assert check(seal({**document, "intervals": intervals[:i] + intervals[i + 1 :]}))
        assert check(seal({**document, "intervals": [*intervals[:i], one, *intervals[i:]]}))
        swapped = [*intervals[:i], *reversed(intervals[i : i + 2]), *intervals[i + 2 :]]
        assert swapped == intervals or check(seal({**document, "intervals": swapped}))


def test_two_intervals_told_as_one_are_found() -> None:
    document = CASES["plain"]()
    first, second = document["intervals"]
    joined = {**first, "to": second["to"], "counted_seconds": 7200, "business_seconds": 7200}

    assert check(seal({**document, "intervals": [joined]}))


def test_an_interval_told_in_two_is_found() -> None:
    document = CASES["pause"]()
    first, second = document["intervals"]
    noon = "2026-03-02T17:00:00Z"
    parts = [
        {**first, "to": noon, "counted_seconds": 10800, "business_seconds": 10800},
        {**first, "from": noon, "counted_seconds": 10800, "business_seconds": 10800},
    ]

    assert check(seal({**document, "intervals": [*parts, second]}))


# Facts from which something in these ledgers follows, with another value that is legal in itself.
FACTS: list[tuple[str, Path, Any]] = [
    ("plain", ("as_of",), "2026-03-02T16:00:01Z"),
    ("plain", ("format",), 2),
    ("plain", ("calendar", "version"), "cafe"),
    ("plain", ("calendar", "timezone"), "Europe/Berlin"),
    ("plain", ("calendar", "hours", "mon", 0, 0), "09:01"),
    ("plain", ("calendar", "hours", "mon", 0, 1), "16:59"),
    ("plain", ("calendar", "hours", "mon"), []),
    ("plain", ("calendar", "holidays"), ["2026-03-02"]),
    ("plain", ("terms", "v1", "calendar"), "cafe"),
    ("plain", ("terms", "v1", "respond_seconds"), 3601),
    ("plain", ("terms", "v1", "plan_seconds"), 3600),
    ("plain", ("terms", "v1", "resolve_seconds"), None),
    ("plain", ("events", 0, "event"), 0),
    ("plain", ("events", 0, "name"), "Brand new"),
    ("plain", ("events", 0, "level"), "responded"),
    ("plain", ("events", 0, "at"), "2026-03-02T13:59:59Z"),
    ("plain", ("events", 1, "kind"), "owner"),
    ("plain", ("events", 2, "event"), 33),
    ("plain", ("events", 2, "at"), "2026-03-02T14:30:01Z"),
    ("plain", ("events", 2, "kind"), "owner"),
    ("plain", ("events", 2, "level"), "waiting"),
    ("plain", ("events", 2, "not_before"), "2026-03-02T14:30:01Z"),
    ("plain", ("events", 2, "origin"), "hearsay"),
    ("plain", ("events", 3, "event"), 3),
    ("plain", ("events", 3, "at"), "2026-03-02T14:29:59Z"),
    ("pause", ("calendar", "hours", "tue"), []),
    ("pause", ("events", 2, "level"), "not_responded"),
    ("holiday", ("calendar", "holidays", 0), "2026-12-24"),
    ("holiday", ("calendar", "holidays", 1, "date"), "2026-12-23"),
    ("holiday", ("calendar", "holidays", 1, "from"), "12:01"),
    ("holiday", ("calendar", "holidays", 1, "to"), "16:59"),
    ("holiday", ("calendar", "holidays", 1, "name"), "whole day"),
    ("holiday", ("calendar", "openings", 0, "from"), "09:01"),
    ("holiday", ("calendar", "openings", 0, "to"), "10:59"),
    ("autumn_night", ("calendar", "timezone"), "Europe/London"),
    ("reopened_resume", ("terms", "v1", "reopen"), "count"),
    ("reopened_resume", ("terms", "v1", "reopen"), "new_cycle"),
    ("reopened_count", ("terms", "v1", "reopen"), "resume"),
    ("reopened_resume", ("terms", "v1", "reopen_grace_seconds"), 3601),
    ("grace", ("terms", "v1", "reopen_grace_seconds"), 3600),
    ("forward", ("terms", "v2", "change"), "same_start"),
    ("forward", ("terms", "v2", "policy"), "Silver"),
    ("same_start", ("terms", "v2", "change"), "forward"),
    ("strictest", ("terms", "v2", "change"), "same_start"),
    ("strictest", ("terms", "v1", "resolve_seconds"), 10799),
    ("waiting_responds", ("terms", "v1", "waiting_responds"), False),
    ("not_started", ("events", 2, "at"), "2026-03-03T14:00:01Z"),
    ("cancelled", ("events", 2, "name"), "deleted"),
    ("restored", ("events", 3, "level"), "waiting"),
    ("own_dates", ("events", 3, "kind"), "planned"),
    ("own_dates", ("events", 5, "at"), "2026-03-02T16:00:01Z"),
    ("not_measured", ("events", 2, "kind"), "owner"),
]


@pytest.mark.parametrize(("case", "path", "other"), FACTS, ids=lambda value: str(value))
def test_a_changed_fact_is_found_under_a_new_digest(case: str, path: Path, other: Any) -> None:
    document = CASES[case]()
    assert _get(document, path) != other

    assert check(seal(_with(document, path, other)))


@pytest.mark.parametrize("case", CASES)
def test_each_level_setting_event_left_out_is_found_under_a_new_digest(case: str) -> None:
    document = CASES[case]()
    events = document["events"]
    kinds = ("entered", "status", "cancelled", "restored", "resolved", "terms")

    # Even what moves nothing, such as a second resolve, begins an interval.
    for i, one in enumerate(events):
        if one["kind"] in kinds and one["at"] <= document["as_of"]:
            assert check(seal({**document, "events": events[:i] + events[i + 1 :]})), one


def test_an_unknown_key_is_found_wherever_it_stands() -> None:
    document = CASES["holiday"]()
    places: list[Path] = [(), ("calendar",), ("calendar", "hours"), ("calendar", "openings", 0), ("events", 0)]
    places += [("terms", "v1"), ("clock",), ("stages", 0), ("intervals", 0)]

    for path in places:
        changed = copy.deepcopy(document)
        _get(changed, path)["note"] = "paid"
        assert any("note" in finding for finding in check(seal(changed))), path
