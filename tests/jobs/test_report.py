"""The breach report: once a period, whoever sends it, about what was seen since the last one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from slamon import resources
from slamon.core.promise import PolicyRule
from slamon.core.reference import GoalHours
from slamon.jobs.report import read_breach_report, send_breach_report
from slamon.reporting.render import Renderer
from slamon.store.sql import SqlStore
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, Desk, settings_of
from tests.jobs.world import World, at, ticket

RESOLVE_ONLY = PolicyRule("default", calendar="AllHours", goals=GoalHours(None, None, 4))
UTC = ZoneInfo("UTC")
RENDERER = Renderer(resources.folder("reports"))


def three_breaches(desk: OpenDesk) -> Desk:
    """Tickets 1, 2 and 3 break at 14:00, 15:00 and 16:00; without alerts to look past."""
    tickets = {
        n: ticket(n, entered_at=at(f"{9 + n}:00"), last_updated_at=at(f"{9 + n}:00"), summary=f"No. {n} is late")
        for n in (1, 2, 3)
    }
    watched = desk([World(at("12:00"), tickets)], settings_of(RESOLVE_ONLY, recipients=()))
    watched.poll("12:00")
    return watched


def send(watched: Desk, until: str, *recipients: str, name: str = "breach") -> int:
    return send_breach_report(
        watched.store,
        RENDERER,
        [watched.settings],
        name=name,
        recipients={TENANT: recipients or ("boss@example.org",)},
        zone=UTC,
        domain="example.org",
        until=at(until),
    )


def test_each_report_tells_what_was_seen_since_the_last(desk: OpenDesk) -> None:
    watched = three_breaches(desk)
    texts = []
    for seen, until in (("14:30", "14:45"), ("15:00:01", "15:30"), ("16:30", "16:45")):
        watched.evaluate(seen)
        assert send(watched, until) == 1
        (mail,) = watched.mails()
        texts.append(mail.text)

    assert [[f"No. {n} is late" in text for n in (1, 2, 3)] for text in texts] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]


def test_nothing_is_lost_between_two_reports_or_told_twice_at_their_border(desk: OpenDesk) -> None:
    watched = three_breaches(desk)
    watched.evaluate("14:00:01")

    told = [
        [row.ticket.id for row in read_breach_report(watched.store, watched.settings, since=a, until=b, zone=UTC).rows]
        for a, b in ((at("13:00"), at("14:00:01")), (at("14:00:01"), at("15:00")))
    ]

    assert told == [[], [1]]


@pytest.mark.parametrize(
    ("addresses", "way"),
    [
        ({"base_url": "https://slamon.example.org"}, "https://slamon.example.org/tickets/main/1"),
        (
            {"base_url": "https://slamon.example.org", "ticket_url": "https://cw.example.org/{id}"},
            "https://cw.example.org/1",
        ),
        ({}, ""),
    ],
)
def test_a_row_links_to_the_ticket_or_to_slamons_page_on_it(
    desk: OpenDesk, addresses: dict[str, Any], way: str
) -> None:
    watched = three_breaches(desk)
    watched.evaluate("14:00:01")
    settings = replace(watched.settings, **addresses)

    (row,) = read_breach_report(watched.store, settings, since=at("14:00"), until=at("15:00"), zone=UTC).rows

    assert row.link == way


def test_a_period_is_reported_once_whoever_fires_it(desk: OpenDesk, store: SqlStore) -> None:
    watched = three_breaches(desk)
    watched.evaluate("14:30")

    assert send(watched, "15:00", "a@example.org", "b@example.org") == 2
    assert send(watched, "15:00", "a@example.org", "b@example.org") == 0
    assert len(watched.mails()) == 2
    assert [period for period, _ in store.load_runs("report/breach")] == ["2026-11-02T15:00:00Z"]


def test_one_that_crashed_before_its_claim_repeats_no_message(desk: OpenDesk) -> None:
    """The messages are stored first; the next try finds their keys."""
    watched = three_breaches(desk)
    watched.evaluate("14:30")
    send(watched, "15:00", "a@example.org")
    (mail,) = watched.mails()
    assert mail.kind == "report"
    store = watched.store

    class NotClaimed:
        """The store as a second daemon saw it before the first had claimed."""

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def load_runs(self, _job: str) -> list[object]:
            return []

    watched.store = NotClaimed()  # type: ignore[assignment]
    assert send(watched, "15:00", "a@example.org") == 0
    assert watched.mails() == []


def test_reports_of_different_names_do_not_count_for_each_other(desk: OpenDesk) -> None:
    watched = three_breaches(desk)
    watched.evaluate("14:30")

    assert (send(watched, "15:00", name="daily"), send(watched, "15:00", name="weekly")) == (1, 1)


def test_a_period_without_a_breach_says_so(desk: OpenDesk) -> None:
    """T68: nothing broken is not the same as no report."""
    watched = three_breaches(desk)

    assert send(watched, "13:00") == 1
    (mail,) = watched.mails()

    assert "No goal broke" in mail.text or "no goal" in mail.text.lower()
    assert mail.tenant == TENANT


def test_the_first_report_looks_back_a_day_and_a_late_one_to_the_last(desk: OpenDesk) -> None:
    watched = three_breaches(desk)
    watched.evaluate("14:30")

    send(watched, "2026-11-03T14:00")
    send(watched, "2026-11-06T07:00")

    first, second = watched.mails()
    assert "No. 1 is late" in first.text
    assert "No. 1 is late" not in second.text
