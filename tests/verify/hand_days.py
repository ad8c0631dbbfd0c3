"""Ledgers worked out with pencil and paper: calendars, a pause, a start that lies ahead."""

from __future__ import annotations

from tests.verify.builder import (
    ENTERED,
    HOUR,
    MON,
    OFFICE,
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


def plain() -> Document:
    """Entered at 09:00 local, answered after half an hour, read at 11:00."""
    return ledger(
        f"{MON} 16:00",
        {"v1": terms(respond=HOUR, resolve=8 * HOUR)},
        [ENTERED, PROMISED, WORKING, event(4, "owner", f"{MON} 15:00", "Ann")],
        clock("running", f"{MON} 14:00", 7200),
        [
            stage("respond", "met", 3600, 1800, left=1800, reached=f"{MON} 14:30", due=f"{MON} 15:00"),
            no_target("plan", 7200),
            # Eight hours from 09:00 run out exactly at closing time.
            stage("resolve", "running", 28800, 7200, left=21600, due=f"{MON} 22:00"),
        ],
        [
            span(f"{MON} 14:00", f"{MON} 14:30", "open", 1800, 1800, "New", 1),
            span(f"{MON} 14:30", f"{MON} 16:00", "open", 5400, 5400, "In Progress", 3),
        ],
    )


def pause() -> Document:
    """Waits from 15:00 local over night. One goal is breached before, one held at equality, one kept open."""
    return ledger(
        f"{TUE} 15:00",
        {"v1": terms(HOUR, 6 * HOUR, 8 * HOUR)},
        [ENTERED, PROMISED, event(3, "status", f"{MON} 20:00", "Waiting Customer", "waiting")],
        clock("paused", f"{MON} 14:00", 6 * HOUR, paused=4 * HOUR),
        [
            stage("respond", "breached", 3600, 21600, left=-18000, due=f"{MON} 15:00", breached=f"{MON} 15:00"),
            stage("plan", "paused", 21600, 21600, left=0, due=f"{MON} 20:00"),
            stage("resolve", "paused", 28800, 21600, left=7200, resumed=f"{TUE} 17:00"),
        ],
        [
            span(f"{MON} 14:00", f"{MON} 20:00", "open", 21600, 21600, "New", 1),
            # Two hours until closing, two after opening.
            span(
                f"{MON} 20:00",
                f"{TUE} 15:00",
                "waiting",
                0,
                14400,
                "Waiting Customer",
                3,
                "level waiting (event 3)",
            ),
        ],
    )


BERLIN = {
    **OFFICE,
    "timezone": "Europe/Berlin",
    "hours": {"sun": [["02:30", "03:30"]]},
    "holidays": [],
    "openings": [],
}


def autumn_night() -> Document:
    """02:30 to 03:30 on the night in which 02:00 to 03:00 is lived through twice (back at 01:00 UTC)."""
    day = "2026-10-25"
    return ledger(
        f"{day} 03:00",
        {"v1": terms(resolve=9000)},
        [event(1, "entered", f"{day} 00:00", "New", "not_responded"), event(2, "terms", f"{day} 00:00", version="v1")],
        clock("outside_hours", f"{day} 00:00", 5400),
        [
            no_target("respond", 5400),
            no_target("plan", 5400),
            # The hour that is left is that of the next Sunday, in winter time.
            stage("resolve", "outside_hours", 9000, 5400, left=3600, due="2026-11-01 02:30"),
        ],
        [
            span(f"{day} 00:00", f"{day} 00:30", "closed", 0, 0, "New", 1),
            span(f"{day} 00:30", f"{day} 01:00", "open", 1800, 1800, "New", 1),
            span(f"{day} 01:00", f"{day} 01:30", "closed", 0, 0, "New", 1),
            span(f"{day} 01:30", f"{day} 02:30", "open", 3600, 3600, "New", 1),
            span(f"{day} 02:30", f"{day} 03:00", "closed", 0, 0, "New", 1),
        ],
        BERLIN,
    )


def spring_night() -> Document:
    """02:30 to 03:30 on the night that has no time from 02:00 to 03:00 (forward at 01:00 UTC)."""
    day = "2026-03-29"
    return ledger(
        f"{day} 02:00",
        {"v1": terms(resolve=1800)},
        [event(1, "entered", f"{day} 00:00", "New", "not_responded"), event(2, "terms", f"{day} 00:00", version="v1")],
        clock("outside_hours", f"{day} 00:00", 1800),
        [
            no_target("respond", 1800),
            no_target("plan", 1800),
            stage("resolve", "outside_hours", 1800, 1800, left=0, due=f"{day} 01:30"),
        ],
        [
            span(f"{day} 00:00", f"{day} 01:00", "closed", 0, 0, "New", 1),
            span(f"{day} 01:00", f"{day} 01:30", "open", 1800, 1800, "New", 1),
            span(f"{day} 01:30", f"{day} 02:00", "closed", 0, 0, "New", 1),
        ],
        BERLIN,
    )


def holiday() -> Document:
    """Half of Christmas Eve, Christmas Day, and an opening on the Saturday after."""
    eve, christmas, saturday = "2026-12-24", "2026-12-25", "2026-12-26"
    return ledger(
        f"{saturday} 15:00",
        {"v1": terms(resolve=3 * HOUR)},
        [event(1, "entered", f"{eve} 16:00", "New", "not_responded"), event(2, "terms", f"{eve} 16:00", version="v1")],
        clock("running", f"{eve} 16:00", 7200),
        [
            no_target("respond", 7200),
            no_target("plan", 7200),
            stage("resolve", "running", 10800, 7200, left=3600, due=f"{saturday} 16:00"),
        ],
        [
            span(f"{eve} 16:00", f"{eve} 17:00", "open", 3600, 3600, "New", 1),
            span(f"{eve} 17:00", f"{eve} 22:00", "holiday", 0, 0, "New", 1, "holiday 2026-12-24 half day"),
            span(f"{eve} 22:00", f"{christmas} 13:00", "closed", 0, 0, "New", 1),
            span(f"{christmas} 13:00", f"{christmas} 22:00", "holiday", 0, 0, "New", 1, "holiday 2026-12-25"),
            span(f"{christmas} 22:00", f"{saturday} 14:00", "closed", 0, 0, "New", 1),
            span(f"{saturday} 14:00", f"{saturday} 15:00", "open", 3600, 3600, "New", 1),
        ],
    )


def not_started() -> Document:
    """The start lies ahead."""
    return ledger(
        f"{MON} 16:00",
        {"v1": terms(HOUR)},
        [ENTERED, PROMISED, event(3, "started", f"{TUE} 14:00")],
        clock("outside_hours", f"{TUE} 14:00", 0),
        [
            stage("respond", "outside_hours", 3600, 0, left=3600, due=f"{TUE} 15:00"),
            no_target("plan", 0),
            no_target("resolve", 0),
        ],
        [span(f"{MON} 14:00", f"{MON} 16:00", "not started", 0, 7200, "New", 1, "start")],
    )


def started_late() -> Document:
    """The start is over; the answer came before it and cost nothing."""
    return ledger(
        f"{TUE} 16:00",
        {"v1": terms(HOUR, None, 2 * HOUR)},
        [ENTERED, PROMISED, WORKING, event(4, "started", f"{TUE} 14:00")],
        clock("running", f"{TUE} 14:00", 7200),
        [
            stage("respond", "met", 3600, 0, left=3600, reached=f"{MON} 14:30", due=f"{TUE} 15:00"),
            no_target("plan", 7200),
            stage("resolve", "running", 7200, 7200, left=0, due=f"{TUE} 16:00"),
        ],
        [
            # Eight hours of Monday, one of Tuesday.
            span(f"{MON} 14:00", f"{TUE} 14:00", "not started", 0, 32400, "New", 1, "start"),
            span(f"{TUE} 14:00", f"{TUE} 16:00", "open", 7200, 7200, "In Progress", 3),
        ],
    )
