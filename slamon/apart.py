"""Work in a process of its own, which takes its time and its memory along, and never outlives this one."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import threading
import traceback
import zoneinfo
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Generic, TypeVar

from slamon.errors import SlamonError

Order = TypeVar("Order")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Done(Generic[Result]):
    result: Result


async def run_apart(work: Callable[[Order], Result], order: Order) -> Result:
    """Return `work(order)` from a process that is ended if this is cancelled, and ends itself when this process does.

    *work* is a function of a module, *order* and what is returned can be pickled.

    Raises:
        SlamonError: It failed in the child, whose error this has.
    """
    spawn = multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_answer, args=(work, order, sender), daemon=True)
    with closing(receiver):
        process.start()
        sender.close()
        waiting: asyncio.Future[_Done[Result] | str] = asyncio.ensure_future(asyncio.to_thread(_receive, receiver))
        try:
            found = await asyncio.shield(waiting)
        finally:
            process.kill()  # one that has answered has nothing left to do
            await asyncio.shield(asyncio.gather(waiting, asyncio.to_thread(process.join), return_exceptions=True))
            process.close()
    if isinstance(found, str):
        raise SlamonError(found)
    return found.result


def _receive(receiver: Connection) -> _Done[Result] | str:
    with contextlib.suppress(EOFError, OSError):  # ended before it answered, or while it did
        return receiver.recv()  # type: ignore[no-any-return]
    return "the process that was to do it ended without an answer"


def _answer(work: Callable[[Order], Result], order: Order, sender: Connection) -> None:
    """In the child: send what *work* returns, or what went wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all processes; the daemon ends this one
    threading.Thread(target=_end_with_parent, daemon=True).start()
    zoneinfo.reset_tzpath(())
    try:
        sender.send(_Done(work(order)))
    except SlamonError as error:
        sender.send(str(error))
    except BrokenPipeError:
        return  # nobody waits for the answer
    except Exception:  # its place in the code goes to the daemon's log
        sender.send(traceback.format_exc())


def _end_with_parent() -> None:
    """End this process at once when its parent has ended, by whatever: nobody waits for the answer then."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
