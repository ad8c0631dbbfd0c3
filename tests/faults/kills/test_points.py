"""Killed before any system call of a cycle, slamon loses nothing; `make chaos` tries all of them, this a few."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.kills.points import choose, scenes, strike, survey
from tests.faults.kills.scene import MAILS, Scene

POINTS = 8
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
