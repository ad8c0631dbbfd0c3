"""Instants as people type them: ISO 8601 with an offset, or in the zone of the tenants' settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from slamon.config.models import Config


def parse_moment(config: Config, text: str, tenants: Sequence[str], *, option: str = "--as-of") -> datetime:
    """Return the instant *text* names, in UTC; *option* is where it was given.

    Raises:
        click.UsageError: No instant; or one without an offset, and no zone, or no single instant in it.
    """
    from slamon.core.instants import local_instant, parse_instant
    from slamon.core.zone import load_zone

    zones = sorted({config.tenant[name].zone for name in tenants})
    try:
        if len(zones) == 1 and zones[0] and (at := _without_offset(text)) is not None:
            return local_instant(at, load_zone(zones[0]))
        return parse_instant(text)
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}") from None


def _without_offset(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is None else None
