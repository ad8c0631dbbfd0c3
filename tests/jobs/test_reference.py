"""Reference data that are not believed at first sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from slamon.core.reference import GoalHours, Reference, Sla
from slamon.core.ticket import Kind, Ref
from slamon.core.versions import version_of_reference
from slamon.errors import PayloadError
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import Desk
from tests.jobs.world import GOLD, REFERENCE, Life, ScriptedSource, ticket, worlds_of

SHORTER = replace(REFERENCE, slas={1: replace(GOLD, rows={1: GoalHours(0.5, 1, 4)})})
TORN = replace(REFERENCE, slas={1: Sla(1, "Gold", "MyCalendar", GoalHours(4, 8, 40))})


class Changing(ScriptedSource):
    """Answers its reference data from a list, the last for ever."""

    answers: list[Reference]

    async def fetch_reference(self) -> Reference:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def reading(desk: OpenDesk, *answers: Reference) -> tuple[Desk, Changing]:
    watched = desk(worlds_of(Life(ticket(sla=Ref(1, "Gold")))))
    source = Changing(watched.source.worlds, watched.wall.now)
    source.answers = [REFERENCE, REFERENCE, *answers]
    watched.source = source
    watched.start()
    watched.polls("10:01")
    return watched, source


@pytest.mark.parametrize(
    "answers",
    [
        (TORN, REFERENCE),  # one list was cut, or empty
        (TORN, SHORTER),
        (replace(REFERENCE, slas={}),),  # for good: a right was taken away
        (replace(REFERENCE, companies={}),),
        (replace(REFERENCE, boards={}, statuses={}),),
    ],
)
def test_what_is_not_sure_changes_no_promise(desk: OpenDesk, answers: Sequence[Reference]) -> None:
    watched, _ = reading(desk, *answers)
    before = watched.events(1)

    with pytest.raises(PayloadError, match="reference data"):
        watched.forget_reference()
    watched.polls("10:02")

    assert watched.state.reference == REFERENCE
    assert watched.events(1) == before


def test_what_two_reads_agree_on_is_taken_up(desk: OpenDesk) -> None:
    watched, _ = reading(desk, SHORTER)
    (before,) = watched.events(1, Kind.TERMS)

    watched.forget_reference()
    watched.polls("10:02")

    assert watched.state.reference == SHORTER
    assert [event.terms == before.terms for event in watched.events(1, Kind.TERMS)] == [True, False]


def test_known_data_are_read_once(desk: OpenDesk) -> None:
    watched, source = reading(desk, REFERENCE, TORN)

    watched.forget_reference()

    assert source.answers == [TORN]


def test_each_version_is_stored_once_and_a_poll_names_the_one_it_went_by(desk: OpenDesk) -> None:
    watched, _ = reading(desk, SHORTER)
    first = watched.watch.last
    watched.forget_reference()
    second = watched.poll("10:02")

    assert first is not None
    assert (first.reference, second.reference) == (version_of_reference(REFERENCE), version_of_reference(SHORTER))
    assert watched.store.load_reference(first.reference) == replace(REFERENCE, warnings=())
    assert watched.store.load_reference(second.reference) == replace(SHORTER, warnings=())
    assert watched.store.load_reference("another") is None


def test_a_change_is_logged_in_words_even_across_a_restart(desk: OpenDesk, caplog: pytest.LogCaptureFixture) -> None:
    watched, source = reading(desk, SHORTER)
    source.answers = [SHORTER]
    watched.start()
    caplog.clear()

    with caplog.at_level("INFO"):
        watched.polls("10:02", "10:03")

    told = [record.getMessage() for record in caplog.records if "reference data changed" in record.getMessage()]
    assert len(told) == 1
    assert "SLA 'Gold' (1): rows 1: 1/0/8 h -> 0.5/1/4 h" in told[0]
