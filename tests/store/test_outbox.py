"""The outbox: once per key, one taker at a time, and what is sent stays sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from threading import Barrier, Thread

from slamon.store.sql import SqlStore

from .samples import DAY, HOUR, MAIN, MINUTE, NOW, note


def claim_ids(store: SqlStore, now: object = NOW, limit: int = 10) -> list[int]:
    claimed = store.claim_notifications(now, limit=limit, lease=5 * MINUTE)  # type: ignore[arg-type]
    return [one.id for one in claimed if one.id is not None]


def test_a_notification_comes_back_as_it_went_in(store: SqlStore) -> None:
    full = note(channel="webhook", html="<p>ä🔥</p>")
    bare = note("report", ticket_id=None, kind="report", created_at=NOW - DAY)

    assert store.enqueue([full, bare]) == 2
    assert store.outbox_state() == (2, NOW - DAY)

    claimed = store.claim_notifications(NOW, limit=10, lease=MINUTE)
    assert [replace(one, id=None) for one in claimed] == [replace(full, attempts=1), replace(bare, attempts=1)]


def test_a_known_key_is_left_alone(store: SqlStore) -> None:
    store.enqueue([note()])

    assert store.enqueue([note(subject="again"), note("b"), note(tenant="other")]) == 2
    assert [n.subject for n in store.claim_notifications(NOW, limit=1, lease=MINUTE)] == ["Ticket 1 is late"]
    assert store.enqueue([]) == 0


def test_many_are_counted_right(store: SqlStore) -> None:
    store.enqueue([note(str(n)) for n in range(250)])

    assert store.enqueue([note(str(n)) for n in range(1000)]) == 750


def test_a_claimed_one_is_not_claimed_again_until_its_lease_runs_out(store: SqlStore) -> None:
    store.enqueue([note(), note("b")])

    assert len(claim_ids(store, limit=1)) == 1
    assert len(claim_ids(store)) == 1
    assert claim_ids(store, NOW + 5 * MINUTE - MINUTE) == []
    again = store.claim_notifications(NOW + 5 * MINUTE, limit=10, lease=MINUTE)
    assert [one.attempts for one in again] == [2, 2]
    assert store.outbox_state()[0] == 2


def test_a_notification_is_not_tried_before_it_was_made(store: SqlStore) -> None:
    store.enqueue([note(created_at=NOW + MINUTE)])

    assert claim_ids(store) == []
    assert len(claim_ids(store, NOW + MINUTE)) == 1


def test_what_is_sent_is_done(store: SqlStore) -> None:
    store.enqueue([note()])
    (sent,) = claim_ids(store)

    store.mark_sent(sent, NOW)

    assert store.outbox_state() == (0, None)
    assert claim_ids(store, NOW + DAY) == []
    store.mark_failed(sent, NOW, error="a slower taker", retry_at=NOW)
    assert claim_ids(store, NOW + DAY) == []


def test_a_failed_one_is_tried_again_when_asked_for(store: SqlStore) -> None:
    store.enqueue([note()])
    (failed,) = claim_ids(store)

    store.mark_failed(failed, NOW, error="451 \x00 later", retry_at=NOW + HOUR)

    assert store.outbox_state()[0] == 1
    assert claim_ids(store, NOW + HOUR - MINUTE) == []
    assert claim_ids(store, NOW + HOUR) == [failed]


def test_a_final_failure_is_final(store: SqlStore) -> None:
    store.enqueue([note()])
    (failed,) = claim_ids(store)

    store.mark_failed(failed, NOW, error="550 no such user", retry_at=None)

    assert store.outbox_state() == (0, None)
    assert claim_ids(store, NOW + DAY) == []
    assert store.enqueue([note()]) == 0


def test_takers_that_race_share_the_work_without_overlap(store: SqlStore) -> None:
    store.enqueue([note(str(n)) for n in range(60)])
    start, taken = Barrier(4), list[int]()

    def take() -> None:
        start.wait()
        while ids := claim_ids(store, limit=4):
            taken.extend(ids)

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
