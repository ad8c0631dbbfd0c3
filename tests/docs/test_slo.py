"""The examples of docs/explanation/slo.md are what slamon computes."""

from __future__ import annotations

import re

import pytest

from slamon.core.slo import Pace, Tally, read_objective
from slamon.core.ticket import Stage
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "explanation" / "slo.md"
ROW = re.compile(
    r"^\| (\d+) \| day (\d+): (\d+) met(?:, (\d+) missed)? \| (\d+) \| (\d+) \| (−?\d+) \| (\d+) % \|$", re.MULTILINE
)
EXAMPLES = ROW.findall(PAGE.read_text("utf-8"))
DAY, WEEKS = 86_400, 12
BEFORE = {5: 2, 10: 4, 50: 20}  # goals missed in the twelve weeks before, by goals a week


def test_there_are_examples_of_desks_of_each_size() -> None:
    assert {int(example[0]) for example in EXAMPLES} == set(BEFORE)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e[0]} a week, day {e[1]}, {e[3] or 0} missed")
def test_an_example_is_what_comes_out(example: tuple[str, ...]) -> None:
    a_week, day, met, missed, expected, allowed, left, percent = (int(cell.replace("−", "-") or 0) for cell in example)

    def ended(outcome: str, goals: int) -> Tally:
        return Tally(int(Stage.RESPOND), outcome, "", None, None, "", 95, goals)

    before = BEFORE[a_week]
    past = [ended("met", WEEKS * a_week - before), ended("missed", before)]
    pace = Pace((7 * WEEKS + day) * DAY, (30 - day) * DAY)
    found = read_objective(Stage.RESPOND, [ended("met", met), ended("missed", missed)], past, [], pace)

    assert (found.expected, found.allowed, found.left) == (expected, allowed, left)
    assert abs(100 * (found.miss_probability or 0) - percent) <= 0.5
