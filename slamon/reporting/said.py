"""What people said of a goal, in words."""

from __future__ import annotations

from datetime import datetime, tzinfo

from slamon.clean import clean_line
from slamon.core.intervention import Intervention, Standing


def exemption_words(said: Intervention, zone: tzinfo | None) -> str:
    """Return `exempted by jane on Mon 2 Nov 2026 14:00: waiting for parts`, in *zone*."""
    return _words("exempted", said, zone)


def standing_words(holds: Standing, zone: tzinfo | None) -> list[str]:
    """Return one line for each thing that holds of a goal."""
    return [_words(what, said, zone) for what, said in holds.named().items()]


def _words(what: str, said: Intervention, zone: tzinfo | None) -> str:
    until = f", until {_shown(said.until, zone)}" if said.until is not None else ""
    reason = f": {clean_line(said.reason, 200)}" if said.reason else ""
    return f"{what} by {clean_line(said.by, 60)} on {_shown(said.at, zone)}{until}{reason}"


def _shown(at: datetime, zone: tzinfo | None) -> str:
    return at.astimezone(zone).strftime("%a %d %b %Y %H:%M")
