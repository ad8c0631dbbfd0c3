"""Time zones as steps: from which instant which offset holds. The only place that asks zoneinfo for rules."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

DAY = 86_400


@cache
def load_zone(name: str) -> ZoneInfo:
    """Return the IANA zone called *name*.

    Raises:
        ValueError: No such zone. Never falls back to another one.
    """
    try:
        if name != name.strip() or not name:
            raise ValueError(name)
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is not an IANA time zone; write one such as Europe/London or America/New_York"
        ) from None


def offset_at(zone: ZoneInfo, at: int) -> int:
    """Return the zone's offset from UTC at epoch second *at*, in seconds, positive to the east."""
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


@lru_cache(maxsize=65_536)
def steps_of_year(name: str, year: int) -> tuple[tuple[int, int], ...]:
    """Return (from instant, offset) pairs that hold in the UTC *year*, the first at its first second.

    Found by asking once a day and halving where two days differ, so every
    zone that zoneinfo knows is right, including its rule for far years. Two
    changes within one day that cancel out would be missed; a test proves
    that no zone has them.
    """
    zone = load_zone(name)
    first = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    last = int(datetime(year + 1, 1, 1, tzinfo=UTC).timestamp())
    offset = offset_at(zone, first)
    steps = [(first, offset)]
    for day in range(first, last, DAY):
        end = min(day + DAY, last) - 1
        if offset_at(zone, end) != offset:
            # The change may fall exactly on the day's first second.
            _halve(zone, max(day - 1, first), end, steps)
            offset = steps[-1][1]
    return tuple(steps)


def _halve(zone: ZoneInfo, low: int, high: int, steps: list[tuple[int, int]]) -> None:
    """Append every change of offset in (low, high] to *steps*, in order."""
    if offset_at(zone, low) == offset_at(zone, high):
        return
    if high - low == 1:
        steps.append((high, offset_at(zone, high)))
        return
    middle = (low + high) // 2
    _halve(zone, low, middle, steps)
    _halve(zone, middle, high, steps)


def offset_steps(name: str, first_year: int, last_year: int) -> list[tuple[int, int]]:
    """Return (from instant, offset) pairs for whole UTC years, both included; merged, in order."""
    steps: list[tuple[int, int]] = []
    for year in range(first_year, last_year + 1):
        for step in steps_of_year(name, year):
            if not steps or steps[-1][1] != step[1]:
                steps.append(step)
    return steps
