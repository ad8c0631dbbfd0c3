"""Reports in a process of their own: pandas and what it needs leave with it, and the daemon stays small."""

from __future__ import annotations

import multiprocessing
import zoneinfo
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from slamon.config.models import Config
from slamon.jobs.report import send_breach_report
from slamon.jobs.tenant import TenantSettings
from slamon.store.migrate import open_store
from slamon.wiring import open_renderer, tenant_settings


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
    )


def make_report(order: ReportOrder) -> int:
    """Put the report into the outbox, in a process of its own; return how many messages are new."""
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(fill_order, order).result()


def fill_order(order: ReportOrder) -> int:
    """Do what *order* says in this process."""
    zoneinfo.reset_tzpath(())
    with closing(open_store(order.store_url.get_secret_value())) as store:
        return send_breach_report(
            store,
            open_renderer(),
            order.tenants,
            name=order.name,
            recipients=order.recipients,
            zone=ZoneInfo(order.zone),
            domain=order.domain,
            until=order.until,
        )
