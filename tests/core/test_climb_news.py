"""What is told of marks newly passed: by when they were, and by whether the deadline is another one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from slamon.core.climb import Passed
from slamon.core.climb_news import Outcome, find_news
from slamon.core.intervention import Intervention, Said, Standing, standing
from slamon.core.reading import Reading, Verdict
from slamon.core.ticket import Stage
from tests.outputs.samples import NOW, reading, stage

SECOND = timedelta(seconds=1)


def outcome_of(at: datetime, *, version: int = 0, before: Reading | None = None) -> Outcome:
    """Return what becomes of one mark of a goal that is watched since NOW."""
    mark = Passed(1042, Stage.RESOLVE, version, "75%", 10_800, at)
    (news,) = find_news(
        [mark],
        before=before,
        now=reading(),
        since=lambda _: NOW,
        holds=lambda _: Standing(),
        breached_now=lambda _: False,
    )
    return news.outcome


@pytest.mark.parametrize(("at", "expected"), [(NOW, Outcome.TOLD), (NOW - SECOND, Outcome.HISTORY)])
def test_what_was_passed_before_it_was_watched_for_is_history(at: datetime, expected: Outcome) -> None:
    assert outcome_of(at) is expected


@pytest.mark.parametrize(
    ("verdict", "version", "expected"),
    [
        (Verdict.RUNNING, 1, Outcome.TOLD),
        (Verdict.RUNNING, 0, Outcome.HISTORY),
        (Verdict.NOT_MEASURED, 1, Outcome.HISTORY),
    ],
)
def test_a_new_deadline_of_a_goal_that_was_measured_is_news_though_it_lies_in_the_past(
    verdict: Verdict, version: int, expected: Outcome
) -> None:
    before = reading(resolve=stage(verdict))

    assert outcome_of(NOW - SECOND, version=version, before=before) is expected


def test_what_is_said_until_an_instant_holds_no_more_at_it() -> None:
    said = [Intervention(1042, Stage.RESOLVE, 0, Said.SNOOZE, NOW - 2 * SECOND, "ann", until=NOW)]

    assert standing(said, Stage.RESOLVE, 0, NOW - SECOND).snooze is said[0]
    assert standing(said, Stage.RESOLVE, 0, NOW).snooze is None
