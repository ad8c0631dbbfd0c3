"""Spans of time as people give them: dates where the tenant is, or instants."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from slamon.core.whatif import Span

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_beginning(text: str, zone: ZoneInfo, option: str) -> datetime:
    """Return when the day *text* begins in *zone*, or the instant it names, in UTC.

    Raises:
        click.UsageError: It is neither.
    """
    from slamon.core.instants import parse_instant
    from slamon.core.period import midnight

    try:
        return midnight(date.fromisoformat(text), zone) if _DATE.fullmatch(text) else parse_instant(text)
    except (ValueError, OverflowError):
        raise click.UsageError(
            f"{option}: {text!r} is no date such as 2026-01-31, nor an instant with offset"
        ) from None


def parse_span(since: str, until: str | None, now: datetime, zone: ZoneInfo) -> Span:
    """Return the span from *since* to *until*, or to *now*, which it never passes.

    Raises:
        click.UsageError: It is none, or lies in the future.
    """
    from slamon.core.whatif import Span

    begins = parse_beginning(since, zone, "--from")
    ends = now if until is None else min(parse_beginning(until, zone, "--until"), now)
    if begins >= now:
        raise click.UsageError(f"--from: {since} lies in the future; nothing has ended since")
    if ends <= begins:
        raise click.UsageError(f"--until: {until} is not after --from {since}")
    return Span(begins, ends, now)
