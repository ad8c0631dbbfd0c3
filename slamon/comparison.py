"""Comparing with ConnectWise beside the polls: in a process of its own, which takes its time and its memory along."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import signal
import traceback
import zoneinfo
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection

from pydantic import SecretStr

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
    spawn = multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_answer, args=(order, sender), daemon=True)
    with closing(receiver):
        process.start()
        sender.close()
        waiting = asyncio.ensure_future(asyncio.to_thread(_receive, receiver))
        try:
            found = await asyncio.shield(waiting)
        finally:
            process.kill()  # it only reads; one that has answered has nothing left to do
            await asyncio.shield(asyncio.gather(waiting, asyncio.to_thread(process.join), return_exceptions=True))
            process.close()
    if isinstance(found, str):
        raise SlamonError(found)
    return found


def _receive(receiver: Connection) -> Tally | str:
    with contextlib.suppress(EOFError):
        return receiver.recv()  # type: ignore[no-any-return]
    return "the process that compares ended without an answer"


def _answer(order: CompareOrder, sender: Connection) -> None:
    """In the child: send the counts, or what went wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all processes; the daemon ends this one
    zoneinfo.reset_tzpath(())
    try:
        with closing(SqlStore(Database(order.store_url.get_secret_value()))) as store:
            sender.send(compare_tenant(store, order.settings, order.now))
    except SlamonError as error:
        sender.send(str(error))
    except BrokenPipeError:
        return  # the daemon was killed, and nobody waits for the answer
    except Exception:  # its place in the code goes to the daemon's log
        sender.send(traceback.format_exc())


def compare_tenant(store: Store, settings: TenantSettings, now: datetime) -> Tally:
    """Return the counts of what differs at a tenant, by the reference data of its last poll."""
    reference = known_reference(store, settings.name)
    return Tally.of(reconcile(store, settings, reference, read_sla_status, now).findings)
