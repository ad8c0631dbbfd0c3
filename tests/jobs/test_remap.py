"""A status that means something else from now on: in the settings, or in ConnectWise."""

from __future__ import annotations

from slamon.core.levels import LevelRule
from slamon.core.ticket import Kind, Level, Origin
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import settings_of
from tests.jobs.world import Life, at, ticket, worlds_of


def test_T34_a_remapped_status_holds_from_now_on_and_the_past_keeps_its_level(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("10:30"), status="In Progress")))
    watched.polls("10:05", "10:31")

    waits = LevelRule("In Progress", Level.WAITING)
    watched.start(settings_of(levels=(waits,)))
    watched.polls("11:00", "11:01")

    (event,) = [e for e in watched.events(1, Kind.STATUS) if e.origin is Origin.SETTINGS]
    assert (event.at, event.level, event.name) == (at("11:00"), Level.WAITING, "In Progress")
    assert watched.reading(1, at("11:30")).elapsed_seconds == 3600


def test_what_means_the_same_brings_no_event(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("10:30"), status="In Progress")))
    watched.polls("10:05", "10:31")

    watched.start()
    watched.polls("11:00", "11:01")

    assert [e for e in watched.events(1) if e.origin is Origin.SETTINGS and e.kind is Kind.STATUS] == []
