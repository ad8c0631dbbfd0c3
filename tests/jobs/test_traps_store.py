"""Mistakes in what is kept and counted, of systems that shipped them; the numbers are the traps'."""

from __future__ import annotations

from slamon.core.promise import PolicyRule
from slamon.core.reading import Verdict
from slamon.core.reference import GoalHours
from slamon.core.ticket import STAGES, Stage
from slamon.core.transition import Change
from tests.jobs.conftest import OpenDesk
from tests.jobs.desk import TENANT, settings_of
from tests.jobs.world import Life, World, at, status, ticket, worlds_of

FOUR_HOURS = settings_of(PolicyRule("default", calendar="AllHours", goals=GoalHours(None, None, 4)))


def test_T73_a_breach_keeps_its_first_instant_whatever_comes_after(desk: OpenDesk) -> None:
    life = Life(ticket()).then(at("14:30"), owner="jsmith").then(at("15:00"), status="Waiting Customer")
    life.then(at("16:00"), status="In Progress").then(at("17:00"), status="Completed")
    watched = desk(worlds_of(life), FOUR_HOURS)

    watched.polls("10:05", "14:10", "14:40", "15:10", "16:10", "17:10")

    broke = [t for t in watched.transitions() if t.change is Change.BREACHED]
    assert [t.at for t in broke] == [at("14:00")]
    assert watched.stage(Stage.RESOLVE).verdict is Verdict.MISSED
    assert watched.stage(Stage.RESOLVE).elapsed_seconds == 6 * 3600


def test_T74_what_came_before_is_unknown_so_it_is_neither_met_nor_missed(desk: OpenDesk) -> None:
    unknown = ticket(1, status=status("In Progress"), last_updated_at=at("10:40"))
    done = ticket(1, status=status("Completed"), last_updated_at=at("11:30"), resolved_at=at("11:30"))
    known = Life(ticket(2)).then(at("11:00"), status="Completed")
    worlds = [
        World(moment, {1: first, 2: second}, {1: [], 2: known.trail_at(moment)})
        for moment, first in ((at("10:40"), unknown), (at("11:30"), done))
        if (second := known.ticket_at(moment)) is not None
    ]
    watched = desk(worlds, FOUR_HOURS)

    watched.polls("10:45", "11:35")

    concluded = [t.ticket_id for t in watched.transitions() if t.change in (Change.MET, Change.MISSED)]
    assert concluded == [2]
    for stage in STAGES:
        labels = {"tenant": TENANT, "board": "Help Desk", "stage": stage.label}
        states = [watched.sample("slamon_tickets", state=v.value, **labels) or 0 for v in Verdict]
        assert sum(states) == 2  # each open ticket once
    assert (
        watched.sample("slamon_tickets", state="not_measured", tenant=TENANT, board="Help Desk", stage="resolve") == 1
    )
