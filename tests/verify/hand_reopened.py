"""Ledgers worked out with pencil and paper: reopened tickets."""

from __future__ import annotations

from tests.verify.builder import (
    BEFORE,
    ENTERED,
    HOUR,
    MON,
    PROMISED,
    Document,
    clock,
    event,
    ledger,
    no_target,
    span,
    stage,
    terms,
)

REOPENED = [
    ENTERED,
    PROMISED,
    event(3, "status", f"{MON} 15:00", "Completed", "resolved"),
    event(4, "status", f"{MON} 16:00", "In Progress", "responded"),
]


AFTER = span(f"{MON} 16:00", f"{MON} 17:00", "open", 3600, 3600, "In Progress", 4)


def reopened_resume() -> Document:
    """Resolved for an hour, which does not count."""
    return ledger(
        f"{MON} 17:00",
        {"v1": terms(HOUR, HOUR - 1, 4 * HOUR)},
        REOPENED,
        clock("running", f"{MON} 14:00", 7200),
        [
            stage("respond", "met", 3600, 3600, left=0, reached=f"{MON} 15:00", due=f"{MON} 15:00"),
            stage(
                "plan",
                "missed",
                3599,
                3600,
                left=-1,
                reached=f"{MON} 15:00",
                due=f"{MON} 14:59:59",
                breached=f"{MON} 14:59:59",
            ),
            stage("resolve", "running", 14400, 7200, left=7200, due=f"{MON} 19:00"),
        ],
        [
            BEFORE,
            span(f"{MON} 15:00", f"{MON} 16:00", "resolved", 0, 3600, "Completed", 3, "level resolved (event 3)"),
            AFTER,
        ],
    )


def reopened_count() -> Document:
    """The same, but the hour counts."""
    return ledger(
        f"{MON} 17:00",
        {"v1": terms(HOUR, None, 4 * HOUR, reopen="count")},
        REOPENED,
        clock("running", f"{MON} 14:00", 10800),
        [
            stage("respond", "met", 3600, 3600, left=0, reached=f"{MON} 15:00", due=f"{MON} 15:00"),
            no_target("plan", 3600, reached=f"{MON} 15:00"),
            stage("resolve", "running", 14400, 10800, left=3600, due=f"{MON} 18:00"),
        ],
        [BEFORE, span(f"{MON} 15:00", f"{MON} 16:00", "open", 3600, 3600, "Completed", 3), AFTER],
    )


def reopened_new_cycle() -> Document:
    """The same, but all begins anew at the reopening: answered at once, the plan still to come."""
    return ledger(
        f"{MON} 17:00",
        {"v1": terms(HOUR, 2 * HOUR, 4 * HOUR, reopen="new_cycle")},
        REOPENED,
        clock("running", f"{MON} 16:00", 3600, cycle=1),
        [
            stage("respond", "met", 3600, 0, left=3600, reached=f"{MON} 16:00", due=f"{MON} 17:00", version=1),
            stage("plan", "running", 7200, 3600, left=3600, due=f"{MON} 18:00", version=1),
            stage("resolve", "running", 14400, 3600, left=10800, due=f"{MON} 20:00", version=1),
        ],
        [AFTER],
    )


def grace() -> Document:
    """The same, with a grace of one second more than the stay: it never happened, and answered nothing."""
    return ledger(
        f"{MON} 17:00",
        {"v1": terms(HOUR, None, 4 * HOUR, reopen="new_cycle", reopen_grace_seconds=3601)},
        REOPENED,
        clock("running", f"{MON} 14:00", 10800),
        [
            stage(
                "respond",
                "missed",
                3600,
                7200,
                left=-3600,
                reached=f"{MON} 16:00",
                due=f"{MON} 15:00",
                breached=f"{MON} 15:00",
            ),
            no_target("plan", 10800),
            stage("resolve", "running", 14400, 10800, left=3600, due=f"{MON} 18:00"),
        ],
        [BEFORE, span(f"{MON} 15:00", f"{MON} 16:00", "open", 3600, 3600, "Completed", 3), AFTER],
    )


def grace_just_missed() -> Document:
    """A stay as long as the grace is not shorter than it."""
    document = reopened_resume()
    knobs = {**document["terms"]["v1"], "reopen_grace_seconds": 3600}
    return ledger(
        f"{MON} 17:00",
        {"v1": knobs},
        document["events"],
        document["clock"],
        document["stages"],
        document["intervals"],
    )


def answered_at_the_reopening() -> Document:
    """Two reopenings. A date of the second in which the cycle begins is of it, one of the second before is not."""
    return ledger(
        f"{MON} 20:00",
        {"v1": terms(HOUR, HOUR, 4 * HOUR, reopen="new_cycle", reopen_grace_seconds=1800)},
        [
            ENTERED,
            PROMISED,
            event(3, "status", f"{MON} 15:00", "Completed", "resolved"),
            event(4, "status", f"{MON} 16:00", "New", "not_responded"),
            event(5, "status", f"{MON} 17:00", "Completed", "resolved"),
            event(6, "planned", f"{MON} 17:59:59"),
            event(7, "status", f"{MON} 18:00", "New", "not_responded"),
            event(8, "responded", f"{MON} 18:00"),
            event(9, "resolved", f"{MON} 18:30"),
            event(10, "status", f"{MON} 18:59:59", "New", "not_responded"),
        ],
        clock("running", f"{MON} 18:00", 7200, cycle=2),
        [
            stage("respond", "met", 3600, 0, left=3600, reached=f"{MON} 18:00", due=f"{MON} 19:00", version=2),
            stage("plan", "breached", 3600, 7200, left=-3600, due=f"{MON} 19:00", breached=f"{MON} 19:00", version=2),
            stage("resolve", "running", 14400, 7200, left=7200, due=f"{MON} 22:00", version=2),
        ],
        [
            span(f"{MON} 18:00", f"{MON} 18:30", "open", 1800, 1800, "New", 7),
            span(f"{MON} 18:30", f"{MON} 18:59:59", "open", 1799, 1799, "New", 9),
            span(f"{MON} 18:59:59", f"{MON} 20:00", "open", 3601, 3601, "New", 10),
        ],
    )
