"""One watched tenant: a scripted source, the real store, clock, templates and metrics, and a clock set by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from slamon import resources
from slamon.comparison import Comparison
from slamon.connectwise.audit import AuditReader
from slamon.core.ledger import Ledger, build_ledger
from slamon.core.promise import PolicyRule, PromiseSettings
from slamon.core.reading import Reading, StageReading, Verdict
from slamon.core.reference import GoalHours
from slamon.core.sight import Pace
from slamon.core.ticket import Event, Kind, Stage
from slamon.core.transition import Transition
from slamon.cycle import CycleParts
from slamon.jobs.aftermath import Aftermath
from slamon.jobs.announce import Announcer
from slamon.jobs.blindness import SightTeller
from slamon.jobs.clock_check import ClockCheck
from slamon.jobs.deps import PollDeps
from slamon.jobs.endings import Endings
from slamon.jobs.evaluate import Evaluator
from slamon.jobs.marks import Since
from slamon.jobs.tenant import TenantSettings, TenantState
from slamon.metrics import Metrics
from slamon.ports import Notification, Poll, Store, WallTime
from slamon.reporting.render import Renderer
from slamon.watch import TenantWatch
from slamon.wiring import read_trail
from tests.jobs.world import ScriptedSource, World, at

TENANT = "main"
LONG_AGO = at("2026-01-01T00:00")
DEFAULT = PolicyRule("default", calendar="AllHours", goals=GoalHours(1, 2, 4))


class HandTime:
    """A WallTime that stands until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds()


def settings_of(default: PolicyRule = DEFAULT, **changes: Any) -> TenantSettings:
    base = TenantSettings(TENANT, PromiseSettings(default), recipients=("noc@example.org", "boss@example.org"))
    return replace(base, **changes)


