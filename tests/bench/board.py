"""The list of open tickets among fifty thousand: what one visitor costs, and what reading anew costs.

`python -m tests.bench.board` prints it. The tickets are in memory: the cost of reading them from a store is that of
`slamon status`, and is paid at most a tenth of the time (`slamon/pages/desk.py`).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from statistics import median, quantiles

from slamon.core.reading import Verdict
from slamon.core.ticket import Ref, Stage
from slamon.pages.choice import Choice
from slamon.pages.desk import Listed
from slamon.pages.desk import _names as names
from slamon.pages.desk import _states as states
from tests.outputs.samples import NOW, reading, stage, ticket

TICKETS, BOARDS, COMPANIES, ROUNDS = 50_000, 100, 400, 30


def rows() -> Iterator[tuple[str, float, str]]:
    """Yield (what, value, unit)."""
    listed = [_listed(number) for number in range(TICKETS)]
    for what, choice in (
        ("all", Choice()),
        ("a board", Choice(board="Board 7")),
        ("a board's breaches", Choice(board="Board 7", state="breached")),
        ("a text", Choice(q="smoke 4711")),
    ):
        times = []
        for _ in range(ROUNDS):
            began = time.process_time()
            choice.pick(listed)
            times.append((time.process_time() - began) * 1000)
        yield f"choosing {what} among {TICKETS:,} tickets, median", median(times), "ms"
        yield f"choosing {what} among {TICKETS:,} tickets, 95th of 100", quantiles(times, n=20)[-1], "ms"
    began = time.process_time()
    names(listed)
    yield "names to choose from, once a reading", (time.process_time() - began) * 1000, "ms"


def _listed(number: int) -> Listed:
    own = ticket(
        number,
        summary=f"Printer smells of smoke {number}",
        board=Ref(number % BOARDS, f"Board {number % BOARDS}"),
        company=Ref(number % COMPANIES, f"Company {number % COMPANIES}"),
    )
    late = stage(Verdict.BREACHED, elapsed=20_000, breached_at=NOW - timedelta(hours=1))
    its = reading(number, resolve=late if number % 10 == 0 else None)
    return Listed("main", own, its, Stage.RESOLVE, states(its))


def main() -> None:
    for what, value, unit in rows():
        sys.stdout.write(f"{what:<70} {value:>10.2f} {unit}\n")


if __name__ == "__main__":
    main()
