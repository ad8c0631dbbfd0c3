"""A change of the reference data, told in lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from slamon.core.reference import Board, GoalHours, Holiday
from slamon.core.reference_changes import differences
from slamon.core.rules import Window
from slamon.core.ticket import Level
from slamon.core.versions import version_of_reference
from tests.jobs.world import GOLD, OFFICE, REFERENCE, STATUSES


def test_nothing_differs_from_itself() -> None:
    assert differences(REFERENCE, replace(REFERENCE, warnings=("odd",))) == []


def test_each_record_that_came_went_or_changed_is_a_line() -> None:
    after = replace(
        REFERENCE,
        boards={1: REFERENCE.boards[1], 2: replace(REFERENCE.boards[2], name="Night"), 4: Board(4, "Sales")},
        statuses={**STATUSES, 11: replace(STATUSES[11], level=Level.WAITING)},
        slas={1: replace(GOLD, goals=GoalHours(2, 8, 40), rows={1: GoalHours(1, 0, 8), 2: GoalHours(0.5)})},
        calendars={
            1: replace(
                OFFICE,
                week=(Window(8 * 3600, 17 * 3600 + 1800), *OFFICE.week[1:]),
                holidays=(Holiday(date(2026, 12, 25), "Christmas"),),
            )
        },
        server_zone="Europe/London",
    )

    assert differences(REFERENCE, after) == [
        "board 'Night' (2): name 'NOC' -> 'Night'",
        "board 'Projects' (3): gone",
        "board 'Sales' (4): new",
        "status 'Assigned' (11): level responded -> waiting",
        "SLA 'Gold' (1): goals 4/8/40 h -> 2/8/40 h, rows 2: none -> 0.5/none/none h",
        (
            "calendar 'Office' (1): week [09:00-17:00, 09:00-17:00, 09:00-17:00, 09:00-17:00, 09:00-17:00, none, none]"
            " -> [08:00-17:30, 09:00-17:00, 09:00-17:00, 09:00-17:00, 09:00-17:00, none, none],"
            " holiday 2026-12-25 'Christmas' added"
        ),
        "calendar 'Never' (2): gone",
        "server zone: 'UTC' -> 'Europe/London'",
    ]


def test_a_version_is_of_the_content_alone() -> None:
    again = replace(REFERENCE, boards=dict(sorted(REFERENCE.boards.items(), reverse=True)), warnings=("odd",))

    assert version_of_reference(again) == version_of_reference(REFERENCE)
    assert version_of_reference(replace(REFERENCE, server_zone=None)) != version_of_reference(REFERENCE)
    assert version_of_reference(replace(REFERENCE, unread=frozenset({"slas"}))) != version_of_reference(REFERENCE)