class Desk:
    """A tenant and everything that watches it.

    *skew*: how far ConnectWise's clock is ahead of slamon's; *tolerance*: how far it may be.
    """

    def __init__(
        self,
        store: Store,
        worlds: Sequence[World],
        settings: TenantSettings | None = None,
        *,
        watched_since: datetime = LONG_AGO,
        skew: timedelta = timedelta(0),
        tolerance: timedelta = timedelta(minutes=2),
        wrap: Callable[[Store], Store] = lambda store: store,
    ) -> None:
        self.store = store
        self.wall = HandTime(at("00:00"))
        self.source = ScriptedSource(worlds, lambda: self.wall.now() + skew)
        self.metrics = Metrics(version="0", tzdata_version="0", tenants=[TENANT], strict=True)
        self.settings = settings or settings_of()
        self.tolerance = tolerance
        self.watched_since = watched_since
        self.used = wrap(store)
        self.poll_every = timedelta(minutes=1)
        self.marked_since: Since | None = None
        self.start()

    def start(self, settings: TenantSettings | None = None) -> None:
        """Start anew, as after a restart or a reload: what was only remembered is gone."""
        self.settings = settings or self.settings
        self.state = TenantState()
        self.outbox = asyncio.Event()
        renderer = Renderer(resources.folder("reports"))
        self.aftermath = Aftermath(self.settings, self.state, self.used, renderer, domain="example.org")
        announcer = Announcer(
            self.settings,
            self.state,
            self.used,
            renderer,
            domain="example.org",
            watched_since=self.watched_since,
            aftermath=self.aftermath,
            observer=self.metrics,
            marked_since=self.marked_since,
        )
        ladders = self.settings.ladders
        self.evaluator = Evaluator(TENANT, self.used, self.metrics, ladders=ladders, tell_marks=announcer.marks)
        deps = PollDeps(
            settings=self.settings,
            state=self.state,
            source=self.source,
            store=self.used,
            observer=self.metrics,
            now=self.wall.now,
            read_trail=partial(read_trail, AuditReader()),
            clock=ClockCheck(self.tolerance),
            find_unseen=self.evaluator.find_unseen,
        )
        self.teller = SightTeller(
            self.settings,
            self.state,
            self.used,
            Renderer(resources.folder("reports")),
            domain="example.org",
            pace=Pace(self.poll_every),
        )
        self._parts = CycleParts(
            deps,
            self.evaluator,
            announcer,
            self.metrics,
            self.wall,
            self.outbox,
            Pace(self.poll_every),
            aftermath=self.aftermath,
            teller=self.teller,
            endings=Endings(self.settings, self.used),
        )
        self.watch = TenantWatch(self._parts)

    def compare_with(self, comparison: Comparison) -> None:
        """Watch anew, with *comparison* beside the polls."""
        self.watch = TenantWatch(self._parts, comparison=comparison)

    def keep_time_by(self, wall: WallTime) -> None:
        """Let time pass by itself, for what is watched as for its source, and start anew."""
        self.wall = wall  # type: ignore[assignment]  # it is no longer set by hand
        self.start()

    # --- what happens

    def poll(self, moment: str | datetime) -> Poll:
        """Poll and evaluate at *moment*."""
        self.wall.moment = at(moment) if isinstance(moment, str) else moment
        return asyncio.run(self.watch.cycle())

    def polls(self, *moments: str | datetime) -> None:
        for moment in moments:
            assert self.poll(moment).result != "failed"

    def evaluate(self, moment: str | datetime) -> None:
        """Evaluate what is due at *moment*, without a poll."""
        self.wall.moment = at(moment) if isinstance(moment, str) else moment
        asyncio.run(self.watch.evaluate())

    def sweep_next(self) -> None:
        """Let the next poll sweep."""
        self.state.swept_at = None

    def forget_reference(self) -> None:
        """Read the reference data anew."""
        asyncio.run(self.watch.refresh_reference())

    # --- what came of it

    def events(self, number: int = 1, *kinds: Kind) -> list[Event]:
        return [e for e in self.store.load_events(TENANT, number) if not kinds or e.kind in kinds]

    def told(self, number: int = 1) -> list[tuple[str, str, str]]:
        """Return the (kind, time, name) of a ticket's events, terms left out."""
        return [(str(e.kind), f"{e.at:%H:%M:%S}", e.name) for e in self.events(number) if e.kind is not Kind.TERMS]

    def ledger(self, number: int = 1, moment: datetime | None = None) -> Ledger:
        events = self.store.load_events(TENANT, number)
        terms = self.store.load_terms({event.terms for event in events if event.terms})
        calendars = self.store.load_calendars({each.calendar for each in terms.values()})
        return build_ledger(events, terms, calendars, moment or self.wall.now())

    def reading(self, number: int = 1, moment: datetime | None = None) -> Reading:
        """Return the clock as read now from the events."""
        return self.ledger(number, moment).reading

    def stored(self, number: int = 1) -> Reading:
        """Return the newest reading in the store."""
        return self.store.load_readings(TENANT, [number])[number]

    def stage(self, stage: Stage, number: int = 1) -> StageReading:
        return self.stored(number).stage(stage)

    def verdicts(self, number: int = 1) -> list[Verdict]:
        return [stage.verdict for stage in self.stored(number).stages]

    def transitions(self) -> list[Transition]:
        records = self.store.load_transitions(TENANT, LONG_AGO, at("2100-01-01T00:00"))
        return [record.transition for record in records]

    def changes(self) -> list[tuple[str, str, str]]:
        """Return the (stage, change, time) of all transitions."""
        return [(t.stage.label, str(t.change), f"{t.at:%H:%M:%S}") for t in self.transitions()]

    def mails(self) -> list[Notification]:
        """Take what waits in the outbox."""
        taken: list[Notification] = []
        day = timedelta(days=1)
        while mail := self.store.claim_notification("mail", at("2100-01-01T00:00"), lease=day, furthest=day):
            self.store.mark_sent(mail, self.wall.now())
            taken.append(mail)
        return sorted(taken, key=lambda mail: mail.id or 0)

    def mailed(self) -> list[tuple[str, str]]:
        """Take what waits in the outbox as (kind/stage, recipient)."""
        return [(f"{mail.kind}/{mail.key.split('/')[2]}", mail.recipient.split("@")[0]) for mail in self.mails()]

    def sample(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)
