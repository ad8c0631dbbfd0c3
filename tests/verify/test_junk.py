"""Any JSON at all gets findings, never an exception."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.verify import check
from tests.verify.builder import seal
from tests.verify.hand import CASES

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2026-03-02T14:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "24:00", "2026-02-30"])
    | st.sampled_from(["v1", "resolved", "cancelled", "restored", "terms", "started", "new_cycle", "../x"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(JUNK)
def test_junk_is_no_ledger(junk: Any) -> None:
    findings = check(junk)

    assert findings
    assert all(finding.isascii() and finding.isprintable() for finding in findings)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_ledger_with_junk_in_it_does_not_agree(data: st.DataObject) -> None:
    document = CASES[data.draw(st.sampled_from(sorted(CASES)))]()
    holder: Any = document
    key: Any = data.draw(st.sampled_from(sorted(document)))
    while isinstance(holder[key], dict | list) and holder[key] and data.draw(st.integers(0, 4)):
        holder = holder[key]
        key = data.draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
    before = copy.deepcopy(holder[key])
    holder[key] = data.draw(JUNK)

    findings = check(document)

    assert findings or holder[key] == before
    assert all(finding.isascii() for finding in findings)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_sealed_ledger_of_strange_events_gets_an_answer(data: st.DataObject) -> None:
    document = CASES[data.draw(st.sampled_from(sorted(CASES)))]()
    kinds = st.sampled_from(
        ["entered", "status", "restored", "cancelled", "resolved", "responded", "planned", "terms", "started"]
    )
    levels = st.sampled_from([None, "not_responded", "responded", "resolution_plan", "resolved", "waiting"])
    for one in document["events"][1:]:
        one["kind"] = data.draw(kinds)
        one["level"] = data.draw(levels)
        one["terms"] = data.draw(st.sampled_from([None, *document["terms"]]))
    for one in document["terms"].values():
        one["change"] = data.draw(st.sampled_from(["same_start", "forward", "strictest"]))
        one["reopen"] = data.draw(st.sampled_from(["resume", "count", "new_cycle"]))
        one["reopen_grace_seconds"] = data.draw(st.sampled_from([0, 3600, 3601, 10**9]))

    assert isinstance(check(seal(document)), list)


def test_a_number_too_long_to_print_is_a_finding() -> None:
    document = CASES["plain"]()
    document["intervals"][0]["counted_seconds"] = document["events"][0]["event"] = 10**5000

    assert "events[0].event: <int>, expected a whole number from 0" in check(document)


def test_what_is_nested_too_deeply_for_a_digest_is_a_finding() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]

    findings = check({**CASES["plain"](), "intervals": deep})

    assert "digest: cannot be computed: RecursionError" in findings


@pytest.mark.parametrize(
    ("entry", "as_of"),
    [
        ("0001-01-01T00:00:00Z", "2026-03-02T16:00:00Z"),
        ("2026-03-02T14:00:00Z", "9999-12-31T23:59:59Z"),
        ("1900-01-01T00:00:00Z", "2100-12-31T23:59:59Z"),
    ],
)
def test_a_life_too_long_to_look_at_is_a_finding(entry: str, as_of: str) -> None:
    document = CASES["plain"]()
    document["as_of"] = as_of
    document["events"][0]["at"] = document["events"][0]["not_before"] = entry

    assert any(finding.startswith("as_of: ") for finding in check(seal(document)))


def test_a_calendar_with_too_many_edges_is_a_finding() -> None:
    document = CASES["plain"]()
    document["as_of"] = "2100-01-01T00:00:00Z"
    minutes = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440)]
    windows = [[opens, closes] for opens, closes in zip(minutes[::2], minutes[1::2], strict=True)]
    document["calendar"]["hours"] = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), windows)

    expected = "calendar: too many edges within the life of the ticket to look at each"
    assert expected in check(seal(document))


def test_a_calendar_that_never_opens_gets_an_answer() -> None:
    document = CASES["plain"]()
    document["calendar"]["hours"] = {}

    assert 'stages[2].due_at: "2026-03-02T22:00:00Z", expected null' in check(seal(document))


@pytest.mark.parametrize("zone", ["", "Europe", "Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "zone.tab", 5])
def test_an_unknown_zone_is_a_finding(zone: object) -> None:
    document = CASES["plain"]()
    document["calendar"]["timezone"] = zone

    assert any(finding.startswith("calendar.timezone: ") for finding in check(seal(document)))
