"""What is old goes, on both databases alike; of what is kept nothing changes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from slamon.core.policy import Terms
from slamon.core.rules import CalendarRules
from slamon.core.ticket import Kind, Stage
from slamon.core.transition import Change
from slamon.core.versions import version_of
from slamon.jobs.prune import ORDER, cutoffs, prune
from slamon.ports import OldKind, Unobserved, Versions
from slamon.store import retention
from slamon.store.months import month_of
from slamon.store.sql import SqlStore

from .samples import DAY, HOUR, MAIN, MINUTE, NOW, entered, event, note, poll, reading, ticket, transition

LONG_AGO = NOW - 1000 * DAY
DAYS: dict[OldKind, int] = {"events": 760, "readings": 400, "notifications": 400, "reports": 760, "polls": 30}


def evaluate(store: SqlStore, number: int, *moments: datetime, **found: Any) -> None:
    for moment in moments:
        nothing: dict[str, Any] = {"transitions": [], "notifications": []}
        store.save_evaluation(
            MAIN, now=moment, evaluated={number: None}, readings=[reading(number, moment)], **{**nothing, **found}
        )


def life(store: SqlStore, number: int, begins: datetime, *, closed: bool = True) -> None:
    """Store a ticket that entered at *begins* and ended an hour later, with three readings and a breach."""
    end = begins + HOUR
    one = ticket(number, entered_at=begins, last_updated_at=end, closed=closed)
    store.save_poll(poll(end), [one], [event(number, begins, Kind.ENTERED), event(number, begins), event(number, end)])
    evaluate(store, number, begins, begins + MINUTE)
    evaluate(store, number, end, transitions=[transition(number), transition(number, Change.MET, stage=Stage.PLAN)])


def pruned(store: SqlStore, now: datetime = NOW) -> dict[OldKind, int]:
    return prune(store, cutoffs(DAYS, now), Unobserved())


def test_a_ticket_closed_long_ago_goes_as_a_whole_and_no_other(store: SqlStore) -> None:
    life(store, 1, LONG_AGO)
    life(store, 2, NOW - 100 * DAY)
    life(store, 3, LONG_AGO, closed=False)

    gone = pruned(store)

    assert gone["events"] == 1 + 3 + 3 + 2 + 1 + 1  # the ticket, its events, readings, transitions, clock, outcome
    assert store.load_tickets(MAIN, [1, 2, 3]).keys() == {2, 3}
    assert store.load_events(MAIN, 1) == []
    assert store.load_readings(MAIN, [1, 2, 3]).keys() == {2, 3}
    assert len(store.load_events(MAIN, 3)) == 3
    assert sum(pruned(store).values()) == 0


def test_what_happened_since_keeps_a_closed_ticket(store: SqlStore) -> None:
    """Deleted in ConnectWise, it is closed with the date of its last change, which may be years ago."""
    life(store, 1, LONG_AGO)
    store.save_poll(poll(), [], [event(1, NOW - DAY, Kind.CANCELLED, name="deleted")])
    evaluate(store, 1, NOW)

    assert pruned(store)["events"] == 0


def test_a_ticket_whose_clock_is_still_to_be_read_stays(store: SqlStore) -> None:
    life(store, 1, LONG_AGO)
    store.save_poll(poll(), [], [event(1, LONG_AGO)])

    assert pruned(store)["events"] == 0
    evaluate(store, 1, LONG_AGO + DAY)
    assert pruned(store)["events"] > 0


def test_old_readings_go_but_never_the_newest_nor_those_of_an_open_ticket(store: SqlStore) -> None:
    begins = NOW - 500 * DAY
    life(store, 1, begins)
    life(store, 2, begins, closed=False)
    before = store.load_readings(MAIN, [1, 2])

    assert pruned(store)["readings"] == 2

    assert store.load_readings(MAIN, [1, 2]) == before
    assert len(store.load_events(MAIN, 1)) == 3
    assert pruned(store)["readings"] == 0


def test_totals_of_transitions_never_fall(store: SqlStore) -> None:
    for number in (1, 2, 3):
        life(store, number, LONG_AGO + number * DAY)
    life(store, 4, NOW - DAY)
    before, totals = store.count_transitions(MAIN), store.load_goal_totals(MAIN)

    assert pruned(store, NOW - 237 * DAY - 12 * HOUR)["events"] == 22
    assert store.count_transitions(MAIN) == before
    assert pruned(store)["events"] == 9  # two of its readings went before
    assert store.count_transitions(MAIN) == before == {(int(Stage.RESOLVE), "breached"): 4, (int(Stage.PLAN), "met"): 4}
    assert store.load_goal_totals(MAIN) == totals


def test_messages_go_when_they_were_finished_long_ago_but_not_those_of_an_open_ticket(store: SqlStore) -> None:
    life(store, 1, NOW - DAY)
    life(store, 2, NOW - DAY, closed=False)
    old = [note(f"{n}/{kind}", ticket_id=n, kind=kind) for n in (1, 2, None) for kind in ("breached", "report")]
    store.enqueue(old)
    for _ in old[:-1]:
        claimed = store.claim_notification("mail", NOW, lease=HOUR, furthest=HOUR)
        assert claimed is not None
        store.mark_sent(claimed, NOW - 500 * DAY)

    assert pruned(store)["notifications"] == 2  # of the closed one, and the one without a ticket
    assert pruned(store, NOW + 300 * DAY)["reports"] == 2  # the last one was never finished
    assert store.enqueue(old) == 4


def test_a_digest_stays_as_long_as_a_message_that_was_merged_into_it(store: SqlStore) -> None:
    life(store, 1, NOW - DAY, closed=False)
    life(store, 2, NOW - DAY)
    store.enqueue([note("digest", kind="digest", ticket_id=None), note("1", ticket_id=1), note("2", ticket_id=2)])
    old = f"{int((NOW - 500 * DAY).timestamp())}"
    with store._database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE notifications SET state = 'merged', created_at = " + old + ","
            " merged_into = (SELECT min(id) FROM notifications WHERE kind = 'digest') WHERE kind <> 'digest'"
        )
        connection.exec_driver_sql(
            "UPDATE notifications SET state = 'sent', attempts = 1, finished_at = " + old + " WHERE kind = 'digest'"
        )

    assert pruned(store)["notifications"] == 1  # that of the closed ticket
    assert pruned(store)["notifications"] == 0
    assert store.enqueue([note("digest", kind="digest", ticket_id=None), note("2", ticket_id=2)]) == 1


def test_runs_of_reports_are_forgotten_but_never_the_newest_nor_since_when_one_watches(store: SqlStore) -> None:
    for job, period, at in (
        ("watch", MAIN, LONG_AGO),
        ("report/breach", "a", LONG_AGO),
        ("report/breach", "b", LONG_AGO + DAY),
        ("report/weekly", "a", LONG_AGO),
        ("prune", "a", LONG_AGO),
        ("prune", "b", NOW),
    ):
        assert store.claim_run(job, period, at)

    assert pruned(store)["reports"] == 2

    assert [len(store.load_runs(job)) for job in ("watch", "report/breach", "report/weekly", "prune")] == [1, 1, 1, 1]
    assert store.load_runs("report/breach")[0][0] == "b"


def test_versions_that_nothing_names_go_and_those_in_use_stay(store: SqlStore) -> None:
    office, shed = (CalendarRules(name, "UTC", ((),) * 7) for name in ("office", "shed"))
    gold, iron = Terms("gold", version_of(office)), Terms("iron", version_of(shed))
    known = {version_of(each): each for each in (gold, iron)}
    rules = {version_of(each): each for each in (office, shed)}
    told = event(1, NOW, Kind.TERMS, level=None, terms=version_of(gold))
    store.save_poll(poll(), [ticket(1)], [entered(1), told], versions=Versions(known, rules))

    assert sum(store.prune("versions", NOW - DAY)) == 0  # nothing is known for so long
    assert sum(store.prune("versions", datetime.now(NOW.tzinfo) + DAY)) == 2

    assert store.load_terms(known) == {version_of(gold): gold}
    assert store.load_calendars(rules) == {version_of(office): office}


@pytest.mark.parametrize("at_once", [2, 500])
def test_what_a_dry_run_says_is_what_goes(store: SqlStore, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", at_once)
    for number in range(1, 6):
        life(store, number, LONG_AGO + number * MINUTE)
    for number in range(6, 9):
        life(store, number, NOW - 500 * DAY)
    life(store, 9, NOW - DAY)
    before = cutoffs(DAYS, NOW)

    said = {old.kind: old.rows for old in store.measure_old(before)}
    again = {old.kind: old.rows for old in store.measure_old(before)}
    gone = prune(store, before, Unobserved())

    assert said == again == gone
    assert list(said) == list(ORDER)
    assert (gone["events"], gone["readings"]) == (55, 6)
    assert [old.bytes for old in store.measure_old(before)] == [0] * len(ORDER)


def test_months_that_are_old_and_empty_go(url: str, store: SqlStore) -> None:
    then = LONG_AGO
    store.prepare_months(then)
    life(store, 1, then)
    store.prepare_months(NOW)

    pruned(store)

    there = month_of(then)
    assert store.drop_months(NOW) == 0
    assert store.prepare_months(then) == (0 if url.startswith("sqlite") else 3)
    assert there.begins_at <= then < there.ends_at


def test_space_is_given_back_on_sqlite(url: str, store: SqlStore, tmp_path: Path) -> None:
    ids = range(1, 3000)
    old = [ticket(n, entered_at=LONG_AGO, last_updated_at=LONG_AGO, closed=True) for n in ids]
    store.save_poll(poll(), old, [event(n, LONG_AGO, Kind.ENTERED) for n in ids])
    found: dict[str, Any] = {"readings": [], "transitions": [], "notifications": []}
    store.save_evaluation(MAIN, now=LONG_AGO, evaluated=dict.fromkeys(ids), **found)
    file = tmp_path / "slamon.db"
    store.vacuum()
    full = file.stat().st_size if url.startswith("sqlite") else 0

    pruned(store)
    store.vacuum()

    assert store.load_tickets(MAIN, ids) == {}
    if url.startswith("sqlite"):
        assert file.stat().st_size < full / 4
