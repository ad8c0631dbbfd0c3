"""Comparing with ConnectWise beside the polls: in a process of its own, which takes its time and its memory along."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from slamon.apart import run_apart
from slamon.connectwise.sla_status import read_sla_status
from slamon.errors import SlamonError
from slamon.jobs.reconcile import Tally, known_reference, publish, reconcile
from slamon.jobs.tenant import TenantSettings
from slamon.log import get_logger
from slamon.ports import Observer, Store
from slamon.store.database import Database
from slamon.store.sql import SqlStore

log = get_logger(__name__)

Compare = Callable[[datetime], Awaitable[Tally]]  # the present instant


class Comparison:
    """One tenant's, one at a time: *compare* runs beside all else, and its counts go to *observer*."""

    def __init__(self, tenant: str, compare: Compare, observer: Observer) -> None:
        self._tenant = tenant
        self._compare = compare
        self._observer = observer
        self._task: asyncio.Task[None] | None = None

    def begin(self, now: datetime) -> bool:
        """Begin to compare as of *now*; False while an earlier one is under way."""
        if self._task is not None and not self._task.done():
            return False
        self._task = asyncio.create_task(self._run(now))
        return True

    async def finish(self) -> None:
        """Wait for the one that is under way."""
        if self._task is not None:
            await self._task

    async def aclose(self) -> None:
        """Break off the one that is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, now: datetime) -> None:
        """What goes wrong with it harms no poll; the timestamp of the last success tells of it."""
        try:
            tally = await self._compare(now)
        except SlamonError as error:
            log.warning("not compared with ConnectWise", tenant=self._tenant, error=str(error))
        except Exception:
            log.exception("not compared with ConnectWise", tenant=self._tenant)
        else:
            publish(self._observer, self._tenant, tally, now)


@dataclass(frozen=True, slots=True)
class CompareOrder:
    """All that the child needs, so that it does not read a configuration that may have changed since."""

    store_url: SecretStr
    settings: TenantSettings
    now: datetime


async def compare_apart(order: CompareOrder) -> Tally:
    """Return what comparing gives, from a process that is ended if this is cancelled.

    Raises:
        SlamonError: It failed in the child, whose error this has.
    """
    return await run_apart(fill_order, order)


def fill_order(order: CompareOrder) -> Tally:
    """Do what *order* says in this process."""
    with closing(SqlStore(Database(order.store_url.get_secret_value()))) as store:
        return compare_tenant(store, order.settings, order.now)


def compare_tenant(store: Store, settings: TenantSettings, now: datetime) -> Tally:
    """Return the counts of what differs at a tenant, by the reference data of its last poll."""
    reference = known_reference(store, settings.name)
    return Tally.of(reconcile(store, settings, reference, read_sla_status, now).findings)
