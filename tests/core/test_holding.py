"""Who held the time: it adds up to the ledger, whoever owned the ticket when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.core.holding import NOBODY, NOT_KNOWN, read_holding
from slamon.core.ledger import Ledger, compiled_calendar
from slamon.core.ticket import Event, Kind, Origin
from tests.core.lives import LIFE
from tests.core.test_ledger import ledgers


def with_owners(ledger: Ledger, changes: list[tuple[int, str]]) -> Ledger:
    """Return *ledger* with changes of owner, in seconds after its first event."""
    first = ledger.events[0]
    owned = [
        Event(first.ticket_id, Kind.OWNER, at, at, Origin.POLL, name=name)
        for at, name in sorted((first.at + timedelta(seconds=after), name) for after, name in changes)
    ]
    return replace(ledger, events=(*ledger.events, *owned))


@settings(max_examples=25, deadline=None)
@given(ledgers(), st.lists(st.tuples(st.integers(0, LIFE), st.sampled_from(["jane", "joe", ""])), max_size=4))
def test_what_holders_held_adds_up_to_what_counted_and_waited(
    drawn: tuple[Ledger, object, object, object], changes: list[tuple[int, str]]
) -> None:
    ledger = with_owners(drawn[0], changes)
    holding = read_holding(ledger, compiled_calendar(ledger.calendar), "jim")
    waited = sum(each.business_seconds for each in ledger.intervals if each.reason == "waiting")

    assert sum(holding.counted.values()) == ledger.counted_seconds
    assert sum(holding.waited.values()) == sum(pause.seconds for pause in holding.pauses) == waited
    owners = {owner for _, owner in (*holding.counted, *holding.waited)}
    assert owners <= ({NOT_KNOWN, "jane", "joe", NOBODY} if changes else {"jim"})
    assert all(0 <= pause.used_seconds <= ledger.counted_seconds for pause in holding.pauses)
