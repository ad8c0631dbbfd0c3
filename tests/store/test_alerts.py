"""Marks, interventions, and messages that wait for an opening: kept alike on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from slamon.core.climb_news import Outcome
from slamon.core.intervention import Intervention, Said
from slamon.core.ticket import Stage
from slamon.ports import Notification, RungRecord, Settled
from slamon.store.sql import SqlStore

from .samples import HOUR, MAIN, MINUTE, NOW, entered, note, poll, ticket

RUNG = RungRecord(1, Stage.RESOLVE, 0, "75%", NOW, NOW + MINUTE, Outcome.TOLD)


def desk(store: SqlStore) -> SqlStore:
    store.save_poll(poll(), [ticket(1), ticket(2)], [entered(1), entered(2)])
    return store


def test_a_mark_stays_as_it_was_first_seen(store: SqlStore) -> None:
    other = replace(RUNG, version=1, mark="+60m", at=NOW + HOUR, outcome=Outcome.ACKNOWLEDGED)
    nothing: dict[str, Any] = {"evaluated": {}, "readings": [], "transitions": [], "notifications": []}
    desk(store).save_evaluation(MAIN, now=NOW, rungs=[RUNG], **nothing)
    again = replace(RUNG, outcome=Outcome.HISTORY)
    store.save_evaluation(MAIN, now=NOW, rungs=[again, other], **nothing)

    assert store.load_rungs(MAIN, 1) == [RUNG, other]
    assert store.load_marks(MAIN, [1, 2]) == {(1, 2, 0, "75%"), (1, 2, 1, "+60m")}
    assert store.load_marks("other", [1]) == set()


def test_what_was_said_comes_back_in_its_order(store: SqlStore) -> None:
    ack = Intervention(1, Stage.PLAN, 2, Said.ACK, NOW, "Jöhn\x00", NOW + HOUR, "on it")
    undone = Intervention(1, Stage.PLAN, 2, Said.UNACK, NOW, "jane")
    desk(store).save_interventions(MAIN, [ack])
    store.save_interventions(MAIN, [undone])
    store.save_interventions(MAIN, [])

    assert store.load_interventions(MAIN, [1, 2]) == {1: [replace(ack, by="Jöhn\ufffd"), undone]}


def waiting(store: SqlStore) -> list[Notification]:
    notes = [replace(note(name), not_before=NOW + HOUR) for name in ("a", "b", "c")]
    assert store.enqueue([*notes, note("now")]) == 4
    return store.load_opening("mail", MAIN, notes[0].recipient, NOW + HOUR)


def test_what_waits_for_an_opening_is_taken_by_nobody(store: SqlStore) -> None:
    held = waiting(store)

    assert [found.not_before for found in held] == [NOW + HOUR] * 3
    taken = store.claim_notification("mail", NOW + 2 * HOUR, lease=MINUTE, furthest=HOUR)
    assert taken is not None
    assert taken.not_before is None
    assert store.claim_notification("mail", NOW + 2 * HOUR, lease=MINUTE, furthest=HOUR) is None
    assert store.find_openings("mail", NOW + HOUR - MINUTE) == []
    assert store.find_openings("mail", NOW + HOUR) == [(MAIN, held[0].recipient)]


def test_an_opening_is_settled_once_whole_or_not_at_all(store: SqlStore) -> None:
    a, b, c = (found.id or 0 for found in waiting(store))
    digest = replace(note("digest"), kind="digest")
    settled = Settled(overtaken=(a,), let_go=(b,), merged=(c,), digest=digest)

    assert store.settle_opening(settled, NOW + HOUR)
    assert not store.settle_opening(settled, NOW + HOUR)

    states = {row.note.id: row.state for row in store.load_outbox(["pending", "overtaken", "merged"], 10)}
    assert (states[a], states[b], states[c]) == ("overtaken", "pending", "merged")
    assert sorted(states.values()) == ["merged", "overtaken", "pending", "pending", "pending"]
    assert store.find_openings("mail", NOW + 2 * HOUR) == []
