"""Reports in a process of their own: pandas and what it needs leave with it, and the daemon stays small."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import SecretStr

from slamon.apart import run_apart
from slamon.config.models import Config
from slamon.errors import StoreError
from slamon.holder import is_gone
from slamon.jobs.errand import Errand, Sent, is_sent
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
    errand: Errand
    templates: str = ""


Make = Callable[[ReportOrder], Coroutine[Any, Any, Sent]]


def order_report(config: Config, name: str, due_at: datetime, now: datetime, domain: str, *, late: bool) -> ReportOrder:
    """Return the order for the report *name* that was due at *due_at*."""
    report, recipients = config.reports[name], config.reported_of(name)
    errand = Errand(
        name=name,
        kind=report.kind,
        zone=report.zone,
        due_at=due_at,
        now=now,
        domain=domain,
        by=report.scope_by,
        names=report.names,
        denominator=report.denominator,
        forms=report.formats,
        recipients=recipients if config.mail else {},
        recipients_of=report.recipients_of if config.mail else dict.fromkeys(report.recipients_of, ()),
        channels=report.channels,
        year_begins=report.year_begins,
        late=late,
    )
    tenants = tuple(tenant_settings(config, tenant) for tenant in recipients)
    return ReportOrder(config.store.url, tenants, errand, templates_of(config))


async def report_once(store: Store, order: ReportOrder, holder: str, make: Make | None = None) -> Sent:
    """Have the report made unless it is, by one daemon of several: who gets to do it claims it first.

    The claim runs out with who holds it, as *holder* does: then another one makes the report.

    Raises:
        SlamonError: It failed in its process.
    """
    while not await asyncio.to_thread(is_sent, store, order.errand):
        lease = await _claim(store, order, holder)
        if lease is not None:
            return await _make_claimed(store, order, holder, lease, make or make_report)
        await asyncio.sleep(CHECK_SECONDS)
    return Sent()


async def _make_claimed(store: Store, order: ReportOrder, holder: str, lease: Lease, make: Make) -> Sent:
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


async def _make_if_new(store: Store, order: ReportOrder, make: Make) -> Sent:
    done = await asyncio.to_thread(is_sent, store, order.errand)
    return Sent() if done else await make(order)


async def _claim(store: Store, order: ReportOrder, holder: str) -> Lease | None:
    return await asyncio.to_thread(store.take_lease, f"~report/{order.errand.name}", holder, CLAIM_SECONDS, is_gone)


async def make_report(order: ReportOrder) -> Sent:
    """Have the reports made, kept and told of, in a process of its own."""
    return await run_apart(fill_order, order)


def fill_order(order: ReportOrder) -> Sent:
    """Do what *order* says in this process."""
    from slamon.jobs.make_report import make_report
    from slamon.jobs.send_reports import send_reports
    from slamon.reports.press import FilePress

    with closing(open_store(order.store_url.get_secret_value())) as store:
        press = FilePress(open_renderer(order.templates))
        return send_reports(store, order.tenants, order.errand, partial(make_report, store), press)
