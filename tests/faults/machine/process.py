"""One life of slamon's process: its own wiring on a real database, ended at any statement as if it had been killed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from sqlalchemy import event

from slamon.config import load_config
from slamon.jobs.recheck import examine
from slamon.metrics import Metrics
from slamon.ports import Poll, WallTime
from slamon.store.migrate import open_store
from slamon.store.sql import SqlStore
from slamon.watch import TenantWatch
from slamon.workplace import Workplace

TENANT = "main"
T = TypeVar("T")


class Killed(BaseException):
    """The process is no more; nothing of slamon catches this."""


@dataclass
class Fate:
    """How many statements and commits the process may still make, None: as many as it likes; then it is dead."""

    left: int | None = None
    is_dead: bool = False

    def die(self) -> None:
        self.is_dead = True

    def tick(self, *_event: object, **_more: object) -> None:
        """Live on for one more statement, or die before it."""
        if self.left == 0:
            self.die()
        if self.is_dead:
            raise Killed
        if self.left is not None:
            self.left -= 1


class Process:
    """What runs between a start and an end. All that slamon does in threads is done by one."""

    def __init__(self, config_file: Path, wall: WallTime, fate: Fate) -> None:
        config = load_config(config_file, {})
        store = open_store(config.store.url.get_secret_value())
        assert isinstance(store, SqlStore)
        self.store, self._wall = store, wall
        for name in ("before_cursor_execute", "commit"):
            event.listen(store._database.engine, name, fate.tick)
        self._runner = asyncio.Runner()
        self._worker = ThreadPoolExecutor(1)
        try:
            self._run(self._open(lambda: Workplace(config, store, Metrics(version="0", tzdata_version="0"), wall)))
        except Killed:
            self.end()
            raise

    async def _open(self, workplace: Any) -> None:
        asyncio.get_running_loop().set_default_executor(self._worker)
        self.place: Workplace = workplace()
        self.place.leases._thread = self._worker
        (watch,) = self.place.watches
        self.watch: TenantWatch = watch
        self.watch._random = Random(0)
        assert await self.place.leases.take(TENANT) is None

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def poll(self) -> Poll:
        return self._run(self.watch.cycle())

    def catch_up(self) -> None:
        """Evaluate, between polls, what time has changed."""
        self._run(self.watch.catch_up())

    def send(self) -> None:
        """Deliver what is to be delivered now."""
        while self.place.deliver():
            pass

    def disagreements(self) -> list[str]:
        """Return where a stored reading of an open ticket is not what the independent derivation finds for now."""
        now = self._wall.now()
        return [
            f"ticket {item.ticket.id} at {now}: {finding}"
            for item in self.store.load_open(TENANT)
            for finding in examine(self.store, TENANT, item.ticket.id, item.reading, now)
        ]

    async def _hang_up(self) -> None:
        for client in self.place._clients:
            await client.aclose()

    def end(self) -> None:
        """Let go of what the system would take back from a dead process."""
        if hasattr(self, "place"):
            self._run(self._hang_up())
        self._runner.close()
        self._worker.shutdown()
        self.store.close()
