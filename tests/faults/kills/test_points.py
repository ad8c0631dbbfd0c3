"""Killed before any call of a cycle, or let down by the disk in one, slamon loses nothing; `make chaos` tries all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.kills.points import choose, scenes, strike, survey
from tests.faults.kills.scene import MAILS, Scene
from tests.faults.outages.calls import ERRORS, disk_calls, fail

POINTS = 8
DISK_CALLS = 4
SEED = 5
pytestmark = pytest.mark.xdist_group("kills")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Scene]]:
    with scenes(tmp_path_factory.mktemp("kills")) as both:
        yield {each.databases.name: each for each in both}


@pytest.mark.parametrize("database", ["SQLite", "Postgres"])
def test_kills_within_a_cycle_lose_nothing_and_repeat_one_mail_at_most(database: str, ready: dict[str, Scene]) -> None:
    here = ready[database]
    calmly = survey(here)
    assert len(calmly.due) >= MAILS
    assert len({planned.kind for planned in calmly.points}) >= 6

    struck = [strike(here, calmly, planned) for planned in choose(calmly.points, POINTS, SEED)]

    assert [f"{each.planned}: {line}" for each in struck for line in each.found.faults] == []
    assert max(each.found.twice for each in struck) <= 1
    assert sum(each.line is not None for each in struck) > POINTS // 2


def test_a_call_to_the_disk_that_fails_is_made_again_by_the_same_process(ready: dict[str, Scene]) -> None:
    here = ready["SQLite"]
    calmly = disk_calls(here)
    writes = [planned for planned in calmly.points if planned.point.name in ("pwrite64", "fdatasync", "pread64")]
    chosen = choose(writes, DISK_CALLS, SEED)

    failed = [fail(here, calmly, planned, ERRORS[turn % 2]) for turn, planned in enumerate(chosen)]

    assert [f"{each.planned} {each.error}: {line}" for each in failed for line in each.found.faults] == []
    assert sum(each.line is not None for each in failed) > DISK_CALLS // 2
