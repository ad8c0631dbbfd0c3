"""After a start open tickets are judged before anything is shown if something is new, else with the next poll."""

from __future__ import annotations

from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, settings_of
from tests.jobs.test_costs import Watching, watching
from tests.jobs.test_promises import BY_RANK, SLOWER, terms
from tests.jobs.world import Life, ticket, worlds_of


def test_a_start_with_nothing_new_judges_with_its_second_poll(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket(1)), Life(ticket(2, priority=None))), settings_of(BY_RANK), wrap=Watching)
    watched.poll("10:05")
    watched.start()
    watching(watched).answers.clear()

    watched.poll("10:30")
    assert "load_open_tickets" not in {name for name, _ in watching(watched).answers}
    assert watched.sample("slamon_tickets_without_policy", tenant=TENANT) is None  # not looked for yet
    assert watched.sample("slamon_tickets", tenant=TENANT, board="Help Desk", stage="plan", state="no_target") == 1

    watched.poll("10:31")
    assert ("load_open_tickets", 2) in watching(watched).answers
    assert watched.sample("slamon_tickets_without_policy", tenant=TENANT) == 1
    watching(watched).answers.clear()

    watched.poll("10:32")
    assert "load_open_tickets" not in {name for name, _ in watching(watched).answers}


def test_a_start_with_other_settings_judges_with_its_first_poll_also_when_they_are_the_old_ones(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())))
    watched.poll("10:05")
    watched.start(settings_of(SLOWER))
    watched.poll("10:30")
    watched.start(settings_of())
    watched.poll("10:40")

    assert terms(watched) == [("10:00", 4), ("10:30", 8), ("10:40", 4)]


def test_a_start_with_other_boards_judges_with_its_first_poll(desk: OpenDesk) -> None:
    watched = desk(worlds_of(Life(ticket())), wrap=Watching)
    watched.poll("10:05")
    watched.start(settings_of(boards=("Help Desk",)))
    watching(watched).answers.clear()

    watched.poll("10:30")

    assert "load_open_tickets" in {name for name, _ in watching(watched).answers}
