"""A process that has loaded slamon and forks a child for each cycle asked for: a start costs a fork, not a second.

Orders come as JSON lines on standard input, answers go as JSON lines to standard output. A child tells its two threads,
waits for its word to go, and lives one cycle: poll, evaluate, deliver. All of it is slamon's own code. An order to
rehearse is lived through without a fork, so that all that a cycle loads is loaded.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from slamon import log
from slamon.config import load_config
from slamon.errors import StoreError
from slamon.metrics import Metrics
from slamon.ports import Poll
from slamon.store.migrate import open_store
from slamon.workplace import Workplace
from tests.faults.kills.databases import pass_leases

T = TypeVar("T")

TRIES = 3
PR_SET_PTRACER, ANYONE = 0x59616D61, ctypes.c_ulong(-1)


@dataclass
class Standing:
    """Wall time that stands still."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds()


async def live(
    config_file: Path, instants: list[datetime], worker: ThreadPoolExecutor, *, persists: bool = False
) -> str:
    """Poll, evaluate and deliver at the first of *instants*, only deliver at the others; return the poll's result.

    Before the others all leases pass. Everything that slamon does in threads is done by *worker*. What *persists* does
    as the daemon does when the database fails: it tries again.
    """
    asyncio.get_running_loop().set_default_executor(worker)
    config = load_config(config_file, {})
    insist = _insist if persists else _once
    store = await insist(lambda: asyncio.to_thread(open_store, config.store.url.get_secret_value()))
    wall = Standing(instants[0])
    metrics = Metrics(version="0", tzdata_version="0")
    workplace = await insist(lambda: asyncio.to_thread(Workplace, config, store, metrics, wall))
    workplace.leases._thread = worker
    (watch,) = workplace.watches

    async def cycle() -> Poll:
        async with workplace.holding(watch.name):
            return await watch.cycle()

    poll = await insist(cycle)
    for turn, wall.at in enumerate(instants):
        if turn:
            await asyncio.to_thread(pass_leases, config.store.url.get_secret_value())
        while await insist(lambda: asyncio.to_thread(workplace.deliver)):
            pass
    await workplace.aclose()
    store.close()
    return poll.result


async def _once(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


async def _insist(work: Callable[[], Awaitable[T]]) -> T:
    for _ in range(TRIES - 1):
        with contextlib.suppress(StoreError):
            return await work()
    return await work()


def _child(order: dict[str, Any], say: int, go: int) -> None:
    """One life: ends with 0 after a good poll, with 1 after a bad one."""
    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANYONE)  # where only parents may trace; elsewhere without effect
    with asyncio.Runner() as runner, ThreadPoolExecutor(1) as worker:
        threads = [threading.get_native_id(), worker.submit(threading.get_native_id).result()]
        os.write(say, json.dumps({"pid": os.getpid(), "threads": threads}).encode())
        os.read(go, 1)
        result = runner.run(live(Path(order["config"]), _instants(order), worker, persists=order["persists"]))
    os._exit(0 if result == "ok" else 1)


def _fork(order: dict[str, Any]) -> tuple[int, int, dict[str, Any]]:
    """Return the child's pid, what sets it going, and what it said of itself."""
    said, say = os.pipe()
    go, going = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(said)
            os.close(going)
            _child(order, say, go)
        finally:
            sys.excepthook(*sys.exc_info())
            os._exit(2)
    os.close(say)
    os.close(go)
    answer = json.loads(os.read(said, 4096))
    os.close(said)
    return pid, going, answer


def _instants(order: dict[str, Any]) -> list[datetime]:
    return [datetime.fromisoformat(text) for text in order["instants"]]


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log.configure("critical", "text", sys.stderr)
    for line in sys.stdin:
        order = json.loads(line)
        if order["rehearse"]:
            with ThreadPoolExecutor(1) as worker:
                result = asyncio.run(live(Path(order["config"]), _instants(order), worker))
            gc.collect()
            gc.freeze()
            print(json.dumps({"status": int(result != "ok")}), flush=True)
            continue
        pid, going, answer = _fork(order)
        print(json.dumps(answer), flush=True)
        sys.stdin.readline()
        os.write(going, b"!")
        os.close(going)
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    main()
