"""How well a tenant is seen, in one line: what every output says the same of a tenant that is not."""

from __future__ import annotations

from datetime import tzinfo

from slamon.core.sight import Outlook, Sight
from slamon.reporting.words import wall_time


def sight_line(tenant: str, sight: Sight, zone: tzinfo | None) -> str:
    """Return that a tenant is not seen, and since when, in *zone* (None: the machine's); '' if it is."""
    if sight.outlook is Outlook.UNSEEN:
        return f"{tenant}: NOT SEEN YET: no poll has worked"
    if sight.outlook is Outlook.FAILING:
        seen = "" if sight.age is None else f"; what is shown is {wall_time(sight.age)} old"
        return f"{tenant}: the last poll failed{seen}"
    if sight.blind_since is None or sight.age is None:
        return ""
    since = sight.blind_since.astimezone(zone).strftime("%a %d %b %H:%M")
    return f"{tenant}: BLIND since {since} ({wall_time(sight.age)}): no poll has worked since, nothing new is known"
