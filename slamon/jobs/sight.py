"""Sight, judged from the polls that are stored: what every daemon and every command agree on."""

from __future__ import annotations

from datetime import datetime

from slamon.core.sight import Pace, Sight, find_blind_spans, judge_sight
from slamon.jobs.intake import UNFINISHED
from slamon.ports import Poll, Store


def read_sight(store: Store, tenant: str, now: datetime, pace: Pace) -> Sight:
    """Return what can be seen of *tenant* at *now*, whoever polled it."""
    good, last = store.load_last_poll(tenant, successful=True), store.load_last_poll(tenant)
    return sight_of_polls(now, pace, good, last)


def load_blind_spans(
    store: Store, tenant: str, pace: Pace, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """Return when in [since, until) *tenant* was blind, as far as records of polls are kept."""
    return find_blind_spans(store.load_good_polls(tenant, since, until), pace, since, until)


def sight_of_polls(now: datetime, pace: Pace, good: Poll | None, last: Poll | None) -> Sight:
    """Return what can be seen at *now*, by the newest poll that worked and the newest of all."""
    seen = None if good is None else (good.started_at, good.finished_at)
    return judge_sight(now, pace, seen, failing=last is not None and has_failed(last))


def has_failed(poll: Poll) -> bool:
    """Say whether *poll* ended without success; one under way is stored as failed until it ends."""
    return poll.result == "failed" and poll.error != UNFINISHED
