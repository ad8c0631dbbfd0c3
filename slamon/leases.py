"""Which of several daemons watches a tenant: each holds leases for a while, renews them, and shares them evenly.

All of it goes by the database's clock and by real time, also where the wall clock is a simulated one. The calls have a
thread of their own, so that no long query delays a renewal; but they begin on the event loop, so that a daemon whose
loop stands still holds nothing for long.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, Protocol, TypeVar

from slamon.core.sharing import is_ours_to_give, is_ours_to_take
from slamon.errors import LeaseLostError, StoreError, TenantHeldError
from slamon.holder import is_gone, shown
from slamon.log import get_logger
from slamon.ports import Lease, Observer, Store

log = get_logger(__name__)
T = TypeVar("T")

LEAST, MOST = 6, 60  # seconds a lease may be long
RENEWALS = 4  # in the length of a lease
CHECKS = 8  # looks of one who waits for it, in the same time
PATIENCE = 3  # looks at a free lease that is left to those who have less to do
STOOD_BACK = 3600.0  # seconds in which one who stood back asks for no share

Refusal = Literal["held", "left"]


def lease_seconds(poll_seconds: float) -> int:
    """Return how long a lease is, in whole real seconds: with the look for it less than two poll periods."""
    return round(min(MOST, max(LEAST, 1.5 * poll_seconds)))


class Hold(Protocol):
    """A watch's right to work, asked for before each cycle."""

    @property
    def check_seconds(self) -> float:
        """How long to wait, in real seconds, before asking again."""

    async def secure(self) -> int | None:
        """Return the number of the right that is ours, after taking it if it is free; None without it.

        Another number than before: somebody else may have worked meanwhile.
        """

    async def share(self) -> None:
        """Give it to another if that makes the load more even."""

    async def stand_back(self) -> bool:
        """Let another have it who can do better, and say so; False if there is no other."""

    async def release(self) -> None: ...
    def drop(self) -> None:
        """Forget it: it was found lost."""


class Unshared:
    """The hold of one who is alone."""

    check_seconds = 1.0

    async def secure(self) -> int | None:
        return 0

    async def share(self) -> None: ...
    async def stand_back(self) -> bool:
        return False

    async def release(self) -> None: ...
    def drop(self) -> None: ...


