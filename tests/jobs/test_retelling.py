"""Trails that are read after their tickets were first stored, and the histories that are then told anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import text

from slamon.core.ledger_document import ledger_document
from slamon.core.observe import NOT_READ, NOT_TOLD
from slamon.core.promise import PolicyRule
from slamon.core.reading import Verdict
from slamon.core.reference import GoalHours
from slamon.core.ticket import Kind, Origin, Ref, Stage
from slamon.errors import StoreUnavailableError
from slamon.verify import check
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.test_poll import FailingStore, failing
from tests.jobs.world import HOUR, MINUTE, PROJECTS, Life, World, at, moved, status, ticket, worlds_of

UNMEASURED = [Verdict.NOT_MEASURED] * 3
ONE = settings_of(trails_per_poll=1)


def touched(number: int, **facts: Any) -> Life:
    """Return a ticket that was answered at 10:10 and worked on from 10:20."""
    life = Life(ticket(number, **facts))
    return life.then(at("10:10"), status="Assigned").then(at("10:20"), status="In Progress")


def late(desk: OpenDesk, *lives: Life, **settings: Any) -> Desk:
    """Return a desk whose first poll, of 11:00, has read the trail of another ticket only."""
    urgent = touched(99, priority=Ref(1, "Priority 1"), entered_at=at("10:05"))
    kept = settings_of(trails_per_poll=1, **settings)
    watched = desk(worlds_of(urgent, *lives), kept)
    watched.poll("11:00")
    return watched


def trails_asked(watched: Desk) -> list[int]:
    found = [about for what, about in watched.source.asked if what == "trail"]
    watched.source.asked.clear()
    return found  # type: ignore[return-value]


def waiting(watched: Desk) -> float | None:
    return watched.sample("slamon_trails_waiting", tenant=TENANT)


def stored_events(watched: Desk, number: int) -> list[str]:
    with watched.store._database.reading() as connection:  # type: ignore[attr-defined]
        rows = connection.execute(text("SELECT kind FROM events WHERE ticket_id = :id ORDER BY seq"), {"id": number})
        return [row[0] for row in rows]


class TestBudget:
    def test_a_small_desk_has_all_trails_read_in_its_first_poll(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(*(touched(number) for number in range(1, 8))))

        watched.poll("11:00")

        assert sorted(trails_asked(watched)) == list(range(1, 8))
        assert waiting(watched) == 0
        assert all(watched.verdicts(number)[:2] == [Verdict.MET] * 2 for number in range(1, 8))

    def test_what_is_beyond_it_waits_and_is_read_by_the_next_polls_the_most_urgent_first(self, desk: OpenDesk) -> None:
        low, high = Ref(4, "Priority 4"), Ref(1, "Priority 1")
        lives = [
            touched(1, priority=low),
            touched(2, priority=high),
            touched(3, priority=high, entered_at=at("10:05")),
            touched(4, priority=high).then(at("10:30"), status=">Closed", closed=True),
            touched(5, priority=None),
        ]
        watched = desk(worlds_of(*lives), ONE)

        watched.poll("11:00")
        assert trails_asked(watched) == [3]  # open, of the highest priority, the youngest
        assert waiting(watched) == 4
        for number in (1, 2, 4, 5):
            assert watched.verdicts(number) == UNMEASURED
            assert watched.reading(number).note == NOT_READ

        for minute, number in enumerate((2, 1, 5, 4), start=1):
            watched.poll(f"11:{minute:02}")
            assert trails_asked(watched) == [number]
            assert waiting(watched) == 4 - minute
            assert watched.verdicts(number)[:2] == [Verdict.MET] * 2
        watched.poll("11:06")
        assert trails_asked(watched) == []

    def test_changes_of_known_tickets_go_first(self, desk: OpenDesk) -> None:
        known = Life(ticket(1)).then(at("11:01"), status="Assigned")
        watched = desk(worlds_of(known, touched(2), touched(3)), ONE)

        watched.polls("11:00", "11:02", "11:03")

        assert trails_asked(watched) == [2, 1, 3]

    def test_a_restart_forgets_none(self, desk: OpenDesk) -> None:
        watched = late(desk, touched(1))

        watched.start()
        watched.poll("11:01")

        assert watched.verdicts(1)[:2] == [Verdict.MET] * 2
        assert waiting(watched) == 0

    def test_a_ticket_still_new_is_measured_meanwhile_and_told_anew_only_if_its_trail_says_otherwise(
        self, desk: OpenDesk
    ) -> None:
        steady = Life(ticket(1)).then(at("10:30"), owner="jdoe")
        waited = Life(ticket(2)).then(at("10:10"), status="Waiting Customer").then(at("10:40"), status="New")
        watched = late(desk, steady, waited)
        assert watched.stored(1).elapsed_seconds == watched.stored(2).elapsed_seconds == 3600

        watched.polls("11:10", "11:11")

        assert stored_events(watched, 1) == ["entered", "terms"]
        assert "retold" in stored_events(watched, 2)
        assert watched.reading(2, at("11:11")).elapsed_seconds == 71 * 60 - 30 * 60


class TestTelling:
    def test_the_history_is_told_anew_and_the_old_telling_stays_stored(self, desk: OpenDesk) -> None:
        watched = late(desk, touched(1))
        assert watched.told(1) == [("entered", "10:00:00", "In Progress"), ("not_measured", "10:00:00", NOT_READ)]

        watched.poll("11:01")

        assert watched.told(1) == [
            ("entered", "10:00:00", "New"),
            ("status", "10:10:00", "Assigned"),
            ("status", "10:20:00", "In Progress"),
        ]
        assert {event.origin for event in watched.events(1, Kind.STATUS)} == {Origin.AUDIT}
        assert stored_events(watched, 1) == [
            *("entered", "not_measured", "terms"),
            *("retold", "entered", "terms", "status", "status"),
        ]
        assert watched.stage(Stage.RESPOND, 1).reached_at == at("10:10")
        assert watched.stored(1).note == ""

    def test_the_independent_checker_agrees_with_the_new_telling(self, desk: OpenDesk) -> None:
        watched = late(desk, touched(1).then(at("10:40"), status="Waiting Customer"))
        watched.polls("11:01", "11:30")

        ledger = watched.ledger(1)

        assert check(ledger_document(ledger, tenant=TENANT, ticket=1, summary="")) == []
        assert (ledger.reading.elapsed_seconds, ledger.reading.paused_seconds) == (2400, 3000)

    def test_what_was_seen_meanwhile_is_kept(self, desk: OpenDesk) -> None:
        life = (
            touched(1)
            .then(at("11:00:30"), priority=Ref(2, "Priority 2"), owner="jdoe")
            .then(at("11:00:40"), parent_id=9)
            .then(at("11:00:50"), parent_id=None, responded_at=at("10:10"))
        )
        watched = desk(worlds_of(touched(99, entered_at=at("10:05")), life), settings_of(trails_per_poll=1))
        watched.polls("11:00", "11:00:35", "11:00:45", "11:00:55")
        before = watched.events(1, Kind.PRIORITY, Kind.OWNER, Kind.CANCELLED, Kind.RESTORED, Kind.TERMS, Kind.RESPONDED)

        watched.polls("11:01", "11:02")

        told = watched.events(1)
        assert [e.name for e in told if e.kind is Kind.STATUS] == ["Assigned", "In Progress"]
        kept = [replace(e, seq=None) for e in told if e.kind not in (Kind.ENTERED, Kind.STATUS)]
        assert kept == [replace(e, seq=None) for e in before]
        assert [e.kind for e in kept].count(Kind.RESTORED) == 1

    def test_a_trail_that_does_not_tell_leaves_it_unmeasured_for_good(self, desk: OpenDesk) -> None:
        life = touched(1)
        life.trail = False
        watched = late(desk, life.then(at("11:05"), status="Waiting Customer"))
        watched.polls("11:01", *(at("11:06") + 10 * n * MINUTE for n in range(10)))

        assert watched.verdicts(1) == UNMEASURED
        assert watched.reading(1).note == NOT_TOLD
        assert [name for _, _, name in watched.told(1)] == ["In Progress", NOT_TOLD, "Waiting Customer"]
        assert waiting(watched) == 0
        trails_asked(watched)
        watched.poll("13:00")
        assert trails_asked(watched) == []

    def test_the_start_by_escalation_is_found_too(self, desk: OpenDesk) -> None:
        plain = Life(ticket(2, escalation_start_at=at("10:30"))).then(at("10:06"), owner="jdoe")
        watched = late(desk, plain, start_by_escalation=True)

        watched.poll("11:01")

        assert watched.stored(2).started_at == at("10:30")

    def test_one_out_of_scope_waits_behind_the_others(self, desk: OpenDesk) -> None:
        project = touched(1, board=PROJECTS, status=status("New", PROJECTS))
        project.changes = [(when, {**facts, "board": PROJECTS}) for when, facts in project.changes]
        watched = late(desk, project, touched(2, priority=Ref(4, "Priority 4")))
        trails_asked(watched)

        watched.polls("11:01", "11:02")

        assert trails_asked(watched) == [2, 1]
        assert watched.verdicts(1) == [Verdict.CANCELLED] * 3


class TestNews:
    """A breach that a trail brings to light is news if it happened while slamon watched, else history."""

    @pytest.mark.parametrize(("since", "mails"), [("15:00", 0), ("13:00", 2)])
    def test_only_what_broke_since_the_first_start_is_told(self, desk: OpenDesk, since: str, mails: int) -> None:
        urgent = touched(99, entered_at=at("10:05")).then(at("10:30"), status=">Closed", closed=True)
        urgent.first = structs.replace(urgent.first, priority=Ref(1, "Priority 1"))
        watched = desk(worlds_of(touched(1), touched(2)), ONE, watched_since=at(since))
        watched.poll("15:30")
        first = {m.ticket_id for m in watched.mails()}

        watched.poll("15:31")

        assert watched.verdicts(1) == watched.verdicts(2) == [Verdict.MET, Verdict.MET, Verdict.BREACHED]
        told = watched.mails()
        assert len(told) == mails
        assert {m.kind for m in told} <= {"breached"}
        assert not {m.ticket_id for m in told} & first
        assert [(c, when) for stage, c, when in watched.changes() if c == "breached"] == [("breached", "14:00:00")] * 2

    def test_after_that_it_is_watched_like_any_other(self, desk: OpenDesk) -> None:
        watched = late(desk, touched(1))
        watched.poll("11:01")
        watched.mails()

        watched.poll("14:01")

        assert "breached/resolve" in {kind for kind, _ in watched.mailed()}


class TestFailures:
    def test_one_that_cannot_be_read_is_tried_again_with_growing_pauses(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(touched(1)))
        watched.source.trails_fail = {1}
        tried: list[datetime] = []
        moment = at("11:00")
        for _ in range(200):
            watched.poll(moment)
            tried += [moment] * len(trails_asked(watched))
            moment += MINUTE

        pauses = [(later - sooner) // MINUTE for sooner, later in pairwise(tried)]
        assert pauses == [1, 2, 4, 8, 16, 32, 64]
        assert watched.sample("slamon_audit_trails_unread_total", tenant=TENANT) == len(tried)

        watched.source.trails_fail = set()
        watched.poll(moment + 6 * HOUR)
        assert watched.verdicts(1)[:2] == [Verdict.MET] * 2

    def test_where_nobody_answers_not_all_are_asked_for(self, desk: OpenDesk) -> None:
        watched = desk(worlds_of(*(touched(number) for number in range(1, 31))))
        watched.source.trails_fail = set(range(1, 31))

        assert watched.poll("11:00").result == "ok"
        assert len(trails_asked(watched)) == 6
        assert waiting(watched) == 30

        watched.source.trails_fail = set()
        watched.poll("11:05")
        assert waiting(watched) == 0
        assert all(watched.verdicts(number)[:2] == [Verdict.MET] * 2 for number in range(1, 31))

    def test_a_store_that_fails_then_has_it_told_once(self, desk: OpenDesk) -> None:
        urgent = touched(99, entered_at=at("10:05"))
        watched = desk(worlds_of(urgent, touched(1)), ONE, wrap=FailingStore)
        watched.poll("11:00")
        before = stored_events(watched, 1)
        failing(watched).failures = {"save_poll": 1}

        with pytest.raises(StoreUnavailableError):
            watched.poll("11:01")
        assert stored_events(watched, 1) == before
        watched.polls("11:02", "11:03")

        assert stored_events(watched, 1).count("retold") == 1
        assert watched.verdicts(1)[:2] == [Verdict.MET] * 2

    def test_one_deleted_before_its_trail_was_read(self, desk: OpenDesk) -> None:
        life = touched(1)
        life.gone_at = at("11:00:30")
        watched = late(desk, life)
        watched.sweep_next()
        watched.polls("11:01", "11:02")

        assert watched.verdicts(1) == [Verdict.CANCELLED] * 3
        assert waiting(watched) == 0


def test_a_trail_without_its_end_is_told_up_to_what_the_ticket_shows(desk: OpenDesk) -> None:
    """The trail is read long after the ticket: it may know changes that the next poll will bring."""
    seen = ticket(1, status=status("Assigned"), last_updated_at=at("10:10"))
    trail: Sequence[Any] = [moved(at("10:10"), "New", "Assigned"), moved(at("11:00:30"), "Assigned", "Completed")]
    other = touched(99, entered_at=at("10:05"))
    ninety = other.ticket_at(at("10:59"))
    assert ninety is not None
    first = World(at("10:20"), {1: seen, 99: ninety}, {1: trail, 99: other.trail_at(at("10:59"))})
    done = structs.replace(seen, status=status("Completed"), last_updated_at=at("11:00:30"))
    watched = desk([first, World(at("11:02"), {1: done, 99: ninety}, first.trails)], ONE)

    watched.polls("11:00", "11:01", "11:03")

    assert [(time, name) for _, time, name in watched.told(1)] == [
        ("10:00:00", "New"),
        ("10:10:00", "Assigned"),
        ("11:00:30", "Completed"),
    ]
    assert watched.verdicts(1) == [Verdict.MET] * 3


def test_T61_a_deadline_that_gets_another_number_in_the_retelling_is_not_told_again(desk: OpenDesk) -> None:
    """Raised to priority 1 while nobody looked: the first telling knows one promise, the trail knows two."""
    by_rank = PolicyRule("default", calendar="AllHours", goals_by_rank={1: GoalHours(1), 4: GoalHours(8)})
    urgent = (Life(ticket(n, priority=Ref(1, "Priority 1"), entered_at=at("10:55"))) for n in (97, 98))
    raised = Life(ticket(1, priority=Ref(4, "Priority 4"))).then(at("10:30"), priority=Ref(1, "Priority 1"))
    watched = desk(
        worlds_of(raised, *(each.then(at("10:56"), owner="jdoe") for each in urgent)),
        settings_of(by_rank, trails_per_poll=1, recipients=("noc@example.org",)),
    )
    watched.polls("11:00", "11:00:30")
    assert ("breached/respond", "noc") in watched.mailed()
    assert watched.stored(1).stage(Stage.RESPOND).version == 0

    watched.polls("11:01", "11:02")

    assert "retold" in stored_events(watched, 1)
    assert watched.stored(1).stage(Stage.RESPOND).version == 1
    assert [mail for mail in watched.mails() if mail.ticket_id == 1] == []
