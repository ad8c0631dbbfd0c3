"""Before a breach or a warning is told, its ticket is looked at again: what is known of it may be old."""

from __future__ import annotations

import asyncio

from slamon.core.promise import PolicyRule
from slamon.core.reading import Verdict
from slamon.core.reference import GoalHours
from slamon.core.ticket import Stage
from slamon.errors import SourceUnavailableError
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.world import Life, World, at, ticket, worlds_of

FOUR_HOURS = settings_of(PolicyRule("default", calendar="AllHours", goals=GoalHours(None, None, 4)))  # due at 14:00


def resolved_at(moment: str) -> list[World]:
    return worlds_of(Life(ticket()).then(at(moment), status="Completed"))


def catch_up(watched: Desk, moment: str) -> None:
    watched.wall.moment = at(moment)
    asyncio.run(watched.watch.catch_up())


def polls(watched: Desk) -> float | None:
    return watched.sample("slamon_polls_total", tenant=TENANT, result="ok")


def test_a_ticket_resolved_since_the_last_poll_is_not_told_as_breached(desk: OpenDesk) -> None:
    watched = desk(resolved_at("13:59:50"), FOUR_HOURS)
    watched.polls("10:05", "13:59:30")
    watched.mails()  # the warning of 13:00

    catch_up(watched, "14:00:05")

    assert watched.verdicts()[Stage.RESOLVE] is Verdict.MET
    assert watched.mails() == []


def test_a_ticket_that_the_list_of_changes_leaves_out_is_asked_for_by_id(desk: OpenDesk) -> None:
    watched = desk(resolved_at("13:59:50"), FOUR_HOURS)
    watched.polls("10:05", "13:58")
    watched.mails()
    watched.source.unlisted = {1}
    watched.source.asked.clear()

    watched.polls("14:00:05")

    assert watched.source.asked.count(("by_id", frozenset({1}))) == 1
    assert watched.verdicts()[Stage.RESOLVE] is Verdict.MET
    assert watched.mails() == []


def test_a_breach_is_told_at_once_where_the_ticket_stands_as_it_was(desk: OpenDesk) -> None:
    watched = desk(resolved_at("16:00"), FOUR_HOURS)
    watched.polls("10:05", "13:59")
    watched.mails()

    catch_up(watched, "14:00:05")

    assert watched.mailed() == [("breached/resolve", "noc"), ("breached/resolve", "boss")]


def test_what_was_polled_just_now_is_told_without_another_poll(desk: OpenDesk) -> None:
    watched = desk(resolved_at("16:00"), FOUR_HOURS)
    watched.polls("10:05", "14:00")
    before = polls(watched)

    catch_up(watched, "14:00:04")

    assert polls(watched) == before
    assert watched.stage(Stage.RESOLVE).breached_at == at("14:00")


def test_while_the_source_is_away_nothing_is_told_and_nothing_is_lost(desk: OpenDesk) -> None:
    watched = desk(resolved_at("16:00"), FOUR_HOURS)
    watched.polls("10:05", "13:58")
    watched.mails()
    watched.source.fails = [SourceUnavailableError("down")]
    assert watched.poll("13:59").result == "failed"

    catch_up(watched, "14:00:05")
    assert watched.mails() == []

    watched.polls("14:01")
    assert watched.mailed() == [("breached/resolve", "noc"), ("breached/resolve", "boss")]
    assert watched.stage(Stage.RESOLVE).breached_at == at("14:00")


def test_a_look_that_fails_leaves_the_alarm_to_the_next_poll(desk: OpenDesk) -> None:
    watched = desk(resolved_at("13:59:50"), FOUR_HOURS)
    watched.polls("10:05", "13:59")
    watched.mails()
    watched.source.unlisted = {1}
    watched.source.fails_at = {"by_id": SourceUnavailableError("down")}

    catch_up(watched, "14:00:05")
    asked = len(watched.source.asked)
    catch_up(watched, "14:00:20")
    assert len(watched.source.asked) == asked  # the next poll comes at its time

    watched.source.fails_at = {}
    watched.polls("14:01")
    assert watched.mails() == []
    assert watched.verdicts()[Stage.RESOLVE] is Verdict.MET


def test_a_look_that_fails_for_ever_delays_an_alarm_by_three_polls_at_most(desk: OpenDesk) -> None:
    """The list of changes was read well all the while: what it says must do."""
    watched = desk(resolved_at("16:00"), FOUR_HOURS)
    watched.polls("10:05", "13:59")
    watched.mails()
    watched.source.fails_at = {"by_id": SourceUnavailableError("down")}

    watched.polls("14:00:05", "14:01:05")
    assert watched.mails() == []

    watched.polls("14:02:05")
    assert watched.mailed() == [("breached/resolve", "noc"), ("breached/resolve", "boss")]
