"""Lives in columns say what they say event by event; other terms and levels hold from where they differ."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.core.clock import read_clocks
from slamon.core.history import NONE, build_histories, build_terms_table
from slamon.core.lifeline import EventRow, steps_of
from slamon.core.policy import Terms
from slamon.core.replay import KINDS, Lives, build_replay, edges, tell
from slamon.core.ticket import Kind
from slamon.errors import HistoryError
from tests.core.lives import LIFE, MORNING, calendars, promises
from tests.core.oracle import Promise
from tests.core.samples import terms_of

Rows = list[EventRow]
_LEVELLED = (Kind.ENTERED, Kind.STATUS, Kind.RESTORED)


@st.composite
def lives(draw: st.DrawFn, promised: int) -> Rows:
    """Draw a ticket as it is stored: by instant, then as it was learnt; one in a while without entry or terms."""
    entry = EventRow(MORNING, draw(st.sampled_from([Kind.ENTERED] * 9 + [Kind.STATUS])), draw(st.integers(0, 4)), None)
    rows = [entry]
    for kind in draw(st.lists(st.sampled_from([*KINDS, *[Kind.STATUS] * 6, Kind.TERMS]), max_size=9)):
        if kind in (Kind.ENTERED, Kind.RETOLD):
            continue
        at = MORNING + 300 * draw(st.integers(0, LIFE // 300))
        level = draw(st.integers(0, 4)) if kind in _LEVELLED else 5 if kind is Kind.CANCELLED else None
        rows.append(EventRow(at, kind, level, str(draw(st.integers(0, promised - 1))) if kind is Kind.TERMS else None))
    return sorted(rows, key=lambda row: row.at)


def columns_of(tickets: list[Rows]) -> Lives:
    rows = [row for own in tickets for row in own]
    return Lives(
        ids=np.arange(len(tickets)),
        first=edges(np.array([len(own) for own in tickets])),
        entered_as=np.zeros(len(tickets), np.int32),
        at=np.array([row.at for row in rows], np.int64),
        kind=np.array([KINDS.index(Kind(row.kind)) for row in rows], np.int8),
        level=np.array([NONE if row.level is None else row.level for row in rows], np.int8),
        terms=np.array([NONE if row.terms is None else int(row.terms) for row in rows], np.int32),
        facts=np.full(len(rows), NONE, np.int32),
        status=np.full(len(rows), NONE, np.int32),
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_columns_say_what_each_ticket_says_by_itself(data: st.DataObject) -> None:
    known: list[Promise] = data.draw(promises())
    tickets = data.draw(st.lists(lives(len(known)), min_size=1, max_size=6))
    terms: dict[str, Terms] = {str(index): terms_of(promise) for index, promise in enumerate(known)}
    table = build_terms_table(terms, [str(index) for index in range(len(calendars()))])
    index = {version: place for place, version in enumerate(terms)}
    one_by_one = []
    for number, own in enumerate(tickets):
        try:
            start, steps, _ = steps_of(number, own, index)
        except HistoryError:
            continue
        one_by_one.append((number, start, steps))

    told = tell(columns_of(tickets))

    assert told.ids.tolist() == [number for number, _, _ in one_by_one]
    if not one_by_one:
        return
    as_of = MORNING + data.draw(st.integers(0, LIFE))
    expected = read_clocks(build_histories(table, one_by_one), calendars(), as_of).values()
    assert read_clocks(build_replay(told, table), calendars(), as_of).values() == expected
