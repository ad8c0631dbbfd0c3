"""Whether a tenant is seen, by the polls that are stored."""

from __future__ import annotations

from datetime import datetime, timedelta

from slamon.core.sight import Outlook, Pace
from slamon.errors import SourceUnavailableError
from slamon.jobs.intake import UNFINISHED
from slamon.jobs.prune import prune
from slamon.jobs.sight import load_blind_spans, read_sight
from slamon.ports import Poll, Store, Unobserved
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, settings_of
from tests.jobs.world import MINUTE, Life, at, ticket, worlds_of

PACE = Pace(MINUTE)


def outlook(store: Store, moment: str) -> Outlook:
    return read_sight(store, TENANT, at(moment), PACE).outlook


def test_all_who_read_the_store_agree_on_what_is_seen(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of())
    assert outlook(watched.store, "10:04") is Outlook.UNSEEN

    watched.polls("10:05")
    assert outlook(watched.store, "10:06") is Outlook.CLEAR

    watched.source.fails = [SourceUnavailableError("down")]
    watched.poll("10:07")
    assert outlook(watched.store, "10:07:30") is Outlook.FAILING
    assert outlook(watched.store, "10:08:01") is Outlook.BLIND
    assert read_sight(watched.store, TENANT, at("11:00"), PACE).blind_since == at("10:05")

    watched.polls("11:01")
    assert outlook(watched.store, "11:01") is Outlook.CLEAR


def test_a_poll_under_way_says_nothing_yet(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of())
    watched.polls("10:05")
    watched.store.save_poll(Poll(TENANT, at("10:06"), at("10:06"), "failed", error=UNFINISHED))

    assert outlook(watched.store, "10:06") is Outlook.CLEAR
    assert outlook(watched.store, "10:05") is Outlook.CLEAR
    assert read_sight(watched.store, TENANT, at("10:05"), PACE).age == timedelta(0)


def test_blind_spans_are_found_in_the_records_of_polls(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of())
    watched.polls("10:05", "10:06")
    watched.source.fails = [SourceUnavailableError("down")]
    watched.poll("10:07")
    watched.polls("10:30", "10:31")

    def spans(since: str, until: str) -> list[tuple[datetime, datetime]]:
        return load_blind_spans(watched.store, TENANT, PACE, at(since), at(until))

    assert spans("09:00", "10:32") == [(at("10:06"), at("10:30"))]
    assert spans("10:10", "10:20") == [(at("10:10"), at("10:20"))]
    assert spans("10:31", "10:40") == [(at("10:31"), at("10:40"))]
    assert spans("10:30:30", "10:32") == []
    assert spans("08:00", "09:00") == []


def test_what_was_not_seen_is_known_after_its_polls_are_pruned(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), settings_of())
    watched.polls("10:05", "10:06", "10:30", "10:31", "10:50", "10:51")
    asked = [("09:00", "11:00"), ("10:10", "10:20"), ("10:29", "10:31"), ("10:31", "10:50"), ("10:52", "11:30")]

    def spans() -> list[list[tuple[datetime, datetime]]]:
        return [load_blind_spans(watched.store, TENANT, PACE, at(since), at(until)) for since, until in asked]

    before = spans()
    assert before[0] == [(at("10:06"), at("10:30")), (at("10:31"), at("10:50")), (at("10:51"), at("11:00"))]
    for cut in ("10:06:30", "10:30:30", "12:00", "12:00"):
        prune(watched.store, {"polls": at(cut)}, Unobserved(), {TENANT: PACE})
        assert spans() == before

    assert watched.store.load_good_polls(TENANT, at("09:00"), at("12:00")) == [(at("10:51"), at("10:51"))]
    prune(watched.store, {"reports": at("10:40")}, Unobserved())
    assert spans()[0] == before[0][1:]
