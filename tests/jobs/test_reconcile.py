"""ConnectWise's own figures against slamon's, on the simulated desk: two engines that share no code.

Set up as the desk is, they agree. Then one assumption after the other is made
wrong in the settings, and the reconciliation has to name that one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from slamon.connectwise.audit import AuditReader
from slamon.connectwise.client import Client
from slamon.connectwise.credentials import Credentials
from slamon.connectwise.limits import Limits
from slamon.connectwise.sla_status import read_sla_status
from slamon.connectwise.source import ConnectWiseSource
from slamon.core.levels import LevelRule
from slamon.core.promise import Match, PolicyRule, PromiseSettings
from slamon.core.reference import GoalHours
from slamon.core.rules import CalendarRules, Window
from slamon.core.ticket import Level
from slamon.core.trail import TrailChange
from slamon.core.witness import CAUSES, Cause, WitnessKind
from slamon.jobs.deps import PollDeps
from slamon.jobs.poll import poll
from slamon.jobs.reconcile import Reconciliation, Tally, publish, reconcile
from slamon.jobs.tenant import TenantSettings, TenantState
from slamon.metrics import Metrics
from slamon.ports import AuditEntry, Unobserved
from slamon.simulator import SimClock, Simulator, SimulatorServer
from slamon.store.sql import SqlStore
from slamon.wiring import read_trail

# Two days before Thanksgiving: goals of some days cross a holiday.
START = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
DEMO = Credentials("training", "public", "private", "any-client-id")
QUICK = Limits(requests_per_minute=1_000_000)
HOUR = 3600
WEEK = (*([(Window(8 * HOUR, 17 * HOUR),)] * 5), (), ())
OFFICE = CalendarRules("office", "America/New_York", WEEK)
STANDARD = {
    1: GoalHours(1, 2, 4),
    2: GoalHours(2, 4, 8),
    3: GoalHours(4, 8, 24),
    4: GoalHours(8, 16, 72),
    5: GoalHours(8, 16, 72),
}
DEFAULT = PolicyRule("default", calendar="MyCalendar", goals_by_rank=STANDARD)


def desk(rule: PolicyRule | None = None, **promises: Any) -> TenantSettings:
    """Return settings that read the simulated desk as it is, but for *promises* and a *rule* put before the SLAs."""
    rules = () if rule is None else (replace(rule, before_source=True),)
    settings = PromiseSettings(DEFAULT, rules, {"office": OFFICE})
    return TenantSettings("main", replace(settings, **promises), start_by_escalation=True)


@dataclass(frozen=True)
class Found(Reconciliation):
    """What was found, as counts and in words."""

    def causes(self) -> dict[Cause, int]:
        return dict(Counter(difference.cause for difference in self.findings.differences))

    def words(self, cause: Cause) -> set[str]:
        return {difference.words for difference in self.findings.differences if difference.cause is cause}


@pytest.fixture
def run(store: SqlStore) -> Callable[..., Found]:
    """Watch a desk for some hours, then reconcile it. What was set wrong may need to know the desk's tables."""

    def watch(
        settings: Callable[[dict[str, Any]], TenantSettings],
        *,
        with_reference: bool = True,
        trails: bool = True,
        read_text: Any = read_sla_status,
    ) -> Found:
        simulator = Simulator(tickets=90, closed=60, clock=SimClock(START, 0))
        chosen = settings(simulator.world.tables)
        state = TenantState()

        def no_trail(_: Iterable[AuditEntry]) -> list[TrailChange]:
            return []

        def now() -> datetime:
            return datetime.fromtimestamp(simulator.lived, UTC)

        async def poll_on() -> None:
            async with SimulatorServer(simulator) as server, Client.open(server.url, DEMO, limits=QUICK) as client:
                reader = partial(read_trail, AuditReader()) if trails else no_trail
                source = ConnectWiseSource(client)
                deps = PollDeps(chosen, state, source, store, Unobserved(), now, reader)
                for hours in (0, 3, 5, 17):
                    simulator.advance(timedelta(hours=hours, seconds=17).total_seconds())
                    record = await poll(deps)
                    assert record.result == "ok", record.error

        asyncio.run(poll_on())
        reference = state.reference if with_reference else None
        found = reconcile(store, chosen, reference, read_text, now())
        audits = [entry for each in simulator.world.tickets.values() for entry in each.audit]
        assert {"Status", "Priority", "Board"} <= {entry.sub_kind for entry in audits}
        return Found(found.findings, found.tickets)

    return watch


def standard(tables: dict[str, Any]) -> Match:
    """Return what fits the tickets under the SLA that counts on the desk's own calendar."""
    return Match(agreement=tuple(str(row["id"]) for row in tables["agreements"].values() if row["sla"]["id"] == 1))


def test_set_up_as_the_desk_is_nothing_differs(run: Any) -> None:
    """T45: among them are tickets whose priority changed before slamon saw them, and between two polls."""
    found = run(lambda _: desk())

    assert found.findings.compared > 80
    assert found.findings.not_measured == 0
    assert found.findings.differences == ()


