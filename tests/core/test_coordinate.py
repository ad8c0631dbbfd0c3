"""The business coordinate looked up in both ways: by halving, and in a table of quarter-hours."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.core.calendar import BusinessCalendar
from slamon.core.coordinate import CELL, NEVER, WORTH_A_TABLE, Coordinate
from slamon.core.rules_document import rules_from_document
from slamon.core.segments import Segments, build_segments

ZONES = ("UTC", "Europe/London", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York")
QUARTERS = st.integers(0, 95)


@st.composite
def years(draw: st.DrawFn) -> Segments:
    """Draw a year of a calendar whose edges lie on quarter-hours."""
    hours = {
        day: [[_time(opens), _time(closes)] for opens, closes in (sorted(pair) for pair in pairs) if opens < closes]
        for day, pairs in draw(
            st.dictionaries(
                st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
                st.lists(st.tuples(QUARTERS, QUARTERS), min_size=1, max_size=2),
                min_size=1,
            )
        ).items()
    }
    openings = [{"date": "2026-03-28", "from": "22:00", "to": "06:00+1"}]
    zone = draw(st.sampled_from(ZONES))
    rules = rules_from_document("drawn", {"timezone": zone, "hours": hours, "openings": openings})
    return build_segments(rules, 2026, 2026)


def _time(quarter: int) -> str:
    return f"{quarter // 4:02}:{quarter % 4 * 15:02}"


@settings(max_examples=100, deadline=None)
@given(years(), st.integers(0, 2**32))
def test_the_table_answers_as_halving_does(known: Segments, seed: int) -> None:
    random = np.random.default_rng(seed)
    edges = np.concatenate([known.starts, known.ends, [known.low, known.high]])
    asked = np.concatenate([np.clip(edges + by, known.low, known.high) for by in (-1, 0, 1)])
    asked = np.concatenate([asked, random.integers(known.low, known.high + 1, 2_000)])
    amounts = np.concatenate([random.integers(1, known.total + CELL, 2_000), known.before[1:], [known.total]])
    table, halving = Coordinate(known, table_after=0), Coordinate(known, table_after=10**12)

    assert table.business(asked).tolist() == halving.business(asked).tolist()
    reached = table.instant(amounts)

    assert reached.tolist() == halving.instant(amounts).tolist()
    within = reached != NEVER
    assert (table.business(reached[within]) == amounts[within]).all()
    assert table.__dict__["_tables"] is not None
    assert "_tables" not in halving.__dict__


def test_edges_off_the_quarter_hours_are_halved_for() -> None:
    calendar = BusinessCalendar(rules_from_document("odd", {"timezone": "UTC", "hours": {"mon": [["09:07", "17:00"]]}}))
    starts = np.arange(WORTH_A_TABLE, dtype=np.int64) * 60

    whole = calendar.elapsed(starts, starts + 86_400)

    assert whole[:200].tolist() == [calendar.elapsed(int(at), int(at) + 86_400) for at in starts[:200]]
