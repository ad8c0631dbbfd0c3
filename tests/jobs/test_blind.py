"""Nothing new is said of what cannot be seen, and nothing is lost by waiting."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from slamon.core.period import stretch
from slamon.core.promise import PolicyRule
from slamon.core.reading import Verdict
from slamon.core.reference import GoalHours
from slamon.core.ticket import Stage
from slamon.errors import SourceUnavailableError
from slamon.jobs.make_report import Asked, make_report
from slamon.reports.document import Scope
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.test_poll import FailingStore, failing
from tests.jobs.test_watch import FastTime, quicken, run_until
from tests.jobs.world import MINUTE, Life, at, ticket, worlds_of

FOUR_HOURS = settings_of(PolicyRule("default", calendar="AllHours", goals=GoalHours(None, None, 4)))  # due at 14:00


class StandingTime:
    """Time that does not pass, where an hour lasts a second."""

    def now(self) -> datetime:
        return at("10:05")

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds() / 3600


def outage(watched: Desk, *moments: str) -> None:
    """Let polls fail at *moments*, and time pass behind each of them."""
    for moment in moments:
        watched.source.fails = [SourceUnavailableError("down")]
        assert watched.poll(moment).result == "failed"
        watched.wall.moment = at(moment) + MINUTE
        asyncio.run(watched.watch.catch_up())


def breaches(watched: Desk) -> list[tuple[str, str]]:
    return [mail for mail in watched.mailed() if mail[0].startswith("breached")]


def up(watched: Desk) -> tuple[float | None, float | None]:
    watched.watch.lookout.show(watched.metrics)
    since = watched.sample("slamon_blind_since_timestamp_seconds", tenant=TENANT)
    return watched.sample("slamon_up", tenant=TENANT), since


def test_a_breach_in_an_outage_is_told_once_after_the_poll_with_its_true_instant(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), FOUR_HOURS)
    watched.polls("10:05", "13:58")
    watched.mails()

    outage(watched, "13:59", "14:00", "14:30", "15:55")
    assert breaches(watched) == []
    assert watched.verdicts()[Stage.RESOLVE] is Verdict.RUNNING
    assert up(watched) == (0, at("13:58").timestamp())

    watched.polls("16:00", "16:01")
    mails = [mail for mail in watched.mails() if mail.kind == "breached"]
    assert [mail.recipient.split("@")[0] for mail in mails] == ["noc", "boss"]
    span = "from Mon 2 Nov 13:58 to Mon 2 Nov 2026 16:00 UTC."
    assert f"Told late: slamon did not see ConnectWise {span}" in mails[0].text
    assert span in mails[0].html
    assert ("resolve", "breached", "14:00:00") in watched.changes()
    assert up(watched) == (1, 0)


def test_tickets_closed_in_an_outage_are_never_told_as_breached(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("13:59:30"), status="Completed").then(at("15:00"), status=">Closed")
    watched = desk(worlds_of(life), FOUR_HOURS)
    watched.polls("10:05", "13:58")
    watched.mails()

    outage(watched, "13:59", "14:00", "15:55")
    watched.polls("16:00")

    assert breaches(watched) == []
    assert watched.verdicts()[Stage.RESOLVE] is Verdict.MET


def test_the_operators_hear_once_that_slamon_is_blind_what_may_break_and_when_it_sees_again(desk: OpenDesk) -> None:
    link = "https://psa.example/{id}"
    told = settings_of(FOUR_HOURS.promises.default, operators=("admin@example.org",), ticket_url=link)
    late = ticket(2, entered_at=at("12:30"), last_updated_at=at("12:30"))
    watched = desk(worlds_of(Life(ticket(1)), Life(late)), told)
    watched.polls("10:05", "12:35", "13:58")
    watched.mails()

    outage(watched, "13:59", "14:00")
    assert watched.mails() == []  # not blind yet
    outage(watched, "14:02", "14:03", "15:55")
    (blind,) = watched.mails()
    assert (blind.kind, blind.recipient) == ("blind", "admin@example.org")
    assert blind.subject == "slamon has not seen main since Mon 2 Nov 13:58: 1 goal may break"
    assert "Mon 2 Nov 14:00  ticket 1 at Acme, resolve: Ticket 1\n  https://psa.example/1" in blind.text
    assert "The last poll said: down" in blind.text
    assert "https://psa.example/1" in blind.html
    assert "ticket 2" not in blind.text  # due at 16:30

    watched.polls("16:00", "16:01")
    sighted = [mail for mail in watched.mails() if mail.kind == "sighted"]
    assert [mail.subject for mail in sighted] == ["slamon sees main again, after 2 h 02 min"]
    assert "1 goal broke meanwhile" in sighted[0].text

    outage(watched, "16:02", "16:10", "16:11")
    assert [mail.kind for mail in watched.mails()] == ["blind"]


def test_a_tenant_that_no_poll_ever_reached_is_told_of_too(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of(operators=("admin@example.org",)))
    watched.store.claim_run("watch", TENANT, at("10:00"))

    outage(watched, "10:01", "10:02")
    assert watched.mails() == []
    outage(watched, "10:03:01", "10:04")

    (mail,) = watched.mails()
    assert mail.subject == "slamon has never seen main, watched since Mon 2 Nov 10:00"
    assert "no poll has worked yet" in mail.text

    watched.polls("10:30")
    assert [mail.kind for mail in watched.mails()] == ["sighted"]


def test_a_second_daemon_repeats_nothing(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of(operators=("admin@example.org",)))
    watched.polls("10:05")
    outage(watched, "10:10")

    watched.start()  # it does not know what the first one told
    watched.watch.lookout.remember(watched.store.load_last_poll(TENANT, successful=True), None)
    outage(watched, "10:11")
    watched.polls("10:12")
    watched.start()
    watched.polls("10:13")

    assert [mail.kind for mail in watched.mails()] == ["blind", "sighted"]


def test_a_daemon_that_has_not_polled_yet_is_not_up_whatever_is_stored(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), FOUR_HOURS)
    assert up(watched) == (0, 0)
    assert watched.watch.lookout.reason() == "tenant main: no successful poll yet"
    watched.polls("10:05")

    watched.start()
    watched.watch.lookout.remember(watched.store.load_last_poll(TENANT, successful=True), None)
    assert up(watched) == (0, 0)
    assert watched.watch.lookout.reason() == "tenant main: not polled yet since the start"

    watched.wall.moment = at("10:08:01")
    assert up(watched) == (0, at("10:05").timestamp())
    assert watched.watch.lookout.reason() == (
        "tenant main: blind since 2026-11-02T10:05:00Z: no successful poll for 181 s"
    )


def test_a_page_scraped_before_the_next_poll_says_how_old_it_is(desk: OpenDesk) -> None:
    """What was true at the poll is not true for ever: it is judged when it is asked for."""
    watched = desk(worlds_of(Life(ticket())), FOUR_HOURS)
    watched.metrics.before_scrape(lambda: watched.watch.lookout.show(watched.metrics))
    watched.polls("10:05")
    assert b'slamon_up{tenant="main"} 1.0' in watched.metrics.render()[0]

    watched.wall.moment = at("10:15")

    assert b'slamon_up{tenant="main"} 0.0' in watched.metrics.render()[0]


def test_a_clock_set_back_makes_nothing_younger(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), FOUR_HOURS)
    watch = quicken(watched, "10:05", 3600, MINUTE)  # an hour a second
    asyncio.run(watch.cycle())
    deadline = time.monotonic() + 60

    watch.lookout._wall = StandingTime()  # as if it were set back again and again
    while watch.lookout.sight().blind_since is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_time_that_passed_unnoticed_brings_the_poll_forward(desk: OpenDesk) -> None:
    """A machine that slept for an hour polls when it wakes, though the next poll is far, and tells nothing before."""
    life = Life(ticket()).then(at("13:30"), status="Completed")
    watched = desk(worlds_of(life), FOUR_HOURS)
    watch = quicken(watched, "13:00", 1, MINUTE)
    asyncio.run(watch.cycle())

    asyncio.run(_wake_up(watched))

    assert watched.verdicts()[Stage.RESOLVE] is Verdict.MET


async def _wake_up(watched: Desk) -> None:
    watch = watched.watch
    assert isinstance(watched.wall, FastTime)
    watched.wall._begin += 90 * MINUTE
    waiting = watch._until(time.monotonic() + 3600, asyncio.Event())
    await asyncio.wait_for(waiting, 20)  # it does not wait for the poll that is an hour away
    await watch.cycle()


def test_a_database_that_is_away_is_neither_up_nor_ready(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), wrap=FailingStore)
    watch = quicken(watched, "10:00", 60, MINUTE)
    asyncio.run(watch.cycle())
    assert watch.lookout.reason() == ""
    failing(watched).failures = {"save_poll": 10**9}

    run_until(
        watch, lambda: watch.lookout.reason() == "tenant main: nothing can be stored: the database did not answer"
    )

    assert watched.sample("slamon_up", tenant=TENANT) == 0


def test_a_report_says_for_how_long_nothing_was_seen(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), FOUR_HOURS)
    watched.polls("10:05", "10:06", "11:40", "11:41")

    def blind(since: str, until: str) -> list[tuple[object, ...]]:
        period = stretch(at(since), at(until), ZoneInfo("UTC"))
        report = make_report(watched.store, FOUR_HOURS, Asked("breach", Scope(TENANT), period, at(until)))
        return [
            row for section in report.sections for table in section.tables if table.key == "blind" for row in table.rows
        ]

    assert blind("10:05", "11:42") == [(int(at("10:06").timestamp()), int(at("11:40").timestamp()), "1 h 34 min")]
    assert blind("10:05", "10:07") == []
