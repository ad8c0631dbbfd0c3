"""A status that means something else from now on: in the settings, or in ConnectWise."""

from __future__ import annotations

from slamon.core.levels import LevelRule
from slamon.core.ticket import Kind, Level, Origin
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, settings_of
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


def test_T87_events_and_readings_name_the_map_of_their_time(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("10:30"), status="In Progress")))
    watched.polls("10:05", "10:31")
    before = watched.stored().status_map
    told = watched.events(1, Kind.ENTERED, Kind.STATUS)

    watched.start(settings_of(levels=(LevelRule("In Progress", Level.WAITING),)))
    watched.polls("11:00", "11:01")
    after = watched.stored().status_map

    assert before != after
    assert {event.status_map for event in told} == {before}
    again = watched.events(1, Kind.ENTERED, Kind.STATUS)
    assert again[: len(told)] == told
    assert [event.status_map for event in again[len(told) :]] == [after]
    maps = watched.store.load_status_maps([before, after])
    meant = {
        version: [s.level for s in held.statuses if (s.board.name, s.status.name) == ("Help Desk", "In Progress")]
        for version, held in maps.items()
    }
    assert meant == {before: [Level.RESOLUTION_PLAN], after: [Level.WAITING]}


def test_a_map_that_comes_back_has_its_old_version(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket()).then(at("10:30"), status="In Progress")))
    watched.polls("10:05", "10:31")
    waits = settings_of(levels=(LevelRule("In Progress", Level.WAITING),))
    versions = [watched.stored().status_map]
    for settings, moment in ((waits, "11:00"), (settings_of(), "12:00")):
        watched.start(settings)
        watched.polls(moment)
        versions.append(watched.stored().status_map)

    assert versions[0] == versions[2] != versions[1]
    last = watched.store.load_last_poll(TENANT)
    assert last is not None
    assert last.status_map == versions[2]
