"""`python -m tests.faults machine`: polls, changes, kills and bad mail servers in random orders, so many steps."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from slamon import log
from tests.faults.machine.machine import Machine
from tests.faults.section import Row

AT_ONCE = 50
"""Steps in one life of the desk."""


class Counted(Machine):
    """A machine that counts all that was done."""

    lives = steps = kills_in_all = mails = breaches = 0

    @invariant()
    def what_happened_stays(self) -> None:
        Counted.steps += 1
        super().what_happened_stays()

    def teardown(self) -> None:
        super().teardown()
        Counted.lives += 1
        Counted.kills_in_all += self.kills
        Counted.mails += len(self.server.accepted) if hasattr(self, "server") else 0
        Counted.breaches += sum(key[3] == "breached" for key in self.told)


def main(arguments: Sequence[str]) -> list[Row]:
    """Go so many steps."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults machine", description=__doc__)
    parser.add_argument("--steps", type=int, default=5000, help="how many, about")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    log.configure("critical", "text", sys.stderr)
    long = settings(
        max_examples=max(1, asked.steps // AT_ONCE),
        stateful_step_count=AT_ONCE,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    is_met = True
    try:
        seed(asked.seed)(run_state_machine_as_test)(Counted, settings=long)
    except AssertionError:
        is_met = False
        traceback.print_exc(file=sys.stdout)
    measured = (
        f"{Counted.steps} steps in {Counted.lives} lives, {Counted.kills_in_all} kills, {Counted.breaches} breaches, "
        f"{Counted.mails} mails: {'nothing' if is_met else 'something, see above'}"
    )
    target = "nothing lost, unlabelled twice or wrong; every reading as derived independently"
    return [Row("polls, changes, kills and bad mail servers in any order", target, measured, is_met)]
