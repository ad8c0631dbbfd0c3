"""Postgres stopped, killed, rid of its connections under a daemon: nothing lost, nothing twice, each breach true."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.outages.postgres import CYCLES, FAULTS, suffer

pytestmark = pytest.mark.xdist_group("daemon-postgres")


def test_it_outlives_every_way_a_postgres_can_go(tmp_path: Path) -> None:
    found = suffer(tmp_path, FAULTS)

    assert found.judged.bad == []
    assert found.judged.breaches > 0
    assert found.judged.mails > 0
    assert [each for each in found.late if each[1] > CYCLES] == []
