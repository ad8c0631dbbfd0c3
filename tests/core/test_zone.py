"""Zone rules as steps of offset: what zoneinfo answers, for every zone, and nothing slipped between two looks."""

from __future__ import annotations

import hashlib
import random
import struct
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, available_timezones

import pytest

from slamon.core.zone import load_zone, offset_steps
from tests.core.samples import DAY, epoch

FIRST, LAST = 1970, 2100


@cache
def zones() -> list[str]:
    """Return every zone, one name for each distinct set of rules."""
    distinct = {hashlib.sha256(_file(name)).digest(): name for name in sorted(available_timezones(), reverse=True)}
    return sorted(distinct.values())


def _file(name: str) -> bytes:
    """Return the zone's compiled rules from where zoneinfo takes them."""
    for folder in TZPATH:
        if (path := Path(folder, name)).is_file():
            return path.read_bytes()
    return resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).read_bytes()


def written_changes(name: str) -> list[tuple[int, int]]:
    """Return (instant, offset) of each change the zone's file writes out (RFC 8536, version 2 block)."""
    data = _file(name)
    first = _counts(data, 0)
    header = 44 + _body(first, 4)
    _, _, leaps, times, types, _ = _counts(data, header)
    assert not leaps
    place = header + 44
    instants = struct.unpack_from(f">{times}q", data, place)
    kinds = data[place + 8 * times : place + 9 * times]
    offsets = [struct.unpack_from(">i", data, place + 9 * times + 6 * index)[0] for index in range(types)]
    return [(at, offsets[kind]) for at, kind in zip(instants, kinds, strict=True)]


def _counts(data: bytes, place: int) -> tuple[int, ...]:
    assert data[place : place + 4] == b"TZif"
    return struct.unpack_from(">6l", data, place + 20)


def _body(counts: tuple[int, ...], size: int) -> int:
    utc_indicators, standard_indicators, leaps, times, types, letters = counts
    return times * (size + 1) + types * 6 + letters + leaps * (size + 4) + standard_indicators + utc_indicators


def at_year(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


def offset(zone: ZoneInfo, at: int) -> int:
    found = datetime.fromtimestamp(at, zone).utcoffset()
    assert found is not None
    return int(found.total_seconds())


def test_there_are_as_many_zones_as_iana_has_rules() -> None:
    assert len(available_timezones()) > 400
    assert len(zones()) > 300


def test_no_zone_has_two_changes_within_a_day_that_cancel_out() -> None:
    found = [
        (name, at)
        for name in zones()
        for (_, before), (at, _), (later, after) in _triples(written_changes(name))
        if at >= at_year(FIRST - 70) and later - at <= DAY and before == after
    ]

    assert found == []


def test_no_zone_has_such_changes_by_its_rule_for_far_years() -> None:
    # The rule for the years that the file does not write out is the same every year: one year is enough.
    found = []
    for name in zones():
        zone = load_zone(name)
        seen = [offset(zone, at) for at in range(at_year(LAST), at_year(LAST + 1), DAY // 12)]
        changes = [place for place, (before, after) in enumerate(pairwise(seen)) if before != after]
        if any(later - sooner < 12 * 7 for sooner, later in pairwise(changes)):
            found.append(name)

    assert found == []


def _triples(changes: list[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], ...]]:
    return zip(changes, changes[1:], changes[2:], strict=False)


def test_the_steps_of_every_zone_are_what_zoneinfo_answers() -> None:
    chance = random.Random(1970)
    wrong = []
    for name in zones():
        zone = load_zone(name)
        written = [at for at, _ in written_changes(name) if at_year(FIRST) <= at < at_year(2038)]
        years = {datetime.fromtimestamp(at, UTC).year for at in written}
        for year in years | {chance.randint(1900, FIRST), chance.randint(2038, LAST)}:
            steps = offset_steps(name, year, year)
            edges = [at for at, _ in steps] + [at for at in written if at_year(year) <= at < at_year(year + 1)]
            asked = [edge + shift for edge in edges for shift in (-1, 0, 1)]
            asked += [chance.randrange(at_year(year), at_year(year + 1)) for _ in range(20)]
            begins = [at for at, _ in steps]
            wrong += [
                (name, at)
                for at in asked
                if at_year(year) <= at < at_year(year + 1)
                and steps[bisect_right(begins, at) - 1][1] != offset(zone, at)
            ]

    assert wrong == []


# Casablanca changed its clock exactly at midnight UTC, the first second of the day that is looked at.
def test_a_change_on_the_first_second_of_a_utc_day_is_seen() -> None:
    steps = offset_steps("Africa/Casablanca", 2008, 2008)

    assert (epoch("2008-06-01T00:00:00"), 3600) in steps


def test_years_join_without_a_step_where_nothing_changes() -> None:
    steps = offset_steps("Europe/Berlin", 2025, 2026)

    assert [datetime.fromtimestamp(at, UTC).isoformat() for at, _ in steps] == [
        "2025-01-01T00:00:00+00:00",
        "2025-03-30T01:00:00+00:00",
        "2025-10-26T01:00:00+00:00",
        "2026-03-29T01:00:00+00:00",
        "2026-10-25T01:00:00+00:00",
    ]
    assert [seconds for _, seconds in steps] == [3600, 7200, 3600, 7200, 3600]


@pytest.mark.parametrize(
    "name", ["", " ", "Europe/Berlin ", "europe/berlin", "America", "../zone", "a\0b", "CEST", "\ud800"]
)
def test_what_is_not_an_iana_zone_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(ValueError, match="not an IANA time zone; write one such as"):
        load_zone(name)
