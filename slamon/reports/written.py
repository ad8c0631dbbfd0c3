"""How a report writes shares, business time and instants: the same in every format that people read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from slamon.reporting.words import business_time, offset_name
from slamon.reports.document import Cell, Link, Report, Share, Unit

NOT_APPLICABLE = "n/a"
MINUS = "\N{MINUS SIGN}"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_COUNTED = {
    "concluded": "goals that were concluded in the period",
    "due": "goals that were due in the period",
    "started": "goals that started in the period",
}


def tenths(share: Share) -> int | None:
    """Return tenths of a percent, cut: 99.96 % is not 100 %, and a promise of 95 % is not kept by 94.96 %.

    None of nothing.
    """
    return share.part * 1000 // share.whole if share.whole else None


def percent_number(share: Share) -> str | None:
    """Return the percent as a number with one decimal, such as `97.3`; None of nothing."""
    cut = tenths(share)
    return None if cut is None else f"{cut // 10}.{cut % 10}"


def percent_text(share: Share) -> str:
    number = percent_number(share)
    return NOT_APPLICABLE if number is None else f"{number} %"


def counts_text(share: Share) -> str:
    return f"{share.part:,} of {share.whole:,}"


def seconds_text(seconds: int) -> str:
    """Return a span of business time, cut to whole minutes; with a minus sign where it is left over."""
    return f"{MINUS if seconds < 0 else ''}{business_time(seconds)}"


def instant_text(at: int, zone: ZoneInfo) -> str:
    """Return `13 Nov 2026 17:05`; in an hour that a clock set back repeats, with its offset."""
    local = datetime.fromtimestamp(at, UTC).astimezone(zone)
    shown = f"{day_text(local)} {local:%H:%M}"
    twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset() and _exists(local)
    return f"{shown} ({offset_name(local, zone)})" if twice else shown


def _exists(local: datetime) -> bool:
    """Return whether the other reading of *local* is an hour that was, not one that was skipped."""
    other = local.replace(fold=1 - local.fold)
    return other.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)


def day_text(local: datetime) -> str:
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def local_rfc3339(at: int, zone: ZoneInfo) -> str:
    """Return the instant on the wall clock of *zone* with its offset: `2026-11-13T17:05:00+02:00`."""
    return datetime.fromtimestamp(at, UTC).astimezone(zone).isoformat()


def utc_rfc3339(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}Z"


def cell_text(cell: Cell, unit: Unit, zone: ZoneInfo) -> str:
    """Return what stands in a cell; '' for none."""
    if cell is None:
        return ""
    if isinstance(cell, Share):
        return percent_text(cell)
    if isinstance(cell, Link):
        return cell.words
    if isinstance(cell, str):
        return cell
    if unit is Unit.SECONDS:
        return seconds_text(cell)
    if unit is Unit.INSTANT:
        return instant_text(cell, zone)
    return f"{cell:,}"


def span_text(report: Report) -> str:
    """Return the days of the report's period, such as `1 Oct 2026 to 31 Oct 2026`, or its two instants."""
    zone = ZoneInfo(report.zone)
    begin, end = (datetime.fromtimestamp(at, UTC).astimezone(zone) for at in (report.begins_at, report.ends_at))
    if begin.time() != datetime.min.time() or end.time() != datetime.min.time():
        return f"{instant_text(report.begins_at, zone)} to {instant_text(report.ends_at, zone)}"
    last = end - timedelta(days=1)  # on the wall clock
    return day_text(begin) if last.date() <= begin.date() else f"{day_text(begin)} to {day_text(last)}"


def scope_text(report: Report) -> str:
    scope = report.scope
    return f"{scope.name} ({scope.by})" if scope.by else f"all of {scope.tenant}"


def counted_text(report: Report) -> str:
    """Return which goals the report counts; a denominator of another name stands as it is."""
    return _COUNTED.get(report.denominator, report.denominator)
