"""The outbox: once per key, one taker at a time, and what is sent stays sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from threading import Barrier, Thread

import pytest

from slamon.ports import Notification, OutboxState
from slamon.store.sql import SqlStore

from .leases import age_leases, state_of
from .samples import DAY, HOUR, MAIN, MINUTE, NOW, note

LEASE = 5 * MINUTE


def claim(store: SqlStore, now: datetime = NOW, channel: str = "mail") -> Notification | None:
    return store.claim_notification(channel, now, lease=LEASE, furthest=4 * HOUR)


def claimed(store: SqlStore, now: datetime = NOW) -> Notification:
    found = claim(store, now)
    assert found is not None
    return found


def test_a_notification_comes_back_as_it_went_in(store: SqlStore) -> None:
    full = note(channel="webhook", html="<p>ä🔥</p>")
    bare = note("report", ticket_id=None, kind="report", created_at=NOW - DAY)

    assert store.enqueue([full, bare]) == 2
    assert store.outbox_state() == OutboxState(2, NOW - DAY, 0)
    assert store.outbox_state("webhook") == OutboxState(1, NOW, 0)

    hook, mail = claim(store, channel="webhook"), claim(store)
    assert hook is not None
    assert mail is not None
    assert [replace(one, id=None) for one in (hook, mail)] == [replace(full, attempts=1), replace(bare, attempts=1)]
    assert claim(store) is None


def test_the_html_of_a_message_takes_little_room(store: SqlStore) -> None:
    html = "<table><tr><td style='padding: 4px 8px; border: 0'>Ticket 1</td></tr></table>" * 200
    store.enqueue([note(html=html)])

    with store._database.reading() as connection:
        assert connection.exec_driver_sql("SELECT length(html) FROM notifications").scalar_one() < len(html) / 20
    assert claimed(store).html == html


def test_a_known_key_is_left_alone(store: SqlStore) -> None:
    store.enqueue([note()])

    assert store.enqueue([note(subject="again"), note("b"), note(tenant="other")]) == 2
    assert claimed(store).subject == "Ticket 1 is late"
    assert store.enqueue([]) == 0


def test_many_are_counted_right(store: SqlStore) -> None:
    store.enqueue([note(str(n)) for n in range(250)])

    assert store.enqueue([note(str(n)) for n in range(1000)]) == 750


def test_the_most_urgent_goes_first_then_the_oldest(store: SqlStore) -> None:
    kinds = ("report", "near_breach", "digest", "breached", "canary", "breached", "something new")
    store.enqueue([note(f"{n}{kind}", kind=kind) for n, kind in enumerate(kinds)])

    order = [claimed(store).key for _ in kinds]

    assert order == ["3breached", "5breached", "1near_breach", "2digest", "0report", "4canary", "6something new"]


def test_a_claim_lasts_on_the_databases_clock_whatever_the_callers_says(store: SqlStore) -> None:
    store.enqueue([note()])
    first = claimed(store)

    assert claim(store, NOW + 365 * DAY) is None
    age_leases(store, LEASE - MINUTE)
    assert claim(store) is None
    age_leases(store, MINUTE)
    assert claimed(store, NOW - 365 * DAY) == replace(first, attempts=2)
    assert store.outbox_state().waiting == 1


def test_what_is_sent_is_done(store: SqlStore) -> None:
    store.enqueue([note()])
    sent = claimed(store)

    assert store.mark_sending(sent)
    store.mark_sent(sent, NOW)

    assert store.outbox_state() == OutboxState(0, None, 0)
    assert claim(store, NOW + DAY) is None
    store.mark_failed(sent, NOW, error="a slower taker", retry_at=NOW)
    store.mark_unknown(sent, error="a slower taker", retry_at=NOW)
    store.put_back(sent)
    assert not store.mark_sending(sent)
    assert claim(store, NOW + DAY) is None


def test_a_failed_one_is_tried_again_when_asked_for(store: SqlStore) -> None:
    store.enqueue([note()])
    failed = claimed(store)

    store.mark_failed(failed, NOW, error="451 \x00 later", retry_at=NOW + HOUR)

    assert store.outbox_state().waiting == 1
    assert claim(store, NOW + HOUR - MINUTE) is None
    assert claimed(store, NOW + HOUR) == replace(failed, attempts=2, failures=1)


def test_a_retry_set_by_a_clock_that_was_put_back_is_not_waited_for(store: SqlStore) -> None:
    store.enqueue([note()])
    store.mark_failed(claimed(store), NOW, error="451 later", retry_at=NOW + HOUR)

    assert claim(store, NOW - 2 * HOUR) is None
    assert claimed(store, NOW - 10 * 365 * DAY).failures == 1


def test_what_was_put_back_is_free_at_once_and_not_blamed(store: SqlStore) -> None:
    store.enqueue([note()])
    first = claimed(store)

    store.put_back(first)

    assert claimed(store) == replace(first, attempts=2)


def test_a_final_failure_is_final_and_its_stand_in_waits(store: SqlStore) -> None:
    store.enqueue([note()])

    store.mark_failed(claimed(store), NOW, error="550 no such user", retry_at=None, instead=note("instead"))

    assert claimed(store).key == "instead"
    assert claim(store, NOW + DAY) is None
    assert store.enqueue([note()]) == 0


@pytest.mark.parametrize("hold", [False, True])
def test_what_a_vanished_taker_was_handing_over_is_unknown(store: SqlStore, hold: bool) -> None:
    store.enqueue([note(), note("b")])
    handing, waiting = claimed(store), claimed(store)
    assert store.mark_sending(handing)

    assert store.settle_unknown("mail", hold=hold) == []
    age_leases(store, LEASE)
    assert store.settle_unknown("webhook", hold=hold) == []
    assert [(n.key, n.unsure) for n in store.settle_unknown("mail", hold=hold)] == [(handing.key, 1)]

    again = [one for one in (claim(store), claim(store)) if one is not None]
    assert [(n.id, n.unsure) for n in again] == ([] if hold else [(handing.id, 1)]) + [(waiting.id, 0)]
    assert store.outbox_state().held == int(hold)


def test_an_unknown_outcome_is_tried_again_or_held(store: SqlStore) -> None:
    store.enqueue([note("again"), note("held")])
    again, held = claimed(store), claimed(store)
    for one in (again, held):
        assert store.mark_sending(one)

    store.mark_unknown(again, error="no answer", retry_at=NOW + MINUTE)
    store.mark_unknown(held, error="no answer", retry_at=None)

    assert claim(store) is None
    assert claimed(store, NOW + MINUTE) == replace(again, attempts=2, failures=1, unsure=1)
    assert store.outbox_state() == OutboxState(1, NOW, 1)


def test_a_taker_that_was_overtaken_changes_nothing(store: SqlStore) -> None:
    store.enqueue([note()])
    slow = claimed(store)
    age_leases(store, LEASE)
    quick = claimed(store)

    assert not store.mark_sending(slow)
    store.mark_failed(slow, NOW, error="550", retry_at=None, instead=note("instead"))
    store.mark_unknown(slow, error="?", retry_at=None)
    store.put_back(slow)

    assert state_of(store, slow.id) == "claimed"
    assert store.outbox_state().waiting == 1
    assert store.mark_sending(quick)


def test_an_overtaken_taker_that_did_send_ends_it_for_all(store: SqlStore) -> None:
    store.enqueue([note()])
    slow = claimed(store)
    assert store.mark_sending(slow)
    age_leases(store, LEASE)
    store.settle_unknown("mail", hold=False)
    quick = claimed(store)

    store.mark_sent(slow, NOW)

    assert not store.mark_sending(quick)
    store.mark_failed(quick, NOW, error="given up", retry_at=NOW)
    assert state_of(store, slow.id) == "sent"


def test_T86_takers_that_race_share_the_work_without_overlap(store: SqlStore) -> None:
    store.enqueue([note(str(n)) for n in range(60)])
    start, taken = Barrier(4), list[int | None]()

    def take() -> None:
        start.wait()
        while found := claim(store):
            taken.append(found.id)

    takers = [Thread(target=take) for _ in range(4)]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join()

    assert len(taken) == 60
    assert max(Counter(taken).values()) == 1


def test_one_run_of_a_job_has_one_owner(store: SqlStore) -> None:
    start, claims = Barrier(4), list[bool]()

    def claim() -> None:
        start.wait()
        claims.append(store.claim_run("weekly", "2026-W46", NOW))

    runners = [Thread(target=claim) for _ in range(4)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()

    assert sorted(claims) == [False, False, False, True]
    assert store.claim_run("weekly", "2026-W47", NOW + DAY)
    assert store.claim_run(f"weekly/{MAIN}", "2026-W47", NOW)
    assert store.load_runs("weekly") == [("2026-W47", NOW + DAY), ("2026-W46", NOW)]
