"""What both databases know of polls that worked, and of canaries."""

from __future__ import annotations

from slamon.store.sql import SqlStore

from .samples import DAY, HOUR, MAIN, MINUTE, NOW, note, poll

CANARY = "~canary"


def test_the_polls_that_worked_with_the_last_before_the_span(store: SqlStore) -> None:
    for at, result in ((NOW - DAY, "ok"), (NOW - HOUR, "partial"), (NOW - MINUTE, "failed"), (NOW, "ok")):
        store.save_poll(poll(at, started_at=at, result=result))
    store.save_poll(poll(NOW - MINUTE, tenant="other"))

    def began(since_hours: float, until_hours: float) -> list[float]:
        found = store.load_good_polls(MAIN, NOW - since_hours * HOUR, NOW - until_hours * HOUR)
        return [(NOW - one) / HOUR for one, _ in found]

    assert began(0.5, -1) == [1, 0]
    assert began(0.5, 0) == [1]
    assert began(23, -1) == [24, 1, 0]
    assert began(48, -1) == [24, 1, 0]
    assert began(48, 30) == []
    assert store.load_good_polls("nobody", NOW - DAY, NOW) == []


def test_a_canary_is_seen_to_arrive_is_given_up_and_forgotten(store: SqlStore) -> None:
    old, new = (note(key, tenant=CANARY, kind="canary", ticket_id=None, created_at=at) for key, at in _KEYS.items())
    breach = note()
    store.enqueue([old, new, breach])

    store.retire_canaries(NOW, keep=7 * DAY)
    claimed = [store.claim_notification("mail", NOW, lease=MINUTE, furthest=4 * HOUR) for _ in range(3)]
    sent = [one.key for one in claimed if one is not None]
    for one in claimed:
        if one is not None:
            store.mark_sending(one)
            store.mark_sent(one, NOW + MINUTE)

    assert sorted(sent) == sorted([new.key, breach.key])
    assert store.load_sent_at(CANARY, new.key) == NOW + MINUTE
    assert store.load_sent_at(CANARY, old.key) is None
    assert store.load_sent_at(MAIN, new.key) is None

    store.retire_canaries(NOW + 8 * DAY, keep=7 * DAY)
    assert store.load_sent_at(CANARY, new.key) is None
    assert store.load_sent_at(MAIN, breach.key) == NOW + MINUTE


_KEYS = {"canary/old": NOW - HOUR, "canary/new": NOW}
