"""`slaStatus`: every form that is known or reported, and every doubt kept as a doubt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slamon.connectwise.sla_status import read_sla_status
from slamon.core.sla_text import SlaText, TextKind, find_day_order, settle
from slamon.core.ticket import STAGES, Stage

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(text: str, entered: str = "2026-11-20T09:00", now: datetime = NOW) -> SlaText:
    return read_sla_status(text, utc(entered), now)


@pytest.mark.parametrize(
    ("text", "entered", "stage", "at"),
    [
        ("Resolve by Tue 10/04 11:00 PM UTC-05", "2022-09-07T09:46", Stage.RESOLVE, "2022-10-05T04:00"),
        ("Resolve by Thu 09/15 4:22 AM UTC-05", "2022-09-12T09:22", Stage.RESOLVE, "2022-09-15T09:22"),
        ("Respond by Fri 11/27 12:05 AM UTC+05:30", "2026-11-26T09:00", Stage.RESPOND, "2026-11-26T18:35"),
        ("respond BY fri 27/11 0:05 utc+0530", "2026-11-26T09:00", Stage.RESPOND, "2026-11-26T18:35"),
        ("Plan by Fri 27.11 17:30 UTC+1", "2026-11-20T09:00", Stage.PLAN, "2026-11-27T16:30"),
        ("Plan by Friday, 11/27 5 p.m. UTC", "2026-11-20T09:00", Stage.PLAN, "2026-11-27T17:00"),
        ("Plan by Fri 11/27 12:00 PM GMT\u221203:30", "2026-11-20T09:00", Stage.PLAN, "2026-11-27T15:30"),
        ("Resolve by Thu 12/31 11:59 PM UTC-12", "2026-12-28T09:00", Stage.RESOLVE, "2027-01-01T11:59"),
    ],
)
def test_a_text_names_a_stage_and_a_minute(text: str, entered: str, stage: Stage, at: str) -> None:
    found = read(text, entered)

    assert (found.kind, found.stage, found.candidates) == (TextKind.DUE, stage, (utc(at),))


@pytest.mark.parametrize("text", ["Waiting", "WAITING", " waiting "])
def test_waiting_in_any_case(text: str) -> None:
    assert read(text) == SlaText(TextKind.WAITING)


@pytest.mark.parametrize("text", ["Resolved", "RESOLVED", "resolved "])
def test_resolved_in_any_case(text: str) -> None:
    assert read(text) == SlaText(TextKind.RESOLVED)


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_no_text_is_absent_not_unreadable(text: str) -> None:
    assert read(text) == SlaText(TextKind.ABSENT)


@pytest.mark.parametrize(
    "text",
    [
        "Overdue",
        "Resolve by",
        "Resolve by Tue 10/04",
        "Resolve by Tue 10/04 11:00 PM",
        "Resolve by Fri 11/27 13:00 PM UTC-05",
        "Resolve by Fri 11/27 0:30 AM UTC-05",
        "Resolve by Fri 11/27 24:00 UTC-05",
        "Resolve by Fri 11/27 9:60 AM UTC-05",
        "Resolve by Fri 11/27 9:00 AM UTC-15",
        "Resolve by Fri 11/27 9:00 AM UTC+05:75",
        "Resolve by Fri 13/32 9:00 AM UTC-05",
        "Resolve by Fri \u0661\u0661/27 9:00 AM UTC-05",
        "Close by Fri 11/27 9:00 AM UTC-05",
    ],
)
def test_what_cannot_be_read_says_so_and_raises_nothing(text: str) -> None:
    found = read(text)

    assert (found.kind, found.candidates) == (TextKind.UNREADABLE, ())
    assert found.problem


@given(st.text(max_size=60))
def test_any_text_has_an_answer(text: str) -> None:
    assert read(text).kind in TextKind


def test_T76_the_year_is_one_in_which_the_weekday_fits() -> None:
    # 29 February 2024 was a Thursday, that of 2028 is a Tuesday.
    assert read("Plan by Thu 02/29 9:00 AM UTC", "2024-02-28T09:00").candidates == (utc("2024-02-29T09:00"),)
    assert read("Plan by Tue 02/29 9:00 AM UTC").candidates == (utc("2028-02-29T09:00"),)
    assert read("Plan by Mon 02/29 9:00 AM UTC").kind is TextKind.UNREADABLE


def test_T76_a_ticket_that_expired_years_ago_keeps_its_year() -> None:
    found = read("Resolve by Wed 03/15 9:00 AM UTC-05", "2023-03-10T09:00")

    assert found.candidates == (utc("2023-03-15T14:00"),)


def test_T76_a_day_that_fits_both_orders_stays_ambiguous() -> None:
    # 1 December 2026 and 12 January 2027 are both a Tuesday.
    found = read("Plan by Tue 01/12 9:00 AM UTC", "2026-11-20T09:00")

    assert found.month_first == (utc("2027-01-12T09:00"),)
    assert found.day_first == (utc("2026-12-01T09:00"),)
    assert found.candidates == (utc("2026-12-01T09:00"), utc("2027-01-12T09:00"))
    assert found.day_order is None


def test_T76_the_desks_other_texts_decide_the_order() -> None:
    doubtful = read("Plan by Tue 01/12 9:00 AM UTC")
    days_first = read("Plan by Fri 27/11 9:00 AM UTC")
    months_first = read("Plan by Fri 11/27 9:00 AM UTC")

    assert find_day_order([doubtful, days_first, SlaText(TextKind.WAITING)]) == "day_first"
    assert settle(doubtful, "day_first").candidates == (utc("2026-12-01T09:00"),)
    assert settle(doubtful, "month_first").candidates == (utc("2027-01-12T09:00"),)
    assert settle(months_first, "day_first") == months_first
    assert find_day_order([doubtful, days_first, months_first]) is None
    assert find_day_order([doubtful]) is None


DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def written(at: datetime, offset_minutes: int, stage: Stage, *, day_first: bool, long_clock: bool, colon: bool) -> str:
    """Write an instant as ConnectWise would, without any code of the reader."""
    local = at.astimezone(timezone(timedelta(minutes=offset_minutes)))
    day = f"{local.day:02}/{local.month:02}" if day_first else f"{local.month:02}/{local.day:02}"
    clock = f"{local.hour}:{local.minute:02}"
    if not long_clock:
        clock = f"{(local.hour + 11) % 12 + 1}:{local.minute:02} {'PM' if local.hour > 11 else 'AM'}"
    hours, minutes = divmod(abs(offset_minutes), 60)
    half = f"{':' if colon else ''}{minutes:02}" if minutes else ""
    sign = "-" if offset_minutes < 0 else "+"
    name = stage.label.capitalize()
    return f"{name} by {DAY_NAMES[local.weekday()]} {day} {clock} UTC{sign}{hours:02}{half}"


@given(
    began=st.integers(0, 40_000 * 1440).map(lambda minutes: utc("2000-01-01") + timedelta(minutes=minutes)),
    after_minutes=st.integers(0, 3 * 365 * 1440),
    offset=st.integers(-48, 56).map(lambda quarters: 15 * quarters),
    stage=st.sampled_from(STAGES),
    day_first=st.booleans(),
    long_clock=st.booleans(),
    colon=st.booleans(),
)
def test_every_minute_written_is_found_again(
    began: datetime,
    after_minutes: int,
    offset: int,
    stage: Stage,
    *,
    day_first: bool,
    long_clock: bool,
    colon: bool,
) -> None:
    at = began + timedelta(minutes=after_minutes)
    text = written(at, offset, stage, day_first=day_first, long_clock=long_clock, colon=colon)

    found = read_sla_status(text, began, began)

    assert (found.kind, found.stage) == (TextKind.DUE, stage)
    assert at in (found.day_first if day_first else found.month_first)
    # Within three years a weekday fits one year only: all that is left open is the order.
    assert len(found.day_first) <= 1
    assert len(found.month_first) <= 1
