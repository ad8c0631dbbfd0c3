"""Recheck: a few live readings at a time are derived again by the independent checker, for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

from slamon.core.ledger_document import ledger_document
from slamon.core.reading import Reading, same_reading
from slamon.jobs.ledgers import load_ledger
from slamon.log import get_logger
from slamon.ports import Observer, Store
from slamon.verify import check

log = get_logger(__name__)

AT_ONCE = 3


def recheck(store: Store, tenant: str, now: datetime, observer: Observer, random: Random) -> int:
    """Check a sample of the open tickets' stored readings at *now*; return how many do not agree."""
    picked = (store.pick_open(tenant, now, (part + random.random()) / AT_ONCE) for part in range(AT_ONCE))
    sample = {ticket_id for ticket_id in picked if ticket_id is not None}
    wrong = 0
    for ticket_id, stored in store.load_readings(tenant, sample).items():
        findings = examine(store, tenant, ticket_id, stored, now)
        observer.count("slamon_ledger_checks_total", tenant=tenant)
        if findings:
            wrong += 1
            observer.count("slamon_ledger_mismatches_total", tenant=tenant)
            log.error("reading does not agree with its ledger", tenant=tenant, ticket=ticket_id, findings=findings[:5])
    return wrong


def examine(store: Store, tenant: str, ticket_id: int, stored: Reading, now: datetime) -> Sequence[str]:
    """Return what does not agree with the reading *stored*, which stands at *now*; nothing if all does."""
    ledger = load_ledger(store, tenant, ticket_id, now)
    findings = check(ledger_document(ledger, tenant=tenant, ticket=ticket_id, summary=""))
    if not same_reading(stored, replace(ledger.reading, note=stored.note, status_map=stored.status_map)):
        findings = [*findings, f"the reading stored at {stored.as_of} says otherwise"]
    return findings
