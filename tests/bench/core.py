"""How fast calendars and clocks are, beside peers and beside moving the same bytes, in the same run.

Peers are asked fewer questions, as they would take hours; all figures are per
question. `python -m tests.bench.core` prints the table.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from datetime import time as clock_time
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from slamon.core.calendar import BusinessCalendar
from slamon.core.clock import read_clocks
from slamon.core.history import Histories, build_terms_table
from slamon.core.instants import from_epoch
from slamon.core.policy import Terms
from slamon.core.rules_document import rules_from_document

Row = tuple[str, float, str]
ROUNDS = 15
ZONES = ("Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "America/Los_Angeles")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
JANUARY_2026 = 1_767_225_600
DAY = 86_400


def rows(tickets: int = 1_000_000) -> list[Row]:
    return [*_calendar_rows(), *_clock_rows(tickets)]


def _calendar(number: int) -> BusinessCalendar:
    closes = f"{17 + number % 3}:{number % 4 * 15:02}"
    hours = {day: [["08:00", "12:00"], ["13:00", closes]] for day in WEEKDAYS}
    rules = rules_from_document(f"c{number}", {"timezone": ZONES[number % len(ZONES)], "hours": hours})
    return BusinessCalendar(rules)


def _calendar_rows() -> list[Row]:
    calendar, random = _calendar(1), np.random.default_rng(1)
    found: list[Row] = []
    for count in (1, 1_000, 1_000_000):
        starts = random.integers(JANUARY_2026, JANUARY_2026 + 300 * DAY, count)
        ends = starts + random.integers(0, 10 * DAY, count)
        amounts = random.integers(1, 10 * 8 * 3600, count)
        added = np.empty_like(starts)
        add, due, elapsed = _interleaved(
            partial(np.add, starts, amounts, out=added),
            partial(calendar.due_at, starts, amounts),
            partial(calendar.elapsed, starts, ends),
        )
        name = f"{count:,} instants"
        found += [
            (f"due_at, {name}", due / count * 1e9, "ns each"),
            (f"elapsed, {name}", elapsed / count * 1e9, "ns each"),
        ]
        if count == 1_000_000:
            found += [
                ("a memory-bound add of the same instants", add / count * 1e9, "ns each"),
                ("due_at / memory-bound add", due / add, "x"),
                ("elapsed / memory-bound add", elapsed / add, "x"),
            ]
            bulk_due, bulk_elapsed = due / count, elapsed / count
    start, amount = int(starts[0]), int(amounts[0])
    zone = ZoneInfo(ZONES[1])
    scalar, walk = _interleaved(
        lambda: [calendar.due_at(start, amount) for _ in range(100)],
        lambda: [_walk(zone, start, amount) for _ in range(100)],
    )
    found += [
        ("due_at, one instant as a plain int", scalar * 1e4, "us"),
        ("a walk over days with zoneinfo / that", walk / scalar, "x"),
    ]
    for peer, ask, questions in _peers(starts[:200].tolist(), amounts[:200].tolist(), ends[:200].tolist()):
        (took,) = _interleaved(ask, rounds=3)
        bulk = bulk_elapsed if "elapsed" in peer else bulk_due
        found.append((f"{peer} / ours", took / questions / bulk, "x"))
    return found


def _peers(starts: list[int], amounts: list[int], ends: list[int]) -> list[tuple[str, Callable[[], object], int]]:
    import businesstimedelta as btd
    import pandas as pd

    zone = ZoneInfo(ZONES[1])
    workday = btd.WorkDayRule(start_time=clock_time(8), end_time=clock_time(18, 15), working_days=[0, 1, 2, 3, 4])
    lunch = btd.LunchTimeRule(start_time=clock_time(12), end_time=clock_time(13), working_days=[0, 1, 2, 3, 4])
    rules = btd.Rules([workday, lunch])
    local = [from_epoch(at).astimezone(zone).replace(tzinfo=None) for at in starts]
    until = [from_epoch(at).astimezone(zone).replace(tzinfo=None) for at in ends]
    hours = pd.offsets.CustomBusinessHour(start=["08:00", "13:00"], end=["12:00", "18:15"])
    stamps = [pd.Timestamp(at) for at in local]
    return [
        (
            "due_at by businesstimedelta",
            lambda: [at + btd.BusinessTimeDelta(rules, seconds=s) for at, s in zip(local, amounts, strict=True)],
            len(starts),
        ),
        (
            "elapsed by businesstimedelta",
            lambda: [rules.difference(a, b) for a, b in zip(local, until, strict=True)],
            len(starts),
        ),
        (
            "due_at by pandas CustomBusinessHour (whole hours)",
            lambda: [at + hours * (1 + s // 3600) for at, s in zip(stamps, amounts, strict=True)],
            len(starts),
        ),
        (
            "due_at by a walk over days with zoneinfo",
            lambda: [_walk(zone, at, s) for at, s in zip(starts, amounts, strict=True)],
            len(starts),
        ),
    ]


def _walk(zone: ZoneInfo, start: int, amount: int) -> float:
    """The obvious way: local windows day by day, each turned into UTC."""
    day = from_epoch(start).astimezone(zone).date()
    while True:
        if day.weekday() < 5:
            for opens, closes in ((clock_time(8), clock_time(12)), (clock_time(13), clock_time(18, 15))):
                begins = max(start, datetime.combine(day, opens, zone).timestamp())
                ends = datetime.combine(day, closes, zone).timestamp()
                if begins < ends:
                    if amount <= ends - begins:
                        return begins + amount
                    amount -= int(ends - begins)
        day += timedelta(days=1)


def _clock_rows(tickets: int) -> list[Row]:
    calendars = [_calendar(number) for number in range(50)]
    histories = _histories(tickets)
    as_of = JANUARY_2026 + 300 * DAY
    columns = (histories.at, histories.level, histories.terms, histories.marks, histories.first)
    read, copied = _interleaved(
        lambda: read_clocks(histories, calendars, as_of), lambda: [column.copy() for column in columns], rounds=5
    )
    one = _first(histories, 1)
    (single,) = _interleaved(lambda: read_clocks(one, calendars, as_of))
    some = _first(histories, 2_000)
    loop = [_only(some, index) for index in range(500)]
    (looped,) = _interleaved(lambda: [read_clocks(each, calendars, as_of) for each in loop], rounds=3)
    return [
        (f"readings of {tickets:,} tickets x 8 events, 50 calendars", read, "s"),
        ("the same, each ticket", read / tickets * 1e9, "ns"),
        ("readings / a copy of the same bytes", read / copied, "x"),
        ("one ticket alone", single * 1e6, "us"),
        ("one ticket at a time / all at once", looped / len(loop) / (read / tickets), "x"),
    ]


def _histories(tickets: int, events: int = 8) -> Histories:
    random = np.random.default_rng(2)
    names = [f"c{number}" for number in range(50)]
    terms = {
        f"t{n}": Terms("p", names[n], 3600 * (1 + n % 8), 3600 * (2 + n % 8), 3600 * (8 + n % 16)) for n in range(50)
    }
    start = random.integers(JANUARY_2026, JANUARY_2026 + 200 * DAY, tickets)
    gaps = random.integers(60, 8 * 3600, (tickets, events))
    gaps[:, 0] = 0
    level = random.choice([0, 1, 2, 4, 2, 4, 3, -1], (tickets, events)).astype(np.int8)
    level[:, 0] = 0
    chosen = np.full((tickets, events), -1, np.int32)
    chosen[:, 0] = random.integers(0, 50, tickets)
    return Histories(
        ids=np.arange(tickets),
        first=np.arange(tickets + 1) * events,
        start=start,
        at=(start[:, None] + gaps.cumsum(1)).ravel(),
        level=level.ravel(),
        terms=chosen.ravel(),
        marks=np.zeros(tickets * events, np.int16),
        table=build_terms_table(terms, names),
    )


def _first(histories: Histories, tickets: int) -> Histories:
    return _slice(histories, 0, tickets)


def _only(histories: Histories, index: int) -> Histories:
    return _slice(histories, index, index + 1)


def _slice(histories: Histories, begin: int, end: int) -> Histories:
    low, high = int(histories.first[begin]), int(histories.first[end])
    return Histories(
        ids=histories.ids[begin:end],
        first=histories.first[begin : end + 1] - low,
        start=histories.start[begin:end],
        at=histories.at[low:high],
        level=histories.level[low:high],
        terms=histories.terms[low:high],
        marks=histories.marks[low:high],
        table=histories.table,
    )


def _interleaved(*ways: Callable[[], Any], rounds: int = ROUNDS) -> list[float]:
    """Return the median seconds of each way, all of them once a round so that the machine's mood is shared."""
    for way in ways:
        way()
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for way, own in zip(ways, times, strict=True):
            began = time.perf_counter()
            way()
            own.append(time.perf_counter() - began)
    return [statistics.median(own) for own in times]


if __name__ == "__main__":
    for what, value, unit in rows():
        sys.stdout.write(f"{what:<66} {value:>12,.2f} {unit}\n")
