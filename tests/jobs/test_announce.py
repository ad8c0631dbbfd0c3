"""Who is told what, and how often: near a breach, then a breach; once each; never again without a reason."""

from __future__ import annotations

from collections import Counter

import pytest

from slamon.core.alert_key import parse_alert_key
from slamon.core.promise import PolicyRule
from slamon.core.reading import Verdict
from slamon.core.reference import GoalHours
from slamon.core.ticket import Ref
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import settings_of
from tests.jobs.world import HOUR, Life, World, at, ticket, worlds_of

RESOLVE_ONLY = PolicyRule("default", calendar="AllHours", goals=GoalHours(None, None, 4))
BY_RANK = PolicyRule(
    "default", calendar="AllHours", goals_by_rank={1: GoalHours(None, None, 2), 2: GoalHours(None, None, 4)}
)
OFFICE_HOURS = PolicyRule("default", calendar="MyCalendar", goals=GoalHours(None, None, 4))
BOTH = ["noc", "boss"]


def test_a_near_breach_then_a_breach_once_each_for_everybody(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of(RESOLVE_ONLY))

    watched.polls("10:01", "12:59")
    assert watched.mailed() == []
    watched.evaluate("13:00")
    assert watched.mailed() == [("near_breach/resolve", who) for who in BOTH]
    watched.polls("13:01", "13:30", "14:00")
    assert watched.mailed() == []
    watched.evaluate("14:00:01")
    assert watched.mailed() == [("breached/resolve", who) for who in BOTH]
    watched.polls("14:05", "18:00", "23:00")
    assert watched.mailed() == []


def test_they_say_what_a_person_needs(desk: OpenDesk) -> None:
    settings = settings_of(RESOLVE_ONLY, ticket_url="https://cw.example.org/{id}", recipients=("noc@example.org",))
    watched = desk(worlds_of(Life(ticket(7))), settings)

    watched.polls("10:01", "13:10", "14:30")

    near, late = watched.mails()
    assert near.kind == "near_breach"
    assert "7" in near.subject
    assert "due in 50 min" in near.subject
    for mail in (near, late):
        assert "https://cw.example.org/7" in mail.text
        assert "https://cw.example.org/7" in mail.html
        assert "default policy: no rule fitted" in mail.text
    assert near.message_id != late.message_id
    assert near.created_at == at("13:10")


def test_they_carry_the_ledger_or_link_to_it(desk: OpenDesk) -> None:
    life = Life(ticket(7)).then(at("11:00"), status="Waiting Customer").then(at("12:00"), status="In Progress")
    plain = desk(worlds_of(life), settings_of(RESOLVE_ONLY, recipients=("noc@example.org",)))
    plain.polls("10:01", "11:01", "12:01", "14:10")
    (mail,) = plain.mails()

    assert "3 h 10 min counted since Mon 2 Nov 10:00" in mail.text
    assert "open time that did not count: 1 h waited (Waiting Customer)" in mail.text
    assert "  3 h 10 min  in all" in mail.text

    plain.start(settings_of(RESOLVE_ONLY, recipients=("noc@example.org",), base_url="https://slamon.example.org"))
    plain.evaluate("15:00:01")
    linked = plain.mails()[-1]
    assert "https://slamon.example.org/tickets/main/7" in linked.text
    assert "in all" not in linked.text


def test_a_breach_that_comes_as_a_surprise_is_told_as_a_breach_only(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of(RESOLVE_ONLY))

    watched.polls("10:01", "20:00")

    assert watched.mailed() == [("breached/resolve", who) for who in BOTH]


def test_T86_two_evaluations_of_one_instant_tell_once(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of(RESOLVE_ONLY))
    watched.polls("10:01", "13:10")
    watched.start()

    watched.polls("13:10", "13:11")

    assert Counter(watched.mailed()) == Counter(("near_breach/resolve", who) for who in BOTH)


def test_what_happened_before_the_first_start_is_history(desk: OpenDesk) -> None:
    """The clock of ticket 2 breaches after the start, though its warning share passed before."""
    early = ticket(1, entered_at=at("05:00"), last_updated_at=at("05:00"))
    watched = desk([World(at("05:00"), {1: early, 2: ticket(2)})], settings_of(RESOLVE_ONLY), watched_since=at("13:30"))

    watched.poll("13:30")
    assert watched.mailed() == []
    assert {t.change.value for t in watched.transitions()} == {"breached", "near_breach"}

    watched.evaluate("14:00:01")
    assert watched.mailed() == [("breached/resolve", who) for who in BOTH]


def test_T62_a_ticket_that_gets_more_urgent_is_told_of_again(desk: OpenDesk) -> None:
    life = Life(ticket(priority=Ref(2, "Priority 2"))).then(at("13:30"), priority=Ref(1, "Priority 1"))
    watched = desk(worlds_of(life), settings_of(BY_RANK))

    watched.polls("10:01", "13:10")
    assert watched.mailed() == [("near_breach/resolve", who) for who in BOTH]
    watched.poll("13:31")

    assert watched.mailed() == [("breached/resolve", who) for who in BOTH]


def test_T62_even_where_its_new_deadline_lies_before_the_first_start(desk: OpenDesk) -> None:
    """The breach is as old as the goal makes it, but it is news: the ticket was in time when last seen."""
    life = Life(ticket(priority=Ref(2, "Priority 2"))).then(at("13:30"), priority=Ref(1, "Priority 1"))
    watched = desk(worlds_of(life), settings_of(BY_RANK), watched_since=at("12:30"))

    watched.polls("12:30", "13:31")

    assert ("breached", "12:00:00") in [(change, when) for _, change, when in watched.changes()]
    assert [each for each in watched.mailed() if each[0] == "breached/resolve"] == [
        ("breached/resolve", who) for who in BOTH
    ]


