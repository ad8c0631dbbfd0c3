"""A full disk under a daemon: nothing is stored by halves, the operator hears of it, all is told once there is room.

`make chaos` adds writes, reads and syncs that fail, and a file system that is really full.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.outages.disk import FAULTS, GROWTH, gaps, suffer_until_told
from tests.faults.outages.ward import OPERATOR, patient

pytestmark = pytest.mark.xdist_group("outages-mail")


def test_it_outlives_a_full_disk_and_the_operator_hears_of_it(tmp_path: Path) -> None:
    with patient(tmp_path, f"sqlite:///{tmp_path / 'slamon.db'}") as one:
        why = suffer_until_told(one, FAULTS[GROWTH])
        judged = one.settle()
        mails = one.mails()

    assert "nothing can be stored: sqlite:///" in why
    assert "see whether its disk is full" in why
    assert judged.bad == []
    assert judged.breaches > 0
    past = [mail.recipient for mail in mails if mail.past_outbox]
    assert past == [OPERATOR]
    to_operator = {mail.message_id for mail in mails if mail.recipient == OPERATOR}
    assert len(to_operator) == 2  # that it stores again went through the outbox
    said = one.said("nothing can be stored")
    assert said[-1]["failures"] > len(said)
    assert min(gaps(one)) > 1.5  # a period is two seconds; it is tried more often
    assert len(one.said("the database stores again")) == 1
