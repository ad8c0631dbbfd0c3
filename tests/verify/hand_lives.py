"""Ledgers worked out with pencil and paper: out of scope, born closed, own dates, not measured."""

from __future__ import annotations

from typing import Any

from tests.verify.builder import (
    BEFORE,
    ENTERED,
    HOUR,
    MON,
    PROMISED,
    TUE,
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


def cancelled() -> Document:
    """Merged while it was open; a status in between moves nothing but begins an interval."""
    rule = "level out_of_scope (event 3)"
    return ledger(
        f"{MON} 17:00",
        {"v1": terms(2 * HOUR, None, 30 * 60)},
        [
            ENTERED,
            PROMISED,
            event(3, "cancelled", f"{MON} 15:00", "merged", "out_of_scope"),
            event(4, "status", f"{MON} 16:00", "In Progress", "responded"),
        ],
        clock("stopped", f"{MON} 14:00", 3600),
        [
            stage("respond", "cancelled", 7200, 3600, left=3600),
            stage("plan", "cancelled", None, 3600),
            stage("resolve", "cancelled", 1800, 3600, left=-1800, due=f"{MON} 14:30"),
        ],
        [
            BEFORE,
            span(f"{MON} 15:00", f"{MON} 16:00", "out of scope", 0, 3600, "merged", 3, rule),
            span(f"{MON} 16:00", f"{MON} 17:00", "out of scope", 0, 3600, "merged", 3, rule),
        ],
    )


def restored() -> Document:
    """In scope again, without a name and a level of its own: those from before."""
    return ledger(
        f"{MON} 17:00",
        {"v1": terms(resolve=8 * HOUR)},
        [
            ENTERED,
            PROMISED,
            event(3, "cancelled", f"{MON} 15:00", "deleted", "out_of_scope"),
            event(4, "restored", f"{MON} 16:00"),
        ],
        clock("running", f"{MON} 14:00", 7200),
        [
            no_target("respond", 7200),
            no_target("plan", 7200),
            stage("resolve", "running", 28800, 7200, left=21600, due=f"{TUE} 14:00"),
        ],
        [
            BEFORE,
            span(
                f"{MON} 15:00",
                f"{MON} 16:00",
                "out of scope",
                0,
                3600,
                "deleted",
                3,
                "level out_of_scope (event 3)",
            ),
            span(f"{MON} 16:00", f"{MON} 17:00", "open", 3600, 3600, "New", 4),
        ],
    )


def own_dates() -> Document:
    """ConnectWise's own dates: of two responses the earlier, later than the level says; and the resolve."""
    return ledger(
        f"{MON} 18:00",
        {"v1": terms(HOUR, HOUR, 8 * HOUR)},
        [
            ENTERED,
            PROMISED,
            WORKING,
            event(4, "responded", f"{MON} 15:00"),
            event(5, "responded", f"{MON} 15:30"),
            event(6, "resolved", f"{MON} 16:00"),
            event(7, "status", f"{MON} 17:00", "Closed", "resolved"),
        ],
        clock("stopped", f"{MON} 14:00", 7200),
        [
            stage("respond", "met", 3600, 3600, left=0, reached=f"{MON} 15:00", due=f"{MON} 15:00"),
            stage(
                "plan",
                "missed",
                3600,
                7200,
                left=-3600,
                reached=f"{MON} 16:00",
                due=f"{MON} 15:00",
                breached=f"{MON} 15:00",
            ),
            stage("resolve", "met", 28800, 7200, left=21600, reached=f"{MON} 16:00"),
        ],
        [
            span(f"{MON} 14:00", f"{MON} 14:30", "open", 1800, 1800, "New", 1),
            span(f"{MON} 14:30", f"{MON} 15:00", "open", 1800, 1800, "In Progress", 3),
            span(f"{MON} 15:00", f"{MON} 15:30", "open", 1800, 1800, "In Progress", 3),
            span(f"{MON} 15:30", f"{MON} 16:00", "open", 1800, 1800, "In Progress", 3),
            span(f"{MON} 16:00", f"{MON} 17:00", "resolved", 0, 3600, "In Progress", 6, "level resolved (event 6)"),
            span(f"{MON} 17:00", f"{MON} 18:00", "resolved", 0, 3600, "Closed", 7, "level resolved (event 7)"),
        ],
    )


def not_measured() -> Document:
    """The history starts too late: no verdict for what has a target, and no breach."""
    return ledger(
        f"{MON} 16:00",
        {"v1": terms(HOUR)},
        [ENTERED, PROMISED, event(3, "not_measured", f"{MON} 15:00", "first seen late")],
        clock("running", f"{MON} 14:00", 7200),
        [
            stage("respond", "not_measured", 3600, 7200, left=-3600, due=f"{MON} 15:00"),
            no_target("plan", 7200),
            no_target("resolve", 7200),
        ],
        [BEFORE, span(f"{MON} 15:00", f"{MON} 16:00", "open", 3600, 3600, "New", 1)],
    )


def waiting_responds() -> Document:
    """A wait answers, where the policy says so; the promise came only afterwards, and holds from the entry."""
    return ledger(
        f"{MON} 16:00",
        {"v1": terms(HOUR, 2 * HOUR, waiting_responds=True)},
        [
            ENTERED,
            event(2, "status", f"{MON} 15:00", "Waiting Parts", "waiting"),
            event(3, "terms", f"{MON} 15:30", version="v1"),
        ],
        clock("paused", f"{MON} 14:00", 3600, paused=3600),
        [
            stage("respond", "met", 3600, 3600, left=0, reached=f"{MON} 15:00", due=f"{MON} 15:00"),
            stage("plan", "paused", 7200, 3600, left=3600, resumed=f"{MON} 17:00"),
            no_target("resolve", 3600),
        ],
        [
            BEFORE,
            span(f"{MON} 15:00", f"{MON} 15:30", "waiting", 0, 1800, "Waiting Parts", 2, "level waiting (event 2)"),
            span(f"{MON} 15:30", f"{MON} 16:00", "waiting", 0, 1800, "Waiting Parts", 2, "level waiting (event 2)"),
        ],
    )


def born_closed() -> Document:
    """Everything is reached with nothing on the clock, which stands: no deadline."""
    reached: dict[str, Any] = {"left": HOUR, "reached": f"{MON} 14:00"}
    return ledger(
        f"{TUE} 14:00",
        {"v1": terms(HOUR, HOUR, HOUR)},
        [event(1, "entered", f"{MON} 14:00", "Closed", "resolved"), PROMISED],
        clock("stopped", f"{MON} 14:00", 0),
        [stage(name, "met", HOUR, 0, **reached) for name in ("respond", "plan", "resolve")],
        # Eight hours of Monday, one of Tuesday.
        [span(f"{MON} 14:00", f"{TUE} 14:00", "resolved", 0, 32400, "Closed", 1, "level resolved (event 1)")],
    )


def born_closed_and_left() -> Document:
    """Born closed and reopened within the grace: it was new all the time, until it was answered."""
    return ledger(
        f"{MON} 16:00",
        {"v1": terms(HOUR, reopen_grace_seconds=3601)},
        [
            event(1, "entered", f"{MON} 14:00", "Closed", "resolved"),
            PROMISED,
            event(3, "status", f"{MON} 15:00", "New", "not_responded"),
        ],
        clock("running", f"{MON} 14:00", 7200),
        [
            stage("respond", "breached", 3600, 7200, left=-3600, due=f"{MON} 15:00", breached=f"{MON} 15:00"),
            no_target("plan", 7200),
            no_target("resolve", 7200),
        ],
        [
            span(f"{MON} 14:00", f"{MON} 15:00", "open", 3600, 3600, "Closed", 1),
            span(f"{MON} 15:00", f"{MON} 16:00", "open", 3600, 3600, "New", 3),
        ],
    )


def just_now() -> Document:
    """What happens at the very instant of the reading has happened; what comes a second later has not."""
    return ledger(
        f"{MON} 15:00",
        {"v1": terms(HOUR, 2 * HOUR), "v2": terms(1800, 1800)},
        [
            ENTERED,
            PROMISED,
            event(3, "status", f"{MON} 15:00", "In Progress", "responded"),
            event(4, "status", f"{MON} 15:00:01", "Completed", "resolved"),
            event(5, "planned", f"{MON} 15:00:01"),
            event(6, "not_measured", f"{MON} 15:00:01"),
            event(7, "terms", f"{MON} 15:00:01", version="v2"),
        ],
        clock("running", f"{MON} 14:00", 3600),
        [
            stage("respond", "met", 3600, 3600, left=0, reached=f"{MON} 15:00", due=f"{MON} 15:00"),
            stage("plan", "running", 7200, 3600, left=3600, due=f"{MON} 16:00"),
            no_target("resolve", 3600),
        ],
        [BEFORE],
    )


def promised_later() -> Document:
    """The first terms hold before their time, even if that is still to come; of two starts the first holds."""
    return ledger(
        f"{MON} 15:00",
        {"v1": terms(HOUR), "v2": terms(60)},
        [
            ENTERED,
            event(2, "started", f"{MON} 14:30"),
            event(3, "started", f"{MON} 14:45"),
            event(4, "terms", f"{MON} 15:30", version="v1"),
            event(5, "terms", f"{MON} 15:45", version="v2"),
        ],
        clock("running", f"{MON} 14:30", 1800),
        [
            stage("respond", "running", 3600, 1800, left=1800, due=f"{MON} 15:30"),
            no_target("plan", 1800),
            no_target("resolve", 1800),
        ],
        [
            span(f"{MON} 14:00", f"{MON} 14:30", "not started", 0, 1800, "New", 1, "start"),
            span(f"{MON} 14:30", f"{MON} 15:00", "open", 1800, 1800, "New", 1),
        ],
    )


def read_at_once() -> Document:
    """Read in the second of its entry: nothing on the clock, no interval; a goal of nothing is due at once."""
    return ledger(
        f"{MON} 14:00",
        {"v1": terms(0, HOUR)},
        [ENTERED, PROMISED],
        clock("running", f"{MON} 14:00", 0),
        [
            stage("respond", "running", 0, 0, left=0, due=f"{MON} 14:00"),
            stage("plan", "running", 3600, 0, left=3600, due=f"{MON} 15:00"),
            no_target("resolve", 0),
        ],
        [],
    )