def test_a_deadline_at_closing_time_before_the_first_start_that_breaks_after_it_is_told(desk: OpenDesk) -> None:
    """Due Monday 17:00, broken at the first counted second of Tuesday; slamon first started on Monday night."""
    opened = ticket(entered_at=at("13:00"), last_updated_at=at("13:00"))
    watched = desk([World(at("13:00"), {1: opened})], settings_of(OFFICE_HOURS), watched_since=at("22:00"))

    watched.poll("22:00")
    watched.evaluate("2026-11-03T09:00:01")

    assert watched.changes()[-1] == ("resolve", "breached", "17:00:00")
    assert watched.mailed() == [("breached/resolve", who) for who in BOTH]


def test_T25_nothing_breaks_while_paused(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("12:00"), status="Waiting Customer").then(at("20:00"), status="In Progress")
    watched = desk(worlds_of(life), settings_of(RESOLVE_ONLY))

    watched.polls("10:01", "12:01", "14:01", "19:59", "20:01")
    assert watched.mailed() == []
    watched.polls("21:30", "22:30")

    assert watched.mailed() == [
        *(("near_breach/resolve", who) for who in BOTH),
        *(("breached/resolve", who) for who in BOTH),
    ]


def test_a_pause_after_the_breach_does_not_undo_or_repeat_it(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("15:00"), status="Waiting Customer").then(at("16:00"), status="In Progress")
    watched = desk(worlds_of(life), settings_of(RESOLVE_ONLY))

    watched.polls("10:01", "14:30", "15:30", "16:30", "18:00")

    assert Counter(kind for kind, _ in watched.mailed()) == {"breached/resolve": 2}
    assert watched.verdicts()[2] is Verdict.BREACHED


def test_a_goal_reached_late_is_missed_not_broken_again(desk: OpenDesk) -> None:
    watched = desk(
        worlds_of(Life(ticket()).then(at("15:00"), status="Completed").then(at("16:00"), status="In Progress")),
        settings_of(RESOLVE_ONLY),
    )

    watched.polls("10:01", "14:30", "15:30", "16:30", "20:00")

    assert Counter(watched.mailed()) == Counter(("breached/resolve", who) for who in BOTH)
    assert [c for c in watched.changes() if c[1] != "near_breach"] == [
        ("resolve", "breached", "14:00:00"),
        ("resolve", "missed", "15:00:00"),
    ]


@pytest.mark.parametrize("facts", [{"merged_into_id": 9}, {"status": ">Closed", "closed": True}])
def test_T59_a_merged_or_closed_ticket_is_told_of_no_more(desk: OpenDesk, facts: dict[str, object]) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("12:00"), **facts)), settings_of(RESOLVE_ONLY))

    watched.polls("10:01", "12:01", "13:10", "15:00")

    assert watched.mailed() == []


def test_without_recipients_the_transitions_are_kept_and_nobody_is_told(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of(RESOLVE_ONLY, recipients=()))

    watched.polls("10:01", "15:00")

    assert watched.mailed() == []
    assert watched.changes() == [("resolve", "breached", "14:00:00")]


def test_the_detection_lag_counts_from_the_deadline(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of(RESOLVE_ONLY))

    watched.poll("10:01")
    watched.evaluate("14:00:04")

    assert watched.sample("slamon_detection_lag_seconds_sum", stage="resolve") == 4
    assert watched.sample("slamon_detection_lag_seconds_count", stage="resolve") == 1


def test_T61_a_pause_that_moves_the_deadline_tells_nothing_again(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("13:20"), status="Waiting Customer").then(at("15:20"), status="In Progress")
    watched = desk(worlds_of(life), settings_of(RESOLVE_ONLY))

    watched.polls("10:01", "13:10")
    (due,) = {stage.due_at for stage in watched.stored().stages if stage.due_at}
    assert watched.mailed() == [("near_breach/resolve", who) for who in BOTH]
    watched.polls("13:21", "15:21", "15:30")

    (moved,) = {stage.due_at for stage in watched.stored().stages if stage.due_at}
    assert moved == due + 2 * HOUR
    assert watched.mailed() == []
    watched.evaluate("16:00:01")
    assert watched.mailed() == [("breached/resolve", who) for who in BOTH]


def test_T87_an_alert_that_waits_says_what_held_when_it_was_made(desk: OpenDesk) -> None:
    """The goal is edited while the alert waits: the alert stays as it is, the new deadline has one of its own."""
    watched = desk(worlds_of(Life(ticket())), settings_of(RESOLVE_ONLY))
    watched.polls("10:01", "13:10")

    watched.start(settings_of(PolicyRule("default", calendar="AllHours", goals=GoalHours(None, None, 3))))
    watched.poll("13:20")

    mails = [mail for mail in watched.mails() if mail.recipient.startswith("noc")]
    assert [mail.kind for mail in mails] == ["near_breach", "breached"]
    old, new = (parse_alert_key(mail.key) for mail in mails)
    assert old is not None
    assert new is not None
    assert old.version < new.version
    assert "4 h to resolve" in mails[0].text
    assert "3 h to resolve" in mails[1].text