class LeaseDesk:
    """All leases that one daemon holds or waits for. *seconds*: how long each tenant's is."""

    def __init__(self, store: Store, observer: Observer, holder: str, seconds: Mapping[str, int]) -> None:
        self.holder = holder
        self.seconds = dict(seconds)
        self.held: dict[str, Lease] = {}
        self._store = store
        self._observer = observer
        self._stood_back: dict[str, float] = {}  # until when, monotonic, by tenant
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="leases")

    def lease_of(self, tenant: str) -> Lease:
        """
        Return the tenant's lease, as each write needs it.

        Raises:
            LeaseLostError: It is not held.
        """
        lease = self.held.get(tenant)
        if lease is None:
            raise LeaseLostError(f"tenant {tenant}: its lease is not held; nothing was written")
        return lease

    def hold(self, tenant: str) -> TenantHold:
        return TenantHold(self, tenant)

    async def run(self, *tenants: str) -> None:
        """Renew what is held of *tenants* (none: of all), until cancelled.

        A database that does not answer is tried again; the watches log it.
        """
        every = min(self.seconds.values(), default=MOST) / RENEWALS
        while True:
            try:
                with contextlib.suppress(StoreError):
                    await self.renew(*tenants)
            except Exception:  # without renewals every lease is lost
                log.exception("leases not renewed")
            await asyncio.sleep(every)

    async def renew(self, *tenants: str) -> None:
        """Renew what is held of *tenants* (none: of all), and show who watches; what turns out lost is dropped."""
        seconds = {tenant: self.seconds[tenant] for tenant in tenants or self.seconds if not self._stands_back(tenant)}
        held = {tenant: lease for tenant, lease in self.held.items() if tenant in seconds}
        kept = await self._call(self._store.renew_leases, self.holder, seconds, held)
        for tenant in held.keys() - kept:
            self.drop(held[tenant])

    async def take(self, tenant: str, *, patient: bool = False) -> Refusal | None:
        """Take the tenant's lease, or say why not; one who is *patient* leaves it to those who hold fewer."""
        found = await self._call(self._take, tenant, patient)
        if not isinstance(found, Lease):
            return found
        self.held[tenant] = found
        self._observer.set("slamon_lease_held", 1, tenant=tenant)
        log.info("tenant taken", tenant=tenant)
        return None

    def _take(self, tenant: str, patient: bool) -> Lease | Refusal:
        other = self._store.load_holder(tenant)  # looked at first: who only waits should not write
        if other is not None and other != self.holder and not is_gone(other):
            return "held"
        if patient and not is_ours_to_take(tenant, self.holder, self._watched()):
            return "left"
        return self._store.take_lease(tenant, self.holder, self.seconds[tenant], is_gone) or "held"

    async def give(self, tenant: str) -> bool:
        """Release the tenant's lease if another daemon that watches it has less to do."""
        lease = self.held.get(tenant)
        if lease is None or not await self._call(self._is_ours_to_give, tenant):
            return False
        await self.release(tenant)
        log.info("tenant given away: another daemon has less to do", tenant=tenant)
        return True

    async def stand_back(self, tenant: str) -> bool:
        """Release the tenant's lease if another daemon watches it, and ask for no share of it for a while."""
        lease = self.held.get(tenant)
        if lease is None or not await self._call(self._has_another, tenant):
            return False
        self._stood_back[tenant] = time.monotonic() + STOOD_BACK
        await self.release(tenant)
        await self._call(self._store.leave, self.holder)  # the next renewal notes what else is watched
        return True

    def _has_another(self, tenant: str) -> bool:
        return any(name == tenant and holder != self.holder for name, holder, _ in self._watched())

    def _stands_back(self, tenant: str) -> bool:
        """Say whether it is left to others; who holds it after all, since nobody else came, is one who watches."""
        return tenant not in self.held and time.monotonic() < self._stood_back.get(tenant, 0.0)

    def _is_ours_to_give(self, tenant: str) -> bool:
        return is_ours_to_give(tenant, self.holder, self._watched())

    def _watched(self) -> list[tuple[str, str, bool]]:
        watchers = self._store.load_watchers()
        return [(each.tenant, each.holder, each.holds) for each in watchers if not is_gone(each.holder)]

    async def release(self, tenant: str) -> None:
        """Let others have the tenant's lease, if it is held."""
        lease = self.held.pop(tenant, None)
        if lease is not None:
            self._observer.set("slamon_lease_held", 0, tenant=tenant)
            await self._call(self._store.release_lease, lease)

    def drop(self, lease: Lease) -> None:
        """Forget a lease that was lost, once; count and log it."""
        if self.held.get(lease.tenant) == lease:
            del self.held[lease.tenant]
            self._observer.set("slamon_lease_held", 0, tenant=lease.tenant)
            self._observer.count("slamon_leases_lost_total", tenant=lease.tenant)
            log.warning("lease lost: another daemon watches the tenant; standing by", tenant=lease.tenant)

    async def who_holds(self, tenant: str) -> str:
        """Return who holds the tenant's lease, for people."""
        holder = await self._call(self._store.load_holder, tenant)
        return shown(holder) if holder else "nobody by now"

    @contextlib.asynccontextmanager
    async def holding(self, tenant: str, why: str) -> AsyncIterator[None]:
        """Hold the tenant's lease within the block; *why* says what another process that watches it would do.

        Raises:
            TenantHeldError: Another process watches it.
        """
        if await self.take(tenant):
            other = await self.who_holds(tenant)
            raise TenantHeldError(f"tenant {tenant} is watched by {other}, {why}; stop it, or wait")
        renewal = asyncio.create_task(self.run(tenant))
        try:
            yield
        finally:
            renewal.cancel()
            await asyncio.gather(renewal, return_exceptions=True)
            await self.release(tenant)

    async def aclose(self) -> None:
        """Release all, and no longer be counted among those who watch."""
        with contextlib.suppress(StoreError):
            for tenant in list(self.held):
                await self.release(tenant)
            await self._call(self._store.leave, self.holder)
        self._thread.shutdown(wait=False)

    async def _call(self, function: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)


class TenantHold:
    """One tenant's lease, as its watch sees it."""

    def __init__(self, desk: LeaseDesk, tenant: str) -> None:
        self._desk = desk
        self._tenant = tenant
        self._left = 0  # how often in a row the free lease was left to others
        self.check_seconds = desk.seconds[tenant] / CHECKS

    async def secure(self) -> int | None:
        """Return the lease's token: it is renewed, or taken if it is free and no other who has less to do comes."""
        desk, tenant = self._desk, self._tenant
        if tenant in desk.held:
            await desk.renew(tenant)
        if tenant not in desk.held:
            refusal = await desk.take(tenant, patient=self._left < PATIENCE)
            self._left = self._left + 1 if refusal == "left" else 0
        lease = desk.held.get(tenant)
        return None if lease is None else lease.token

    async def share(self) -> None:
        """Give the lease to another daemon if that makes the load more even."""
        await self._desk.give(self._tenant)

    async def stand_back(self) -> bool:
        """Let another daemon have the lease, if one watches too; this one then comes when nobody else does."""
        return await self._desk.stand_back(self._tenant)

    async def release(self) -> None:
        with contextlib.suppress(StoreError):  # it runs out
            await self._desk.release(self._tenant)

    def drop(self) -> None:
        lease = self._desk.held.get(self._tenant)
        if lease is not None:
            self._desk.drop(lease)
