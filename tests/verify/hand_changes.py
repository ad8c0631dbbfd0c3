"""Ledgers worked out with pencil and paper: promises that change under a ticket."""

from __future__ import annotations

from tests.verify.builder import (
    BEFORE,
    ENTERED,
    HOUR,
    MON,
    PROMISED,
    WORKING,
    Document,
    clock,
    event,
    ledger,
    no_target,
    span,
    stage,
    terms,
)

CHANGED = [
    ENTERED,
    PROMISED,
    event(3, "priority", f"{MON} 15:00", "High"),
    event(4, "terms", f"{MON} 15:00", version="v2"),
]


CHANGED_INTERVALS = [
    span(f"{MON} 14:00", f"{MON} 15:00", "open", 3600, 3600, "New", 1),
    span(f"{MON} 15:00", f"{MON} 16:00", "open", 3600, 3600, "New", 1),
]


def _changed(change: str, goal: int, left: int, due: str, before: int, after: int) -> Document:
    return ledger(
        f"{MON} 16:00",
        {"v1": terms(6 * HOUR, None, before, change=change), "v2": terms(6 * HOUR, None, after, change=change)},
        CHANGED,
        clock("running", f"{MON} 14:00", 7200),
        [
            # The same policy, calendar and goal: the same deadline, whatever happened to the others.
            stage("respond", "running", 21600, 7200, left=14400, due=f"{MON} 20:00"),
            no_target("plan", 7200),
            stage("resolve", "running", goal, 7200, left=left, due=due, version=1),
        ],
        CHANGED_INTERVALS,
    )


def same_start() -> Document:
    """From eight hours to three after one hour: three from the start."""
    return _changed("same_start", 10800, 3600, f"{MON} 17:00", before=8 * HOUR, after=3 * HOUR)


def forward() -> Document:
    """The one hour shown, and three more."""
    return _changed("forward", 14400, 7200, f"{MON} 18:00", before=8 * HOUR, after=3 * HOUR)


def strictest() -> Document:
    """From three hours to eight: three all the same."""
    return _changed("strictest", 10800, 3600, f"{MON} 17:00", before=3 * HOUR, after=8 * HOUR)


def reached_before_the_change() -> Document:
    """A goal that was reached keeps the promise of its instant."""
    return ledger(
        f"{MON} 16:00",
        {"v1": terms(HOUR, None, 8 * HOUR), "v2": terms(60, None, 3 * HOUR)},
        [ENTERED, PROMISED, WORKING, event(4, "terms", f"{MON} 15:00", version="v2")],
        clock("running", f"{MON} 14:00", 7200),
        [
            stage("respond", "met", 3600, 1800, left=1800, reached=f"{MON} 14:30", due=f"{MON} 15:00"),
            no_target("plan", 7200),
            stage("resolve", "running", 10800, 7200, left=3600, due=f"{MON} 17:00", version=1),
        ],
        [
            span(f"{MON} 14:00", f"{MON} 14:30", "open", 1800, 1800, "New", 1),
            span(f"{MON} 14:30", f"{MON} 15:00", "open", 1800, 1800, "In Progress", 3),
            span(f"{MON} 15:00", f"{MON} 16:00", "open", 3600, 3600, "In Progress", 3),
        ],
    )


def _changed_as_it_was_answered(change: str, goal: int, due: str) -> Document:
    return ledger(
        f"{MON} 16:00",
        {"v1": terms(HOUR, change=change), "v2": terms(1200, change=change), "v3": terms(60, change=change)},
        [
            ENTERED,
            PROMISED,
            WORKING,
            event(4, "terms", f"{MON} 14:30", version="v2"),
            event(5, "terms", f"{MON} 14:30:01", version="v3"),
        ],
        clock("running", f"{MON} 14:00", 7200),
        [
            stage(
                "respond",
                "met" if goal >= 1800 else "missed",
                goal,
                1800,
                left=goal - 1800,
                reached=f"{MON} 14:30",
                due=due,
                breached=None if goal >= 1800 else due,
                version=1,
            ),
            no_target("plan", 7200),
            no_target("resolve", 7200),
        ],
        [
            span(f"{MON} 14:00", f"{MON} 14:30", "open", 1800, 1800, "New", 1),
            span(f"{MON} 14:30", f"{MON} 14:30:01", "open", 1, 1, "In Progress", 3),
            span(f"{MON} 14:30:01", f"{MON} 16:00", "open", 5399, 5399, "In Progress", 3),
        ],
    )


def changed_as_it_was_answered() -> Document:
    """The promise of the answer's own second is that of the answer."""
    return _changed_as_it_was_answered("same_start", 1200, f"{MON} 14:20")


def moved_forward_as_it_was_answered() -> Document:
    """Half an hour shown and twenty minutes more."""
    return _changed_as_it_was_answered("forward", 3000, f"{MON} 14:50")


def strictest_as_it_was_answered() -> Document:
    return _changed_as_it_was_answered("strictest", 1200, f"{MON} 14:20")


def changed_before_the_start() -> Document:
    """Terms that were gone before the clock started are not among the strictest; they are a version all the same."""

    return ledger(
        f"{MON} 16:00",
        {
            "v1": terms(60, change="strictest"),
            "v2": terms(HOUR, change="strictest"),
            "v3": terms(None, change="strictest"),
        },
        [
            ENTERED,
            PROMISED,
            event(3, "terms", f"{MON} 14:30", version="v2"),
            event(4, "started", f"{MON} 15:00"),
            event(5, "terms", f"{MON} 15:30", version="v3"),
        ],
        clock("running", f"{MON} 15:00", 3600),
        [
            stage("respond", "running", 3600, 3600, left=0, due=f"{MON} 16:00", version=2),
            no_target("plan", 3600),
            no_target("resolve", 3600),
        ],
        [
            span(f"{MON} 14:00", f"{MON} 15:00", "not started", 0, 3600, "New", 1, "start"),
            span(f"{MON} 15:00", f"{MON} 15:30", "open", 1800, 1800, "New", 1),
            span(f"{MON} 15:30", f"{MON} 16:00", "open", 1800, 1800, "New", 1),
        ],
    )


def forward_through_a_pause() -> Document:
    """One hour shown when the wait began, two hours of waiting, then two hours and a half from the change on."""
    return ledger(
        f"{MON} 17:30",
        {
            "v1": terms(None, None, HOUR + 1, change="forward"),
            "v2": terms(None, None, 9000, change="forward", policy="Silver"),
        },
        [
            ENTERED,
            PROMISED,
            event(3, "status", f"{MON} 15:00", "Waiting Parts", "waiting"),
            event(4, "terms", f"{MON} 16:00", version="v2"),
            event(5, "status", f"{MON} 17:00", "New", "not_responded"),
        ],
        clock("running", f"{MON} 14:00", 5400, paused=7200),
        [
            no_target("respond", 5400, version=1),
            no_target("plan", 5400, version=1),
            stage("resolve", "running", 12600, 5400, left=7200, due=f"{MON} 19:30", version=1),
        ],
        [
            BEFORE,
            span(f"{MON} 15:00", f"{MON} 16:00", "waiting", 0, 3600, "Waiting Parts", 3, "level waiting (event 3)"),
            span(f"{MON} 16:00", f"{MON} 17:00", "waiting", 0, 3600, "Waiting Parts", 3, "level waiting (event 3)"),
            span(f"{MON} 17:00", f"{MON} 17:30", "open", 1800, 1800, "New", 5),
        ],
    )
