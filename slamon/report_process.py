"""Reports in a process of their own: pandas and what it needs leave with it, and the daemon stays small."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from slamon.apart import run_apart
from slamon.config.models import Config
from slamon.errors import StoreError
from slamon.holder import is_gone
from slamon.jobs.report import is_reported, send_breach_report
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Lease, Store
from slamon.store.migrate import open_store
from slamon.wiring import open_renderer, templates_of, tenant_settings

CLAIM_SECONDS = 60  # real time; claimed anew while the report is being made
CHECK_SECONDS = 10.0  # between two looks of one who waits for who makes it


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """All that the child needs, so that it does not read a configuration that may have changed since."""

    store_url: SecretStr
    tenants: tuple[TenantSettings, ...]
    name: str
    recipients: Mapping[str, tuple[str, ...]]
    zone: str
    domain: str
    until: datetime
    templates: str = ""


Make = Callable[[ReportOrder], Coroutine[Any, Any, int]]


def order_report(config: Config, name: str, until: datetime, domain: str) -> ReportOrder:
    """Return the order for the period of report *name* that ends at *until*."""
    recipients = config.reported_of(name)
    return ReportOrder(
        store_url=config.store.url,
        tenants=tuple(tenant_settings(config, tenant) for tenant in recipients),
        name=name,
        recipients=recipients,
        zone=config.reports[name].zone,
        domain=domain,
        until=until,
        templates=templates_of(config),
    )


async def report_once(store: Store, order: ReportOrder, holder: str, make: Make | None = None) -> int:
    """Have the report made unless it is, by one daemon of several: who gets to do it claims it first.

    Return how many messages are new. The claim runs out with who holds it, as *holder* does: then another one makes
    the report.

    Raises:
        SlamonError: It failed in its process.
    """
    while not await asyncio.to_thread(is_reported, store, order.name, order.until):
        lease = await _claim(store, order, holder)
        if lease is not None:
            return await _make_claimed(store, order, holder, lease, make or make_report)
        await asyncio.sleep(CHECK_SECONDS)
    return 0


async def _make_claimed(store: Store, order: ReportOrder, holder: str, lease: Lease, make: Make) -> int:
    """Make the report unless it has been made by now, claiming it all the while; then let others claim."""
    work = asyncio.create_task(_make_if_new(store, order, make))
    try:
        while not (await asyncio.wait([work], timeout=CLAIM_SECONDS / 4))[0]:
            with contextlib.suppress(StoreError):
                lease = await _claim(store, order, holder) or lease
        return work.result()
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        with contextlib.suppress(StoreError):  # it runs out
            await asyncio.to_thread(store.release_lease, lease)


async def _make_if_new(store: Store, order: ReportOrder, make: Make) -> int:
    done = await asyncio.to_thread(is_reported, store, order.name, order.until)
    return 0 if done else await make(order)


async def _claim(store: Store, order: ReportOrder, holder: str) -> Lease | None:
    return await asyncio.to_thread(store.take_lease, f"~report/{order.name}", holder, CLAIM_SECONDS, is_gone)


async def make_report(order: ReportOrder) -> int:
    """Put the report into the outbox, in a process of its own; return how many messages are new."""
    return await run_apart(fill_order, order)


def fill_order(order: ReportOrder) -> int:
    """Do what *order* says in this process."""
    with closing(open_store(order.store_url.get_secret_value())) as store:
        return send_breach_report(
            store,
            open_renderer(order.templates),
            order.tenants,
            name=order.name,
            recipients=order.recipients,
            zone=ZoneInfo(order.zone),
            domain=order.domain,
            until=order.until,
        )
