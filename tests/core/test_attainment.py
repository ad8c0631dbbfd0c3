"""Counting goals: shares of integers, against a counter that goes through them one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.core.attainment import (
    Bin,
    Counts,
    Promised,
    Spent,
    Tally,
    attain,
    of_scope,
    sort_out,
    total,
    without_pauses,
)
from slamon.core.goals import NEVER, Goals, State
from slamon.core.shapes import EDGES, heat, spread
from slamon.core.ticket import STAGES
from tests.reports.goals import Row, goals_of, seconds

AT = 10_000

rows = st.builds(
    Row,
    ticket_id=st.integers(1, 50),
    state=st.sampled_from(State),
    stage=st.integers(0, 2),
    due_at=st.sampled_from([NEVER, 5_000, AT, 20_000]),
    goal_seconds=st.sampled_from([0, 3600, 7200]),
    elapsed_seconds=st.sampled_from([0, 1, 1800, 3600, 3601, 7200, 9000]),
    paused_seconds=st.sampled_from([0, 1, 1800]),
    exempt=st.booleans(),
    percent=st.sampled_from([-1, 0, 80, 95, 100]),
    facts=st.fixed_dictionaries({"company": st.sampled_from(["", "Acme", "Zenith"])}),
)


def plain_bin(row: Row) -> Bin:
    """Return where *row* is counted, as one would by hand."""
    if row.state in (State.CANCELLED, State.NOT_MEASURED):
        return Bin[row.state.name]
    if row.exempt:
        return Bin.EXEMPT
    if row.state is State.OPEN:
        return Bin.OVER if row.due_at < AT else Bin.OPEN
    return Bin[row.state.name]


def plain_tally(own: list[Row]) -> Tally:
    bins = [plain_bin(row) for row in own]
    judged = [row for row in own if plain_bin(row) in (Bin.MET, Bin.MISSED)]
    promised = [row for row in judged if row.percent >= 0]
    elapsed = sorted(row.elapsed_seconds for row in judged)
    return Tally(
        Counts(*(bins.count(each) for each in Bin)),
        Promised(
            len(promised),
            sum(row.state is State.MISSED for row in promised),
            min(row.percent for row in promised),
            max(row.percent for row in promised),
            sum(100 - row.percent for row in promised),
        )
        if promised
        else Promised(),
        Spent(*(elapsed[ceil(rank * len(elapsed) / 100) - 1] for rank in (50, 90, 95))) if elapsed else None,
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(rows, max_size=25))
def test_it_counts_as_one_does_by_hand(given_rows: list[Row]) -> None:
    found = attain(goals_of(given_rows), AT, "company")

    names = {row.facts["company"] for row in given_rows}
    assert found == {
        name: tuple(
            plain_tally([row for row in given_rows if row.facts["company"] == name and row.stage == stage])
            for stage in STAGES
        )
        for name in names
    }


@settings(max_examples=20, deadline=None)
@given(st.lists(rows, max_size=15), st.lists(rows, max_size=15))
def test_the_whole_is_the_sum_of_its_parts(one: list[Row], other: list[Row]) -> None:
    whole = total(goals_of([*one, *other]), AT)
    parts = list(zip(total(goals_of(one), AT), total(goals_of(other), AT), strict=True))

    assert [tally.counts for tally in whole] == [a.counts + b.counts for a, b in parts]
    assert [tally.promised for tally in whole] == [a.promised + b.promised for a, b in parts]
    joined = Goals.join([goals_of(one), goals_of(other)])
    assert total(joined, AT) == whole
    assert sum((t.counts.goals for t in whole), 0) == len(joined)


@settings(max_examples=20, deadline=None)
@given(st.lists(rows, max_size=25))
def test_T74_no_share_is_above_a_hundred_and_without_pauses_no_more_are_met(given_rows: list[Row]) -> None:
    goals = goals_of(given_rows)
    own, bare = total(goals, AT), total(without_pauses(goals), AT)

    assert [tally.counts.judged for tally in own] == [tally.counts.judged for tally in bare]
    assert all(a.counts.met >= b.counts.met for a, b in zip(own, bare, strict=True))
    assert all(0 <= tally.counts.met <= tally.counts.judged <= tally.counts.goals for tally in (*own, *bare))


def test_T68_of_no_goals_there_is_no_share() -> None:
    empty = total(goals_of([]), AT)

    assert [tally.counts.judged for tally in empty] == [0, 0, 0]
    assert [tally.spent for tally in empty] == [None, None, None]
    assert attain(goals_of([]), AT, "company") == {}
    assert Promised().is_kept is None


def test_T69_what_is_open_is_neither_met_nor_missed_and_late_is_not_dropped() -> None:
    counts = total(
        goals_of(
            [
                Row(state=State.OPEN, due_at=AT + 1),
                Row(2, State.OPEN, due_at=AT - 1),
                Row(3, State.OPEN, elapsed_seconds=3601),  # read later: by then it was over
                Row(4, State.OPEN, due_at=AT),  # it may still be reached in this second
                Row(5, State.MISSED),
                Row(6, State.MET),
            ]
        ),
        AT,
    )[2].counts

    assert (counts.met, counts.judged, counts.still_open, counts.over) == (1, 2, 4, 1)


def test_T71_goals_are_counted_by_the_facts_they_ended_with() -> None:
    """The same ticket missed one goal at one company's board and met the next on another's."""
    found = attain(
        goals_of([Row(1, State.MISSED, 0, facts={"board": "Help Desk"}), Row(1, State.MET, 2, facts={"board": "NOC"})]),
        AT,
        "board",
    )

    assert {name: [t.counts.met for t in tallies] for name, tallies in found.items()} == {
        "Help Desk": [0, 0, 0],
        "NOC": [0, 0, 1],
    }
    assert len(of_scope(goals_of([Row(facts={"board": "NOC"})]), "board", "Help Desk")) == 0


def test_T73_a_breach_is_at_its_deadline_in_the_readers_zone_T72() -> None:
    """Sunday 23:30 in London is Monday in Riga. When the goal was reached in the end does not matter."""
    broke = Row(state=State.MISSED, due_at=seconds("2026-11-01T23:30:00"), ended_at=seconds("2026-11-05T12:00:00"))
    goals = goals_of([broke, Row(2, State.MET, due_at=broke.due_at), Row(3, State.OPEN, due_at=broke.due_at)])

    in_london, in_riga = (heat(goals, seconds("2026-11-06T00:00:00"), ZoneInfo(zone)) for zone in LONDON_AND_RIGA)

    assert (in_london[6][23], sum(map(sum, in_london))) == (2, 2)
    assert (in_riga[0][1], sum(map(sum, in_riga))) == (2, 2)


LONDON_AND_RIGA = ("Europe/London", "Europe/Riga")


def test_the_repeated_hour_of_autumn_holds_what_broke_in_both() -> None:
    zone = ZoneInfo("Europe/Riga")
    broke = [int(datetime(2026, 10, 25, hour, 30, tzinfo=UTC).timestamp()) for hour in (0, 1)]  # both 03:30 there
    counted = heat(goals_of([Row(n, State.MISSED, due_at=at) for n, at in enumerate(broke)]), AT, zone)

    assert counted[6][3] == 2


def test_an_edge_of_the_spread_belongs_to_what_is_below_it() -> None:
    spent = [0, 900, 901, 3600, 3601, 14_400, 14_401]
    counted = spread(goals_of([Row(n, State.MET, elapsed_seconds=each) for n, each in enumerate(spent)]), AT)[2]

    assert {edge: goals for edge, goals in zip((*EDGES, 0), counted, strict=True) if goals} == {
        25: 2,
        50: 1,
        100: 1,
        110: 1,
        400: 1,
        0: 1,  # more than the last
    }
    no_time = [Row(n, goal_seconds=0, elapsed_seconds=n) for n in (0, 1)]
    at_once = spread(goals_of(no_time), AT)[2]
    assert (at_once[0], at_once[-1]) == (1, 1)


def test_a_promise_is_kept_by_whole_goals() -> None:
    """Of 20 goals at 95 % one may be missed, of 19 none: nothing is rounded up (T20)."""
    for goals, missed, kept in ((20, 1, True), (19, 1, False), (20, 2, False), (19, 0, True)):
        states = [State.MISSED] * missed + [State.MET] * (goals - missed)
        tally = total(goals_of([Row(n, state, percent=95) for n, state in enumerate(states)]), AT)[2]
        assert tally.promised.is_kept is kept


def test_an_exemption_takes_a_goal_out_and_its_rule_is_told_apart() -> None:
    states = list(State)
    bins = sort_out(goals_of([Row(state=state, exempt=True) for state in states]), AT)

    assert dict(zip(states, map(Bin, np.asarray(bins).tolist()), strict=True)) == {
        State.OPEN: Bin.EXEMPT,
        State.MET: Bin.EXEMPT,
        State.MISSED: Bin.EXEMPT,
        State.NOT_MEASURED: Bin.NOT_MEASURED,
        State.CANCELLED: Bin.CANCELLED,
    }
