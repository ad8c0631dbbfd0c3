"""A daemon whose mail server fails: it goes on to poll, loses nothing, and labels what it sends twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.outages.mail import ward
from tests.faults.outages.mailserver import HANG, RESET

pytestmark = pytest.mark.xdist_group("outages-mail")


def test_it_polls_on_while_the_server_hangs_and_loses_nothing(tmp_path: Path) -> None:
    with ward(tmp_path) as here:
        here.server.keeps_unanswered = True
        here.fail_once("RCPT", HANG)
        here.fail_once(".", RESET, polls=0)
        here.fail_once("DATA", "421 not now", polls=0)
        here.be_greylisted()
        judged = here.settle()

    assert judged.bad == []
    assert judged.breaches > 0
    assert judged.mails > 3
    assert len(judged.found.labelled) == 1
