"""Prune: what is older than the operator wants to keep goes, kind by kind."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from slamon.errors import SchemaOutdatedError, StoreError, StoreUnavailableError
from slamon.log import get_logger
from slamon.ports import Observer, OldKind, Store

log = get_logger(__name__)

ORDER: tuple[OldKind, ...] = ("events", "readings", "notifications", "reports", "polls", "versions")
VERSIONS_KEPT = timedelta(days=30)  # at least, whatever names them
BREATH = 0.02  # real seconds between two transactions, for others who wait to write


def cutoffs(kept_days: Mapping[OldKind, int], now: datetime) -> dict[OldKind, datetime]:
    """Return for each kind the instant before which it is old at *now*, in the order in which they are pruned."""
    return {kind: now - timedelta(days=kept_days[kind]) if kind in kept_days else now - VERSIONS_KEPT for kind in ORDER}


def prune(store: Store, before: Mapping[OldKind, datetime], observer: Observer) -> dict[OldKind, int]:
    """Delete what is old, and drop months that are empty by now; return how many rows of each kind are gone."""
    gone: dict[OldKind, int] = {}
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


def prune_once(
    store: Store, kept_days: Mapping[OldKind, int], now: datetime, period: str, observer: Observer
) -> dict[OldKind, int] | None:
    """Prune for *period*, and make the months ahead; None if someone has done it or is at it."""
    try:
        store.prepare_months(now)
    except (StoreUnavailableError, SchemaOutdatedError):
        raise
    except StoreError as error:  # a role that may not: its readings stand in the rest until one that may comes by
        log.warning("no months made", error=str(error))
    if not store.claim_run("prune", period, now):
        return None
    gone = prune(store, cutoffs(kept_days, now), observer)
    log.info("pruned", **gone)
    return gone
