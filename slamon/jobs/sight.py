"""Sight, judged from the polls that are stored: what every daemon and every command agree on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from slamon.core.sight import Pace, Sight, Span, find_blind_spans, join_spans, judge_sight
from slamon.jobs.intake import UNFINISHED
from slamon.ports import Poll, Store

_EVER, _END = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_OVERLAP = timedelta(hours=1)


def read_sight(store: Store, tenant: str, now: datetime, pace: Pace) -> Sight:
    """Return what can be seen of *tenant* at *now*, whoever polled it."""
    good, last = store.load_last_poll(tenant, successful=True), store.load_last_poll(tenant)
    return sight_of_polls(now, pace, good, last)


def load_blind_spans(store: Store, tenant: str, pace: Pace, since: datetime, until: datetime) -> list[Span]:
    """Return when in [since, until) *tenant* was blind, by the polls that are kept and by what was kept of earlier."""
    seen = find_blind_spans(store.load_good_polls(tenant, since, until), pace, since, until)
    return join_spans([*store.load_blind_spans(tenant, since, until), *seen])


def keep_blind_spans(store: Store, tenant: str, pace: Pace, before: datetime) -> None:
    """Keep when *tenant* was blind between polls that ended before *before*, for those are about to go."""
    until = before + _OVERLAP
    good = store.load_good_polls(tenant, _EVER, until)
    if good and good[-1][0] < before:  # what came next, however late
        good += store.load_good_polls(tenant, until, _END)[:2]
    spans = find_blind_spans(good, pace, _EVER, good[-1][0]) if good else []
    store.save_blind_spans(tenant, [span for span in spans if span[0] < before])


def sight_of_polls(now: datetime, pace: Pace, good: Poll | None, last: Poll | None) -> Sight:
    """Return what can be seen at *now*, by the newest poll that worked and the newest of all."""
    seen = None if good is None else (good.started_at, good.finished_at)
    return judge_sight(now, pace, seen, failing=last is not None and has_failed(last))


def has_failed(poll: Poll) -> bool:
    """Say whether *poll* ended without success; one under way is stored as failed until it ends."""
    return poll.result == "failed" and poll.error != UNFINISHED
