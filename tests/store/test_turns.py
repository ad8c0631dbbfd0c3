"""Many writers of one process on one SQLite file: each has its turn, however briefly SQLite would let it wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from slamon.store.migrate import open_store

from .samples import NOW

WRITERS, TIMES = 8, 25


def test_every_writer_has_its_turn(tmp_path: Path) -> None:
    with (
        closing(open_store(f"sqlite:///{tmp_path / 'slamon.db'}?timeout=0.001")) as store,
        ThreadPoolExecutor(WRITERS) as pool,
    ):

        def write(number: int) -> int:
            return sum(store.claim_run(f"job {number}", str(time), NOW) for time in range(TIMES))

        assert list(pool.map(write, range(WRITERS))) == [TIMES] * WRITERS
