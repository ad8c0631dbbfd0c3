"""What both databases know of polls that worked, and of canaries."""

from __future__ import annotations

from slamon import resources
from slamon.core.ticket import Stage
from slamon.jobs.canary import clear_up, release
from slamon.reporting.render import Renderer
from slamon.store.sql import SqlStore

from .samples import DAY, HOUR, MAIN, MINUTE, NOW, note, poll

CANARY = "~canary"
RENDERER = Renderer(resources.folder("reports"))


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
    old, new = (note(key, tenant=CANARY, kind="canary", ticket_id=n, created_at=at) for n, (key, at) in _KEYS.items())
    breach = note(ticket_id=7)
    store.enqueue([old, new, breach])

    store.retire_canaries(NOW, keep=7 * DAY)
    claimed = [store.claim_notification("mail", NOW, lease=MINUTE, furthest=4 * HOUR) for _ in range(3)]
    sent = [one.key for one in claimed if one is not None]
    for one in claimed:
        if one is not None:
            store.mark_sending(one)
            store.mark_sent(one, NOW + MINUTE)

    assert sorted(sent) == sorted([new.key, breach.key])
    assert store.load_sent_at(CANARY, 2) == NOW + MINUTE
    assert store.load_sent_at(CANARY, 1) is None
    assert store.load_sent_at(MAIN, 2) is None

    store.retire_canaries(NOW + 8 * DAY, keep=7 * DAY)
    assert store.load_sent_at(CANARY, 2) is None
    assert store.load_sent_at(MAIN, 7) == NOW + MINUTE


_KEYS = {1: ("canary/old", NOW - HOUR), 2: ("canary/new", NOW)}


def test_a_canary_is_no_part_of_what_is_stored_and_leaves_nothing_behind(store: SqlStore) -> None:
    before = store.digest()
    canary = release(store, RENDERER, recipient="c@example.org", domain="x", now=NOW, every=15 * MINUTE)

    assert store.count_transitions(CANARY) == {(Stage.RESOLVE, "breached"): 1}
    assert (store.digest(), store.load_tenants(), store.name_calendars()) == (before, [], [])
    claimed = store.claim_notification("mail", NOW, lease=MINUTE, furthest=4 * HOUR)
    assert claimed is not None
    store.mark_sent(claimed, NOW)
    clear_up(store, canary)
    assert store.load_open_ids(CANARY) == set()
    assert store.count_transitions(CANARY) == {}
    assert store.load_last_poll(CANARY) is None
