"""Prune: what is older than the operator wants to keep goes, kind by kind."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from slamon.core.sight import Pace
from slamon.errors import SchemaOutdatedError, StoreError, StoreUnavailableError
from slamon.jobs.sight import keep_blind_spans
from slamon.log import get_logger
from slamon.ports import Observer, OldKind, Store

log = get_logger(__name__)

ORDER: tuple[OldKind, ...] = ("events", "readings", "notifications", "reports", "polls", "versions")
VERSIONS_KEPT = timedelta(days=30)  # at least, whatever names them
_NO_PACES: Mapping[str, Pace] = MappingProxyType({})
BREATH = 0.02  # real seconds between two transactions, for others who wait to write


def cutoffs(kept_days: Mapping[OldKind, int], now: datetime) -> dict[OldKind, datetime]:
    """Return for each kind the instant before which it is old at *now*, in the order in which they are pruned."""
    return {kind: now - timedelta(days=kept_days[kind]) if kind in kept_days else now - VERSIONS_KEPT for kind in ORDER}


def prune(
    store: Store, before: Mapping[OldKind, datetime], observer: Observer, paces: Mapping[str, Pace] = _NO_PACES
) -> dict[OldKind, int]:
    """Delete what is old, and drop months that are empty by now; return how many rows of each kind are gone.

    When the tenants of *paces* were blind is kept longer than their polls: reports tell of it.
    """
    gone: dict[OldKind, int] = {}
    for tenant, pace in paces.items() if "polls" in before else ():
        keep_blind_spans(store, tenant, pace, before["polls"])
    for kind, at in before.items():
        gone[kind] = 0
        for rows in store.prune(kind, at):
            gone[kind] += rows
            observer.count("slamon_pruned_rows_total", rows, kind=kind)
            time.sleep(BREATH)
    if "readings" in before:
        _drop_months(store, min(before["readings"], before.get("events", before["readings"])))
    return gone


def _drop_months(store: Store, before: datetime) -> None:
    try:
        store.drop_months(before)
    except (StoreUnavailableError, SchemaOutdatedError):
        raise
    except StoreError as error:  # as below; they are empty by now
        log.warning("no months dropped", error=str(error))


def pack_days(store: Store, tenants: Iterable[str], now: datetime) -> int:
    """Make columns of the days that are over at *now*, for reports; return of how many."""
    packed = 0
    for tenant in tenants:
        for _ in store.pack_days(tenant, now):
            packed += 1
            time.sleep(BREATH)
    return packed


def prune_once(
    store: Store,
    kept_days: Mapping[OldKind, int],
    now: datetime,
    period: str,
    observer: Observer,
    paces: Mapping[str, Pace] = _NO_PACES,
) -> dict[OldKind, int] | None:
    """Prune for *period*, make the months ahead and the columns of past days; None if someone does it or has done it.

    *paces* are those of the tenants.
    """
    try:
        store.prepare_months(now)
    except (StoreUnavailableError, SchemaOutdatedError):
        raise
    except StoreError as error:  # a role that may not: its readings stand in the rest until one that may comes by
        log.warning("no months made", error=str(error))
    if not store.claim_run("prune", period, now):
        return None
    gone = prune(store, cutoffs(kept_days, now), observer, paces)
    log.info("pruned", **gone, days_packed=pack_days(store, paces, now))
    return gone
