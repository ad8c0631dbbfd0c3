"""Checks of ladders and quiet hours that look at more than one key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from slamon.config.checks import table, tables
from slamon.config.problems import Path, dotted, shown, suggest
from slamon.core.calendar import BusinessCalendar, check_opens
from slamon.core.quiet import waking_rules
from slamon.errors import CalendarError, Problem


def check_ladders(tree: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong between ladders, the policies that name them, channels and quiet hours."""
    channels = ["mail", *table(tree, "channel")]
    for name, ladder in table(tree, "ladder").items():
        if isinstance(ladder, Mapping):
            yield from _ladder(("ladder", name), ladder, channels)
    promises: list[tuple[Path, Mapping[str, Any]]] = [(("policy", n), policy) for n, policy in tables(tree, "policy")]
    promises += [(("default_policy",), table(tree, "default_policy")), (("alerts",), table(tree, "alerts"))]
    for path, promise in promises:
        yield from _names_ladder(path, promise, list(table(tree, "ladder")))
    for address, quiet in table(tree, "quiet").items():
        if isinstance(quiet, Mapping):
            yield from _quiet(("quiet", address), quiet, list(table(tree, "calendar")))


def _ladder(path: Path, ladder: Mapping[str, Any], channels: list[str]) -> Iterator[Problem]:
    rungs = tables(ladder, "rung")
    if not ladder.get("rung"):
        yield Problem(dotted(path), "", f'has no rung; write [[{dotted(path)}.rung]] with at = "75%" and tell = [...]')
    for number, rung in rungs:
        place = (*path, "rung", number)
        named = rung.get("channels", ("mail",))
        named = named if isinstance(named, (list, tuple)) else ()
        for index, channel in enumerate(named):
            if isinstance(channel, str) and channel and channel not in channels:
                key = (*place, "channels", index)
                yield Problem(dotted(key), shown(key, channel), f"no such channel; {suggest(channel, channels)}")
        if not named and "channels" in rung:
            yield Problem(dotted((*place, "channels")), "", "is empty; name a channel, or leave it out for mail")
        if "mail" in named and not rung.get("tell"):
            yield Problem(dotted((*place, "tell")), "", 'tells nobody; write whom, such as tell = ["owner"]')
        if rung.get("stages") in ([], ()):
            yield Problem(dotted((*place, "stages")), "", "is empty; name a stage, or leave it out for all three")


def _names_ladder(path: Path, promise: Mapping[str, Any], known: list[str]) -> Iterator[Problem]:
    name, key = promise.get("ladder"), (*path, "ladder")
    if not isinstance(name, str) or not name:
        return
    if name not in known:
        yield Problem(dotted(key), shown(key, name), f"no such ladder; {suggest(name, known)}")
    warning = next((own for own in ("warn_percent", "warn_minutes_left") if promise.get(own)), None)
    if warning is not None and path != ("alerts",):
        yield Problem(
            dotted((*path, warning)), str(promise[warning]), f"ladder {name} says when to warn; keep one of them"
        )


def _quiet(path: Path, quiet: Mapping[str, Any], calendars: list[str]) -> Iterator[Problem]:
    name = quiet.get("calendar")
    if name is not None:
        if any(quiet.get(own) for own in ("zone", "hours", "days")):
            yield Problem(dotted(path), "", "has a calendar and hours; keep the one or zone, hours and days")
        if isinstance(name, str) and name not in calendars:
            key = (*path, "calendar")
            yield Problem(dotted(key), shown(key, name), f"no [calendar.NAME] of that name; {suggest(name, calendars)}")
        return
    if not quiet.get("zone"):
        yield Problem(dotted((*path, "zone")), "", "missing; write the zone of the hours, such as Europe/London")
    if not quiet.get("hours") and not quiet.get("days"):
        yield Problem(
            dotted((*path, "hours")), "", 'missing; write hours = ["22:00-07:00"], days = ["sat", "sun"] or both'
        )
    try:
        rules = waking_rules(dotted(path), "UTC", quiet.get("hours") or (), quiet.get("days") or ())
        check_opens(BusinessCalendar(rules), int(datetime.now(UTC).timestamp()))
    except CalendarError:
        yield Problem(dotted(path), "", "is quiet the whole week; leave some hours in which it may be told")
    except (ValueError, TypeError, AttributeError):
        return  # said elsewhere
