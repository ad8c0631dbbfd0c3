"""How far a long look through a tenant's tickets has come, on a terminal; elsewhere nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def ticket_bar(label: str, last_id: int | None) -> Iterator[Callable[[int, int], None]]:
    """Give what is told the first and the last ticket of each chunk.

    The bar goes by the tickets' numbers, which grow with time: from the first that is read to *last_id*.
    """
    if last_id is None or not sys.stderr.isatty():
        yield lambda _first, _last: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        began: list[int] = []

        def advance(first: int, last: int) -> None:
            began.append(first)
            bar.update(task, total=max(last_id - began[0], 1), completed=last - began[0])

        yield advance
