"""What a poll leaves: tickets, events, the watermark, and tickets that are due."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from threading import Barrier, Thread

import pytest

from slamon.core.ticket import Event, Kind, Level, Origin, Ref, Ticket
from slamon.errors import StoreError
from slamon.ports import HistoryRow
from slamon.store.migrate import open_store
from slamon.store.sql import SqlStore
from slamon.store.types import from_seconds

from .samples import DAY, HOUR, MAIN, MINUTE, NOW, entered, event, poll, ticket


def test_an_empty_store_knows_nothing(store: SqlStore) -> None:
    assert store.load_watermark(MAIN) is None
    assert store.load_last_poll(MAIN) is None
    assert store.load_open_ids(MAIN) == set()
    assert store.load_tickets(MAIN, [1]) == {}
    assert store.load_next_change(MAIN) is None
    assert store.load_position(MAIN) == 0


def test_a_ticket_comes_back_as_it_went_in_with_all_its_facts(store: SqlStore) -> None:
    full = ticket(1, parent_id=7, escalation_start_at=NOW, closed=True, closed_at=NOW, type=Ref(1, "Ärger „groß“ 🔥"))
    bare = Ticket(2, "", Ref(1, ""), Ref(2, ""), NOW, NOW)

    store.save_poll(poll(), [full, bare], [])

    assert store.load_tickets(MAIN, [1, 2, 3]) == {1: full, 2: bare}
    assert store.load_open_ids(MAIN) == {2}


def test_a_ticket_seen_again_has_its_newest_facts(store: SqlStore) -> None:
    store.save_poll(poll(), [ticket(1)], [])
    store.save_poll(poll(NOW + MINUTE), [ticket(1, summary="New", closed=True)], [])

    assert store.load_tickets(MAIN, [1])[1].summary == "New"
    assert store.load_open_ids(MAIN) == set()


def test_text_no_database_takes_does_not_stop_a_poll(store: SqlStore) -> None:
    hostile = ticket(1, summary="a\x00b\ud800c", owner="\udfff")

    store.save_poll(poll(error="\x00"), [hostile], [entered(1), event(1, name="\x00\ud800")])

    assert store.load_tickets(MAIN, [1])[1].id == 1
    assert store.load_events(MAIN, 1)[1].name == "\ufffd\ufffd"


def test_events_come_back_numbered_by_instant_and_then_by_number(store: SqlStore) -> None:
    every_field = Event(1, Kind.TERMS, NOW, NOW - MINUTE, Origin.SETTINGS, 12, "why", Level.WAITING, "0123456789abcdef")
    store.save_poll(poll(), [ticket(1)], [every_field, entered(1), event(1, NOW, level=None)])

    first, second, third = store.load_events(MAIN, 1)

    assert replace(first, seq=None) == entered(1)
    assert replace(second, seq=None) == every_field
    assert third.level is None
    assert second.seq is not None
    assert third.seq is not None
    assert second.seq < third.seq
    assert store.load_position(MAIN) == third.seq


def test_history_is_ordered_by_ticket_instant_and_number(store: SqlStore) -> None:
    at = int(NOW.timestamp())
    happened = [event(2, NOW, terms="t"), event(1, NOW, level=None), event(1, NOW - DAY), event(2, NOW), event(3, NOW)]
    store.save_poll(poll(), [ticket(n) for n in (1, 2, 3)], happened)

    assert store.load_history(MAIN, [2, 1]) == [
        HistoryRow(1, at - 86_400, "status", 1, None),
        HistoryRow(1, at, "status", None, None),
        HistoryRow(2, at, "status", 1, "t"),
        HistoryRow(2, at, "status", 1, None),
    ]


def test_only_tickets_with_new_events_become_due(store: SqlStore) -> None:
    store.save_poll(poll(), [ticket(1), ticket(2)], [entered(2)])

    assert store.load_due_ids(MAIN, NOW) == {2}
    assert store.load_next_change(MAIN) == from_seconds(0)


def test_the_events_of_many_tickets_are_those_of_each(store: SqlStore) -> None:
    retold = replace(event(2, NOW), kind=Kind.RETOLD)
    store.save_poll(poll(), [ticket(1), ticket(2)], [entered(1), entered(2), event(1, NOW), retold, entered(2)])

    found = store.load_events_of(MAIN, [2, 1, 99])

    assert found == {number: store.load_events(MAIN, number) for number in (2, 1, 99)}
    assert [[e.kind for e in found[number]] for number in (1, 2, 99)] == [
        [Kind.ENTERED, Kind.STATUS],
        [Kind.ENTERED],
        [],
    ]


def test_a_ticket_that_closes_is_due_once_more(store: SqlStore) -> None:
    store.save_poll(poll(), [ticket(1, closed=True)], [event(1, level=Level.RESOLVED)])

    assert store.load_due_ids(MAIN, NOW) == {1}


def test_the_same_poll_saved_twice_is_stored_once(store: SqlStore) -> None:
    twins = [entered(1), event(1, NOW), event(1, NOW)]
    for _ in range(2):
        store.save_poll(poll(), [ticket(1)], twins)
    store.save_evaluation(MAIN, now=NOW, evaluated={1: None}, readings=[], transitions=[], notifications=[])
    store.save_poll(poll(), [ticket(1)], twins)

    assert len(store.load_events(MAIN, 1)) == 3
    assert store.load_due_ids(MAIN, NOW) == set()


def test_a_poll_that_looks_the_same_but_brings_another_event_adds_it(store: SqlStore) -> None:
    store.save_poll(poll(), [ticket(1)], [entered(1)])
    store.save_poll(poll(), [ticket(1)], [event(1, NOW)])

    assert [e.kind for e in store.load_events(MAIN, 1)] == [Kind.ENTERED, Kind.STATUS]


def test_a_poll_is_all_or_nothing(store: SqlStore) -> None:
    with pytest.raises(StoreError):
        store.save_poll(poll(), [ticket(1)], [entered(1), event(99)])  # of a ticket nobody has seen

    assert store.load_last_poll(MAIN) is None
    assert store.load_watermark(MAIN) is None
    assert store.load_tickets(MAIN, [1]) == {}


def test_a_naive_instant_is_refused(store: SqlStore) -> None:
    with pytest.raises(ValueError, match="time zone"):
        store.save_poll(poll(), [ticket(1, entered_at=NOW.replace(tzinfo=None))], [])


def test_the_watermark_is_the_newest_and_survives_failures_and_idle_polls(store: SqlStore) -> None:
    store.save_poll(poll(NOW), [], [])
    store.save_poll(poll(NOW + MINUTE, watermark=NOW - DAY), [], [])
    store.save_poll(poll(NOW + HOUR, result="failed", watermark=None, error="time-out"), [], [])

    assert store.load_watermark(MAIN) == NOW
    assert store.load_last_poll(MAIN) == poll(NOW + HOUR, result="failed", watermark=None, error="time-out")
    assert store.load_last_poll(MAIN, successful=True) == poll(NOW + MINUTE, watermark=NOW - DAY)


def test_pruning_leaves_the_newest_poll_the_newest_good_one_and_the_watermark(store: SqlStore) -> None:
    kept = [
        poll(NOW - 9 * DAY, watermark=NOW),
        poll(NOW - 6 * DAY, watermark=NOW - DAY),
        poll(NOW - 5 * DAY, result="failed", watermark=None),
    ]
    for each in (poll(NOW - 10 * DAY, watermark=NOW), kept[0], poll(NOW - 8 * DAY, watermark=None), *kept[1:]):
        store.save_poll(each, [], [])

    assert sum(store.prune("polls", NOW)) == 2
    assert store.load_watermark(MAIN) == NOW
    assert store.load_last_poll(MAIN) == kept[2]
    assert store.load_last_poll(MAIN, successful=True) == kept[1]
    assert sum(store.prune("polls", NOW)) == 0


def test_pruning_keeps_what_is_not_old(store: SqlStore) -> None:
    for hours in range(3):
        store.save_poll(poll(NOW + hours * HOUR), [], [])

    assert sum(store.prune("polls", NOW + HOUR)) == 1


def test_tenants_do_not_see_each_other(store: SqlStore) -> None:
    store.save_poll(poll(), [ticket(1)], [entered(1)])
    store.save_poll(poll(tenant="other", watermark=NOW - DAY), [ticket(1, summary="Other")], [])

    assert store.load_watermark("other") == NOW - DAY
    assert store.load_tickets("other", [1])[1].summary == "Other"
    assert store.load_tickets(MAIN, [1])[1].summary != "Other"
    assert store.load_events("other", 1) == []
    assert store.load_due_ids("other", NOW) == set()


def test_ten_thousand_tickets_in_one_poll_and_one_question(store: SqlStore) -> None:
    ids = range(1, 10_001)
    store.save_poll(poll(), [ticket(n) for n in ids], [entered(n) for n in ids])
    store.save_poll(poll(NOW + MINUTE), [ticket(n, summary="again") for n in ids], [event(n, NOW) for n in ids])

    assert len(store.load_history(MAIN, ids)) == 20_000
    assert {t.summary for t in store.load_tickets(MAIN, ids).values()} == {"again"}


def test_threads_poll_at_once_and_nothing_is_lost(store: SqlStore) -> None:
    start = Barrier(4)
    failures: list[BaseException] = []

    def work(worker: int) -> None:
        start.wait()
        try:
            for turn in range(10):
                number = worker * 100 + turn
                store.save_poll(poll(NOW + number * MINUTE), [ticket(number)], [entered(number)])
                store.load_open_ids(MAIN)
        except BaseException as error:
            failures.append(error)
            raise

    threads = [Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(store.load_open_ids(MAIN)) == 40
    assert len(store.load_history(MAIN, store.load_open_ids(MAIN))) == 40


def test_a_store_that_is_closed_is_forgotten(url: str) -> None:
    store = open_store(url)
    store.save_poll(poll(), [ticket(number) for number in range(200)], [entered(number) for number in range(200)])
    store.close()
    dialect = weakref.ref(store._database.engine.dialect)  # what SQLAlchemy keeps of a database hangs on it

    del store
    gc.collect()

    assert dialect() is None
