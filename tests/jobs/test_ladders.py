"""Ladders: each mark is told at its instant, once, to whom it names; what was jumped over is said, not mailed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from slamon.core.alert_key import parse_alert_key
from slamon.core.instants import format_instant
from slamon.core.ladder import Ladder, Ladders, Rung, parse_mark
from slamon.core.promise import PolicyRule
from slamon.core.reference import GoalHours, Member
from slamon.core.ticket import STAGES, Ref, Stage
from slamon.jobs.marks import watch_marks
from slamon.jobs.tenant import ChannelUse, TenantSettings
from slamon.ports import RESTORED
from slamon.ports.event import decode_event
from slamon.walltime import SimulatedTime
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import LONG_AGO, TENANT, Desk, settings_of
from tests.jobs.world import REFERENCE, Life, World, at, ticket, worlds_of

NOC, LEAD, BOSS = "noc@example.org", "lead@example.org", "boss@example.org"


def rung(mark: str, *tell: str, stages: tuple[Stage, ...] = STAGES, **rest: object) -> Rung:
    return Rung(parse_mark(mark), tell, stages, **rest)  # type: ignore[arg-type]


LADDER = Ladder("l", (rung("50%", NOC), rung("75%", NOC, LEAD), rung("30m left", BOSS), rung("breach", LEAD, BOSS)))


def told_by(watched: Desk) -> list[tuple[str, str]]:
    """Take what may be sent from the outbox as (kind/mark, recipient)."""
    return [(f"{mail.kind}/{mail.key.split('/')[3]}", mail.recipient.split("@")[0]) for mail in watched.mails()]


def climbing(
    ladder: Ladder = LADDER,
    calendar: str = "AllHours",
    goals: GoalHours = GoalHours(None, None, 4),  # noqa: B008  (a frozen value)
    by_rank: dict[int, GoalHours] | None = None,
    **changes: object,
) -> TenantSettings:
    rule = PolicyRule("default", calendar=calendar, goals=goals, goals_by_rank=by_rank or {}, stage_warns=ladder.warns)
    return settings_of(rule, ladders=Ladders({}, ladder), **changes)


def test_each_rung_is_told_at_its_instant_to_those_it_names(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), climbing())
    watched.poll("10:01")

    told = {}
    for moment in ("11:59:59", "12:00", "13:00", "13:30", "14:00", "14:00:01", "15:00"):
        watched.evaluate(moment)
        told[moment] = told_by(watched)

    assert told == {
        "11:59:59": [],
        "12:00": [("near_breach/50%", "noc")],
        "13:00": [("near_breach/75%", "noc"), ("near_breach/75%", "lead")],
        "13:30": [("near_breach/30m", "boss")],
        "14:00": [],
        "14:00:01": [("breached/breached", "lead"), ("breached/breached", "boss")],
        "15:00": [],
    }
    assert [(t.change, t.at) for t in watched.transitions()] == [
        ("near_breach", at("12:00")),
        ("breached", at("14:00")),
    ]


def test_the_store_names_the_instant_of_the_next_rung(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), climbing())
    watched.poll("10:01")

    instants = []
    for _ in range(4):
        change = watched.store.load_next_change(TENANT)
        assert change is not None
        instants.append(change)
        watched.evaluate(change)

    assert instants == [at("12:00"), at("13:00"), at("13:30"), at("14:00:01")]


def test_T61_the_same_rung_of_the_same_deadline_is_told_once(desk: OpenDesk) -> None:
    """Whatever is polled, restarted and paused in between."""
    life = Life(ticket()).then(at("12:30"), status="Waiting Customer").then(at("13:30"), status="In Progress")
    watched = desk(worlds_of(life), climbing())

    watched.polls("10:01", "12:01", "12:31")
    watched.start()
    watched.polls("13:31", "13:59")

    assert told_by(watched) == [("near_breach/50%", "noc")]
    watched.evaluate("14:00")
    assert [kind for kind, _ in told_by(watched)] == ["near_breach/75%"] * 2


def test_T62_a_new_deadline_is_climbed_anew(desk: OpenDesk) -> None:
    """Less urgent at 13:10: the new deadline is far off, and its own half and three quarters are told again."""
    by_rank = {1: GoalHours(None, None, 4), 2: GoalHours(None, None, 8)}
    life = Life(ticket()).then(at("13:10"), priority=Ref(2, "Priority 2"))
    watched = desk(worlds_of(life), climbing(by_rank=by_rank))

    watched.polls("10:01", "12:00", "13:00", "13:11")
    assert [kind for kind, _ in told_by(watched)] == ["near_breach/50%", "near_breach/75%", "near_breach/75%"]

    watched.evaluate("14:00")
    assert told_by(watched) == [("near_breach/50%", "noc")]
    keys = [(record.version, record.mark) for record in watched.store.load_rungs(TENANT, 1)]
    assert keys == [(0, "50%"), (0, "75%"), (1, "50%")]


def test_T62_a_more_urgent_deadline_is_told_though_its_mark_lies_in_the_past(desk: OpenDesk) -> None:
    by_rank = {1: GoalHours(None, None, 3), 2: GoalHours(None, None, 8)}
    life = Life(ticket(priority=Ref(2, "Priority 2"))).then(at("12:40"), priority=Ref(1, "Priority 1"))
    watched = desk(worlds_of(life), climbing(by_rank=by_rank), watched_since=at("12:35"))

    watched.polls("12:36", "12:41")

    assert told_by(watched) == [("near_breach/30m", "boss")]


def test_T47_marks_jumped_over_at_once_are_one_message_that_says_so(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), climbing())

    watched.polls("10:01", "13:40")

    (mail,) = watched.mails()
    assert mail.key.split("/")[3] == "30m"
    assert "Passed unseen before it: 50%, 75%." in mail.text
    assert "20 min of business time" in mail.text
    outcomes = {record.mark: str(record.outcome) for record in watched.store.load_rungs(TENANT, 1)}
    assert outcomes == {"50%": "overtaken", "75%": "overtaken", "30m": "told"}


def test_T63_nothing_is_dropped_where_many_climb_at_once(desk: OpenDesk) -> None:
    """Forty tickets pass the same mark in the same second."""
    entered = World(at("10:00"), {number: ticket(number) for number in range(1, 41)})
    watched = desk([entered], climbing())

    watched.poll("10:01")
    watched.evaluate("12:00")

    keys = [parse_alert_key(mail.key) for mail in watched.mails()]
    assert sorted(key.ticket_id for key in keys if key) == list(range(1, 41))


def test_T64_a_mail_says_how_it_stands_when_it_is_made_not_what_the_mark_was(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), climbing())

    watched.polls("10:01", "12:30")

    (mail,) = watched.mails()
    assert "The goal passed its mark of 50 % on Mon 2 Nov 2026 12:00 UTC" in mail.text
    assert "62 % of the goal" in mail.text
    assert "due in 1 h 30 min of business time" in mail.subject


def test_T65_business_time_left_and_wall_time_left_are_both_said(desk: OpenDesk) -> None:
    """16:30 on Monday, due on Tuesday at 09:30: an hour of office time, seventeen by the clock on the wall."""
    opened = ticket(entered_at=at("13:30"), last_updated_at=at("13:30"))
    settings = climbing(Ladder("l", (rung("1h left", NOC),)), calendar="MyCalendar")
    watched = desk([World(at("13:30"), {1: opened})], settings)

    watched.poll("13:31")
    watched.evaluate("16:30")

    (mail,) = watched.mails()
    assert "1 h of business time, 17 h by the wall clock" in mail.text


def test_T67_a_goal_of_a_quarter_of_an_hour_warns_within_it(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), climbing(goals=GoalHours(0.25, None, None)))

    watched.poll("10:00:30")
    assert told_by(watched) == [("near_breach/30m", "boss")]  # a quarter is less than 30 minutes from the start on
    watched.evaluate("10:11:15")
    assert [kind for kind, _ in told_by(watched)] == ["near_breach/75%"] * 2


def test_what_was_passed_before_a_rung_was_watched_for_is_history(desk: OpenDesk) -> None:
    """A rung added to the settings at 13:10 does not wake anybody for what passed it before."""
    watched = desk(worlds_of(Life(ticket())), climbing(Ladder("l", (rung("75%", LEAD),))))
    watched.polls("10:01", "13:05")
    assert told_by(watched) == [("near_breach/75%", "lead")]

    more = climbing()
    watched.marked_since = watch_marks(watched.store, TENANT, more.ladders, LONG_AGO, at("13:10"))
    watched.start(more)
    watched.poll("13:11")
    assert told_by(watched) == []
    assert {(r.mark, str(r.outcome)) for r in watched.store.load_rungs(TENANT, 1)} == {
        ("50%", "history"),
        ("75%", "told"),
    }

    watched.evaluate("13:30")
    assert told_by(watched) == [("near_breach/30m", "boss")]


def test_a_rung_is_watched_for_since_it_was_first_there(desk: OpenDesk) -> None:
    watched = desk([], climbing())
    ladders = climbing().ladders

    first = watch_marks(watched.store, TENANT, ladders, LONG_AGO, at("10:00"))
    again = watch_marks(watched.store, TENANT, ladders, LONG_AGO, at("11:00"))

    assert first("default", "50%") == again("default", "50%") == at("10:00")
    assert again("sla:Gold", "breach") == at("10:00")
    assert again("default", "99%") == LONG_AGO


def test_rungs_are_of_their_stages(desk: OpenDesk) -> None:
    ladder = Ladder("l", (rung("50%", NOC, stages=(Stage.RESPOND,)), rung("50%", LEAD, stages=(Stage.RESOLVE,))))
    watched = desk(worlds_of(Life(ticket())), climbing(ladder, goals=GoalHours(2, 2, 4)))

    watched.poll("10:01")
    watched.evaluate("11:00")
    watched.evaluate("12:00")

    assert [(m.key.split("/")[2], m.recipient) for m in watched.mails()] == [("respond", NOC), ("resolve", LEAD)]


def test_a_goal_that_is_reached_or_waits_climbs_no_further(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("11:00"), status="Waiting Customer")
    done = Life(ticket(2)).then(at("11:00"), status="Completed")
    watched = desk(worlds_of(life, done), climbing())

    watched.polls("10:01", "11:01", "12:01", "13:31", "20:00")

    assert told_by(watched) == []


@pytest.mark.parametrize("goal", [GoalHours(None, None, 4)])
def test_a_breach_seen_late_is_told_as_a_breach_only(desk: OpenDesk, goal: GoalHours) -> None:
    watched = desk(worlds_of(Life(ticket())), climbing(goals=goal))

    watched.polls("10:01", "20:00")

    assert told_by(watched) == [("breached/breached", "lead"), ("breached/breached", "boss")]
    assert watched.store.load_rungs(TENANT, 1) == []


def test_before_a_mark_is_told_its_ticket_is_looked_at_again(desk: OpenDesk) -> None:
    """Resolved at 12:59, which no list has told yet: nobody hears of the mark at 13:00."""
    life = Life(ticket()).then(at("12:59"), status="Completed")
    watched = desk(worlds_of(life), climbing())
    watched.polls("10:01", "12:01")
    watched.mails()
    watched.source.unlisted = {1}

    watched.poll("13:00")

    assert told_by(watched) == []
    assert ("by_id", frozenset({1})) in watched.source.asked


def test_the_lag_of_a_mark_counts_from_the_mark(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), climbing())

    watched.poll("10:01")
    watched.evaluate(at("12:00") + timedelta(seconds=3))

    assert watched.sample("slamon_detection_lag_seconds_sum", stage="resolve") == 3


def test_reminders_come_in_business_time_while_a_breach_lasts(desk: OpenDesk) -> None:
    ladder = Ladder("l", (rung("breach", NOC),), remind_seconds=3600)
    life = Life(ticket()).then(at("16:30"), status="Waiting Customer").then(at("18:30"), status="In Progress")
    watched = desk(worlds_of(life), climbing(ladder))

    told = {}
    watched.poll("10:01")
    for moment in ("14:00:01", "15:00", "15:30", "16:00"):
        watched.evaluate(moment)
        told[moment] = told_by(watched)
    watched.polls("16:31", "17:30", "18:31", "18:59")
    assert told_by(watched) == []
    watched.evaluate("19:00")
    (mail,) = watched.mails()

    assert told == {
        "14:00:01": [("breached/breached", "noc")],
        "15:00": [("reminder/+60m", "noc")],
        "15:30": [],
        "16:00": [("reminder/+120m", "noc")],
    }
    assert mail.subject.startswith("Reminder: ticket 1 (Acme): resolve breached, 3 h of business time over")


def test_a_breach_seen_late_swallows_its_reminders(desk: OpenDesk) -> None:
    ladder = Ladder("l", (rung("breach", NOC),), remind_seconds=3600)
    watched = desk(worlds_of(Life(ticket())), climbing(ladder))

    watched.polls("10:01", "17:10")
    assert told_by(watched) == [("breached/breached", "noc")]
    watched.evaluate("18:00")
    assert told_by(watched) == [("reminder/+240m", "noc")]


def test_no_reminder_of_a_breach_that_is_history(desk: OpenDesk) -> None:
    ladder = Ladder("l", (rung("breach", NOC),), remind_seconds=3600)
    watched = desk(worlds_of(Life(ticket())), climbing(ladder), watched_since=at("16:30"))

    watched.polls("16:30", "17:01", "18:01")

    assert told_by(watched) == []


def test_a_channel_is_told_once_a_rung_and_not_reminded(desk: OpenDesk) -> None:
    """What is told to a channel stands there until it is ended."""
    rungs = (rung("50%", NOC, channels=("pager",)), rung("breach", NOC, LEAD, channels=("mail", "pager")))
    ladder = Ladder("l", rungs, remind_seconds=3600)
    watched = desk(worlds_of(Life(ticket())), climbing(ladder, channels=(ChannelUse("pager", lasts=True),)))

    watched.poll("10:01")
    for moment in ("12:00", "14:00:01", "15:00"):
        watched.evaluate(moment)

    rows = [row.note for row in watched.store.load_outbox(["pending"], 50)]
    assert [(note.channel, note.kind, note.key.split("/")[3]) for note in rows] == [
        ("pager", "near_breach", "50%"),
        ("pager", "breached", "breached"),
        ("mail", "breached", "breached"),
        ("mail", "breached", "breached"),
        ("pager", "ended", "50%"),
        ("mail", "reminder", "+60m"),
        ("mail", "reminder", "+60m"),
    ]
    assert decode_event(rows[0].data).threshold == "50%"


def test_a_role_that_nobody_has_is_said_and_told_to_those_named_by_address(desk: OpenDesk) -> None:
    ladder = Ladder("l", (rung("50%", "owner"), rung("breach", LEAD)))
    watched = desk(worlds_of(Life(ticket()), Life(ticket(2))), climbing(ladder))

    watched.poll("10:01")
    watched.evaluate("12:00")

    mails = watched.mails()
    assert [mail.recipient for mail in mails] == [LEAD, LEAD]
    assert "It is meant for the ticket's owner, but nobody owns the ticket." in mails[0].text
    assert watched.sample("slamon_unknown_recipients_total", tenant=TENANT, role="owner") == 2


def test_the_owner_is_told_at_the_address_that_connectwise_gives(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket(owner="jsmith"))), climbing(Ladder("l", (rung("50%", "owner"),))))
    watched.source.reference = replace(REFERENCE, members={1: Member(1, "jsmith", "jane@msp.example")})

    watched.poll("10:01")
    watched.evaluate("12:00")

    assert [mail.recipient for mail in watched.mails()] == ["jane@msp.example"]


def test_those_who_heard_of_a_breach_hear_that_it_is_over_where_the_ladder_says_so(desk: OpenDesk) -> None:
    ladder = Ladder("l", (rung("50%", NOC), rung("breach", LEAD)), all_clear=True)
    life = Life(ticket()).then(at("15:00"), status="Completed")
    in_time = Life(ticket(2)).then(at("13:00"), status="Completed")
    watched = desk(worlds_of(life, in_time), climbing(ladder))

    watched.polls("10:01", "12:00", "13:01")
    watched.evaluate("14:00:01")
    watched.mails()
    watched.polls("15:01", "16:00")

    (mail,) = watched.mails()
    assert (mail.kind, mail.recipient) == ("all_clear", LEAD)
    assert mail.subject.startswith("All clear (the goal was reached, too late): Ticket 1")


def test_an_all_clear_is_said_once_and_dated_by_when_it_was_seen(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("15:00"), status="Completed").then(at("16:00"), merged_into_id=9)
    watched = desk(worlds_of(life), climbing(Ladder("l", (rung("breach", LEAD),), all_clear=True)))

    watched.polls("10:01", "14:30")
    watched.mails()
    watched.polls("15:20", "16:01")

    assert [(mail.kind, mail.created_at) for mail in watched.mails()] == [("all_clear", at("15:20"))]
    assert [change for _, change, _ in watched.changes()][-2:] == ["missed", "cancelled"]


def test_without_that_nobody_hears_of_it(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("15:00"), status="Completed")
    watched = desk(worlds_of(life), climbing(Ladder("l", (rung("breach", LEAD),))))

    watched.polls("10:01", "14:30", "15:01")

    assert told_by(watched) == [("breached/breached", "lead")]


@pytest.mark.anyio
async def test_the_daemon_wakes_at_the_instant_of_a_mark_not_at_the_next_poll(desk: OpenDesk) -> None:
    """The next poll is a day of simulated time away, which is 24 real minutes; the mark comes in a second or two."""
    watched = desk(worlds_of(Life(ticket())), climbing())
    wall = SimulatedTime(datetime.now(UTC), 60, at("11:58"))
    watched.poll_every = timedelta(days=1)
    watched.keep_time_by(wall)
    stop = asyncio.Event()
    running = asyncio.create_task(watched.watch.run(stop))

    async with asyncio.timeout(60):
        while not watched.store.load_rungs(TENANT, 1):  # noqa: ASYNC110  (the store has no event)
            await asyncio.sleep(0.05)
    stop.set()
    await running

    (record,) = watched.store.load_rungs(TENANT, 1)
    assert (record.mark, record.at, str(record.outcome)) == ("50%", at("12:00"), "told")
    assert record.at <= record.seen_at


def test_what_passed_between_a_backup_and_its_restore_is_not_told_one_by_one(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), climbing())
    watched.poll("10:01")
    watched.store.claim_run(RESTORED, format_instant(at("11:00")), at("12:30"))
    watched.start()

    watched.poll("12:31")
    assert [note.kind for note in watched.mails()] == ["restored", "restored"]
    assert [(r.mark, str(r.outcome)) for r in watched.store.load_rungs(TENANT, 1)] == [("50%", "history")]
    watched.evaluate("13:00")
    assert [kind for kind, _ in told_by(watched)] == ["near_breach/75%"] * 2
