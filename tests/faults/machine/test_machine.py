"""The state machine for a short while, the same way each time; `python -m tests.faults machine` goes on for long."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.machine.machine import Machine

pytestmark = [
    pytest.mark.xdist_group("machine"),
    # Who is killed closes nothing: its connections to the mail server are left to the collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

SHORT = settings(
    max_examples=4,
    stateful_step_count=15,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_polls_changes_kills_and_bad_mail_servers_in_any_order_do_no_harm() -> None:
    run_state_machine_as_test(Machine, settings=SHORT)
