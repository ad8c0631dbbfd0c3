"""Quiet hours: what comes in them waits, and at their end only what is still true is told, in one message."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from slamon import resources
from slamon.core.calendar import BusinessCalendar
from slamon.core.intervention import Said
from slamon.core.ladder import Ladder
from slamon.core.quiet import opening_at, parse_hours, waking_rules
from slamon.jobs.backlog import Backlogs
from slamon.jobs.intervene import say
from slamon.jobs.opening import Openings
from slamon.jobs.tenant import ChannelUse
from slamon.reporting.render import Renderer
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk
from tests.jobs.test_ladders import BOSS, NOC, climbing, rung, told_by
from tests.jobs.world import Life, at, ticket, worlds_of


def waking(*hours: str, days: tuple[str, ...] = (), zone: str = "UTC") -> BusinessCalendar:
    return BusinessCalendar(waking_rules("q", zone, hours, days))


QUIET = {NOC: waking("12:30-18:00")}
LADDER = Ladder("l", (rung("75%", NOC), rung("30m left", NOC), rung("breach", BOSS)))


def opened(watched: Desk, moment: str, channel: str = "mail", *, merges: bool = True) -> int:
    renderer = Renderer(resources.folder("reports"))
    backlogs = Backlogs(watched.store, renderer, {TENANT: watched.settings}, lambda _: ZoneInfo("UTC"), "x.example", 0)
    return Openings(backlogs, merges).open(channel, at(moment))


def states(watched: Desk) -> list[tuple[str, str]]:
    rows = watched.store.load_outbox(["pending", "overtaken", "merged"], 100)
    return [(row.note.key.split("/")[3], row.state) for row in rows if row.note.kind != "digest"]


def test_what_is_still_true_at_opening_is_one_message_that_says_how_it_stands_then(desk: OpenDesk) -> None:
    """Ticket 1 was resolved meanwhile; ticket 2 waits with the clock at rest; its two warnings are one line."""
    solved = Life(ticket()).then(at("13:10"), status="Completed")
    waits = Life(ticket(2)).then(at("13:40"), status="Waiting Customer")
    watched = desk(worlds_of(solved, waits), climbing(LADDER, quiet=QUIET))

    watched.polls("10:01", "13:00", "13:11", "13:30", "13:41", "17:59")
    assert told_by(watched) == []
    assert opened(watched, "17:59:59") == 0
    assert opened(watched, "18:00") == 1

    (mail,) = watched.mails()
    assert (mail.kind, mail.recipient) == ("digest", NOC)
    assert mail.subject.startswith("While you were not to be disturbed: 0 goals over, 1 near")
    assert "20 min left: ticket 2" in mail.text
    assert "ticket 1" not in mail.text
    assert sorted(states(watched)) == [("30m", "merged"), ("75%", "merged"), ("75%", "overtaken")]
    assert opened(watched, "18:01") == 0


def test_nothing_is_sent_at_opening_of_what_is_over_by_then(desk: OpenDesk) -> None:
    solved = Life(ticket()).then(at("13:10"), status="Completed")
    watched = desk(worlds_of(solved), climbing(LADDER, quiet=QUIET))

    watched.polls("10:01", "13:00", "13:11")

    assert opened(watched, "18:00") == 1
    assert watched.mails() == []
    assert states(watched) == [("75%", "overtaken")]


def test_quiet_hours_are_each_recipients_own_and_a_rung_may_override_them(desk: OpenDesk) -> None:
    ladder = Ladder("l", (rung("75%", NOC, BOSS), rung("breach", NOC, even_when_quiet=True)))
    watched = desk(worlds_of(Life(ticket())), climbing(ladder, quiet=QUIET))

    watched.poll("10:01")
    watched.evaluate("13:00")
    assert told_by(watched) == [("near_breach/75%", "boss")]
    watched.evaluate("14:00:01")
    assert told_by(watched) == [("breached/breached", "noc")]


def test_an_all_clear_waits_for_the_morning_and_comes_to_those_alone_who_heard(desk: OpenDesk) -> None:
    """The first breaks at 14:00, told to both; the second at 15:00, when one of them is quiet already."""
    ladder = Ladder("l", (rung("breach", NOC, BOSS),), all_clear=True)
    lives = [
        Life(ticket()).then(at("15:30"), status="Completed"),
        Life(ticket(2, entered_at=at("11:00"))).then(at("15:30"), status="Completed"),
    ]
    watched = desk(worlds_of(*lives), climbing(ladder, quiet={NOC: waking("14:30-18:00")}))

    watched.polls("10:01", "11:01", "14:01", "15:01")
    assert sorted((mail.ticket_id, mail.recipient) for mail in watched.mails()) == [(1, BOSS), (1, NOC), (2, BOSS)]
    watched.poll("15:31")

    assert [(mail.kind, mail.ticket_id, mail.recipient) for mail in watched.mails()] == [
        ("all_clear", 1, BOSS),
        ("all_clear", 2, BOSS),
    ]
    assert opened(watched, "18:00") == 1
    assert [(mail.kind, mail.ticket_id, mail.recipient) for mail in watched.mails()] == [("all_clear", 1, NOC)]


def test_nothing_counts_as_stuck_that_waits_for_the_morning(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), climbing(Ladder("l", (rung("75%", NOC),)), quiet=QUIET))

    watched.polls("10:01", "13:00")

    assert watched.store.outbox_state("mail").waiting == 0
    assert opened(watched, "18:00") == 1
    assert watched.store.outbox_state("mail").waiting == 1


def test_what_waits_is_not_merged_into_a_backlog_before(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket()), Life(ticket(2))), climbing(LADDER, quiet=QUIET))

    watched.polls("10:01", "13:00")

    assert watched.store.find_backlogs("mail", 1) == []
    assert watched.store.load_backlog("mail", TENANT, NOC) == []


PAGED = Ladder("l", (rung("75%", channels=("pager",)), rung("30m left", channels=("pager",))))


def pending(watched: Desk) -> list[tuple[str, datetime | None]]:
    rows = watched.store.load_outbox(["pending"], 10)
    return [(f"{row.note.kind}/{row.note.key.split('/')[3]}", row.note.not_before) for row in rows]


def test_a_channel_is_not_quiet(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), climbing(PAGED, channels=(ChannelUse("pager"),), quiet=QUIET))

    watched.polls("10:01", "13:00")

    assert pending(watched) == [("near_breach/75%", None)]
    assert opened(watched, "18:00", "pager", merges=False) == 0


def test_what_a_snooze_held_back_from_a_channel_for_programs_is_let_go_as_it_is(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), climbing(PAGED, channels=(ChannelUse("pager"),)))
    watched.poll("10:01")
    say(watched.store, TENANT, 1, Said.SNOOZE, now=at("12:00"), by="ann", until=at("13:40"))
    watched.polls("13:00", "13:30")
    assert pending(watched) == [("near_breach/75%", at("13:40")), ("near_breach/30m", at("13:40"))]

    assert opened(watched, "13:40", "pager", merges=False) == 1

    assert pending(watched) == [("near_breach/75%", None), ("near_breach/30m", None)]


@pytest.mark.parametrize(
    "text", ["22:60-07:00", "22:00-07:75", "24:00-07:00", "22:00-24:01", "22:00-22:00", "22-07", "", "22:00-07:00 x"]
)
def test_what_are_no_quiet_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match='such as "22:00-07:00"'):
        parse_hours(text)


@pytest.mark.parametrize(
    ("quiet", "now", "opens"),
    [
        (waking("22:00-07:00"), "2026-11-02T23:15", "2026-11-03T07:00"),
        (waking("22:00-07:00"), "2026-11-02T21:59", None),
        (waking("22:00-07:00", days=("sat", "sun")), "2026-11-06T22:30", "2026-11-09T07:00"),
        (waking("19:00-07:30", zone="Europe/London"), "2026-10-25T03:00", "2026-10-25T07:30"),
        (waking("00:00-06:00", "18:00-24:00"), "2026-11-02T18:00", "2026-11-03T06:00"),
    ],
)
def test_when_somebody_may_next_be_told(quiet: BusinessCalendar, now: str, opens: str | None) -> None:
    expected: datetime | None = None if opens is None else at(opens)

    assert opening_at(quiet, at(now)) == expected