@pytest.mark.parametrize("with_reference", [True, False])
def test_a_wrong_zone_is_named(run: Any, *, with_reference: bool) -> None:
    found = run(lambda _: desk(zone="Asia/Kolkata"), with_reference=with_reference)

    assert found.causes()[Cause.ZONE] > 30
    assert set(found.causes()) <= {Cause.ZONE, Cause.POLL_GAP}
    assert found.words(Cause.ZONE) == {
        "ConnectWise counts 'Standard 8-5' in America/New_York",
        "ConnectWise counts 'Extended 7-7' in America/New_York",
    }


def test_a_calendar_without_its_holidays_is_named(run: Any) -> None:
    found = run(lambda t: desk(PolicyRule("ours", standard(t), calendar="office", goals_by_rank=STANDARD)))

    assert found.causes()[Cause.HOLIDAY] > 5
    assert set(found.causes()) <= {Cause.HOLIDAY, Cause.POLL_GAP}
    assert found.words(Cause.HOLIDAY) == {"ConnectWise counts 'office' with the holidays of 'Standard 8-5'"}


def test_another_calendar_is_named(run: Any) -> None:
    found = run(lambda t: desk(PolicyRule("ours", standard(t), calendar="AllHours", goals_by_rank=STANDARD)))

    assert found.causes()[Cause.CALENDAR] > 20
    assert set(found.causes()) <= {Cause.CALENDAR, Cause.POLL_GAP}
    assert found.words(Cause.CALENDAR) == {"ConnectWise counts on 'Standard 8-5' in America/New_York"}


def test_wrong_goals_are_named(run: Any) -> None:
    shifted = {rank: STANDARD[min(rank + 1, 4)] for rank in STANDARD}
    found = run(lambda t: desk(PolicyRule("ours", standard(t), calendar="MyCalendar", goals_by_rank=shifted)))

    assert found.causes()[Cause.PRIORITY] > 10
    assert set(found.causes()) <= {Cause.PRIORITY, Cause.POLL_GAP}
    assert "ConnectWise keeps the goals of SLA 'Standard', row of the ticket's priority" in found.words(Cause.PRIORITY)


def test_a_status_that_waits_in_connectwise_only_is_named(run: Any) -> None:
    runs = tuple(LevelRule(name, Level.RESOLUTION_PLAN) for name in ("Waiting Customer", "Waiting on vendor"))
    found = run(lambda _: replace(desk(), levels=runs))

    assert found.causes()[Cause.STATUS_MAP] > 5
    assert set(found.causes()) <= {Cause.STATUS_MAP, Cause.POLL_GAP}
    assert found.words(Cause.STATUS_MAP) == {"ConnectWise goes by its own escalation statuses"}


def test_a_status_that_runs_in_connectwise_only_is_named_without_reference_data(run: Any) -> None:
    waits = (LevelRule("In Progress", Level.WAITING),)
    found = run(lambda _: replace(desk(), levels=waits), with_reference=False)

    assert found.causes()[Cause.STATUS_MAP] > 5
    assert "status 'In Progress' runs in ConnectWise" in found.words(Cause.STATUS_MAP)


def test_another_start_is_named(run: Any) -> None:
    found = run(lambda _: replace(desk(), start_by_escalation=False))

    assert found.causes()[Cause.START] > 0
    assert set(found.causes()) <= {Cause.START, Cause.POLL_GAP}
    assert found.words(Cause.START) == {"ConnectWise counts from escalationStartDateUTC"}


def test_without_any_trail_what_was_seen_from_the_start_is_still_explained(run: Any) -> None:
    found = run(lambda _: desk(), trails=False)

    assert found.findings.not_measured > 50
    assert found.findings.compared > 20
    assert set(found.causes()) <= {Cause.POLL_GAP}


def test_a_text_that_cannot_be_read_is_a_finding_and_stops_nothing(run: Any) -> None:
    found = run(lambda _: desk(), read_text=lambda text, *about: read_sla_status(f"by {text}" if text else "", *about))

    texts = [d for d in found.findings.differences if d.witness is WitnessKind.STATUS_TEXT]
    assert found.findings.compared > 80
    assert len(texts) > 80
    assert {d.cause for d in texts} == {Cause.UNREADABLE}
    assert all("is not of the form" in d.words for d in texts)


def test_T75_the_metrics_show_every_cause_the_findings_and_their_age(run: Any) -> None:
    metrics = Metrics(version="1", tzdata_version="2", tenants=["main"], strict=True)
    sample = metrics.registry.get_sample_value
    names = [{"tenant": "main", "cause": cause.value} for cause in CAUSES]
    assert [sample("slamon_witness_differences", labels) for labels in names] == [0.0] * len(CAUSES)
    assert sample("slamon_witness_last_success_timestamp_seconds", {"tenant": "main"}) == 0.0

    found = run(lambda _: desk(zone="Asia/Kolkata"))
    publish(metrics, "main", Tally.of(found.findings), START)

    shown = [sample("slamon_witness_differences", labels) for labels in names]
    assert shown == [found.findings.count_causes()[cause] for cause in CAUSES]
    assert sum(number or 0 for number in shown) == len(found.findings.differences) > 0
    assert sample("slamon_witness_tickets_compared", {"tenant": "main"}) == found.findings.compared
    assert sample("slamon_witness_last_success_timestamp_seconds", {"tenant": "main"}) == START.timestamp()
