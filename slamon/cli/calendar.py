"""`slamon calendar`: what a calendar opens, and what another one would change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from slamon.cli.app import App
    from slamon.core.rules import CalendarRules
    from slamon.store.sql import SqlStore

DAYS_SHOWN = 14


@click.group("calendar")
def calendar() -> None:
    """Look at calendars.

    A calendar is named by its name in the settings or in ConnectWise, by a
    version such as fa037aa4e544335b, or by a JSON file of the form that
    `slamon evaluate` reads.
    """


@calendar.command("show")
@click.argument("name")
@click.option("--from", "from_on", metavar="DATE", help="First local date [default: today].")
@click.option("--to", "to_on", metavar="DATE", help="Last local date [default: two weeks later].")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def show(context: click.Context, *, name: str, from_on: str | None, to_on: str | None, as_json: bool) -> None:
    """Print the open spans of a calendar, with offsets, changes of offset and holidays."""
    app: App = context.obj
    with _store(app) as store:
        chosen = _find(app, store, name)
        low, high = _range(chosen.rules, from_on, to_on, _now(app))
    lines = _lines(chosen.rules, low, high)
    if as_json:
        head = {"name": chosen.rules.name, "version": chosen.version, "timezone": chosen.rules.zone}
        click.echo(json.dumps({**head, "lines": [line.document() for line in lines]}, indent=1))
        return
    click.echo(f"{chosen.rules.name} ({chosen.rules.zone}), version {chosen.version}")
    for line in lines:
        click.echo(line.text())


@calendar.command("diff")
@click.argument("old")
@click.argument("new")
@click.option("--from", "from_on", metavar="DATE", help="First local date [default: today].")
@click.option("--to", "to_on", metavar="DATE", help="Last local date [default: a year later].")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def diff(context: click.Context, *, old: str, new: str, from_on: str | None, to_on: str | None, as_json: bool) -> None:
    """List the spans that differ, and the open tickets whose due time would move.

    Times are in the new calendar's zone.
    """
    from slamon.core.calendar import BusinessCalendar
    from slamon.core.compare import differing_spans
    from slamon.core.instants import from_epoch
    from slamon.jobs.recalendar import find_moved_dues

    app: App = context.obj
    with _store(app) as store:
        before, after, now = _find(app, store, old), _find(app, store, new), _now(app)
        low, high = _range(after.rules, from_on, to_on, now, days=365)
        spans = differing_spans(
            BusinessCalendar(before.rules).segments(low, high),
            BusinessCalendar(after.rules).segments(low, high),
            low,
            high,
        )
        versions = {before.version, *(version for version, _, _ in store.find_calendars(before.rules.name))}
        moved = [
            (tenant, move)
            for tenant in app.config.tenant
            for move in find_moved_dues(store, tenant, versions, after.rules, now)
        ]
    zone = ZoneInfo(after.rules.zone)
    found = [(from_epoch(s.begins), from_epoch(s.ends), "opens" if s.opens else "closes") for s in spans]
    if as_json:
        click.echo(json.dumps(_diff_document(found, moved), indent=1))
        return
    click.echo(f"{len(found)} spans differ")
    for begins, ends, what in found:
        click.echo(f"  {what:6}  {_local(begins, zone)} to {_local(ends, zone)}")
    click.echo(f"{len(moved)} due times of open tickets would move")
    for tenant, move in moved:
        was, will = (_local(at, zone) if at else "none" for at in (move.before_at, move.after_at))
        click.echo(f"  {tenant}/{move.ticket.id}  {move.stage.label:7}  {was} -> {will}")


@dataclass(frozen=True, slots=True)
class _Chosen:
    version: str
    rules: CalendarRules


@dataclass(frozen=True, slots=True)
class _Line:
    """An open span, a change of offset, or a holiday; `ends_at` is None for a change."""

    what: str
    begins_at: datetime
    ends_at: datetime | None
    note: str = ""

    def text(self) -> str:
        if self.ends_at is None:
            return f"  {self.begins_at:%a %Y-%m-%d %H:%M}  {self.note}"
        same_day = self.begins_at.date() == self.ends_at.date()
        ends = f"{self.ends_at:%H:%M}" if same_day else f"{self.ends_at:%a %Y-%m-%d %H:%M}"
        if self.what == "holiday":
            return f"  {self.begins_at:%a %Y-%m-%d %H:%M} to {ends}  holiday {self.note}".rstrip()
        return f"  {self.begins_at:%a %Y-%m-%d %H:%M} {_offset(self.begins_at)} to {ends} {_offset(self.ends_at)}  open"

    def document(self) -> dict[str, Any]:
        ends = None if self.ends_at is None else self.ends_at.isoformat()
        return {"what": self.what, "from": self.begins_at.isoformat(), "to": ends, "note": self.note}


def _lines(rules: CalendarRules, low: int, high: int) -> list[_Line]:
    """Return what happens on a calendar in [low, high), in order of time, in its zone."""
    from slamon.core.calendar import BusinessCalendar
    from slamon.core.instants import from_epoch
    from slamon.core.zone import offset_steps

    zone = ZoneInfo(rules.zone)

    def local(at: int) -> datetime:
        return from_epoch(at).astimezone(zone)

    segments = BusinessCalendar(rules).segments(low, high)
    lines = [
        _Line("open", local(max(begins, low)), local(min(ends, high)))
        for begins, ends in zip(segments.starts.tolist(), segments.ends.tolist(), strict=True)
        if begins < high and ends > low
    ]
    years = (from_epoch(low).year, from_epoch(high).year)
    for at, _ in offset_steps(rules.zone, *years)[1:]:
        if low <= at < high:
            before = local(at - 1)
            note = f"the clock goes from {before + timedelta(seconds=1):%H:%M} {_offset(before)} to "
            lines.append(_Line("offset", local(at), None, f"{note}{local(at):%H:%M} {_offset(local(at))}"))
    for span in rules.holidays:
        midnight = datetime(span.on.year, span.on.month, span.on.day, tzinfo=zone)
        begins, ends = (midnight + timedelta(seconds=s) for s in (span.window.opens, span.window.closes))
        if begins.timestamp() < high and ends.timestamp() > low:
            lines.append(_Line("holiday", begins, ends, span.name))
    return sorted(lines, key=lambda line: (line.begins_at.timestamp(), line.what))


def _diff_document(found: list[tuple[datetime, datetime, str]], moved: list[Any]) -> dict[str, Any]:
    return {
        "spans": [{"what": what, "from": begins.isoformat(), "to": ends.isoformat()} for begins, ends, what in found],
        "moved": [
            {
                "tenant": tenant,
                "ticket": move.ticket.id,
                "stage": move.stage.label,
                "due_before": move.before_at.isoformat() if move.before_at else None,
                "due_after": move.after_at.isoformat() if move.after_at else None,
            }
            for tenant, move in moved
        ],
    }


def _find(app: App, store: SqlStore, name: str) -> _Chosen:
    """Return the calendar that *name* means: a file, one of the settings, a version, or ConnectWise's newest."""
    from slamon.core.promise import ALL_HOURS
    from slamon.core.rules_document import rules_from_document
    from slamon.core.versions import version_of

    if name.endswith(".json"):
        try:
            document = json.loads(Path(name).read_bytes())
        except (OSError, ValueError) as error:
            raise click.UsageError(f"{name}: cannot be read: {error}") from None
        rules = rules_from_document(Path(name).stem, document)
    elif name in app.config.calendars:
        rules = app.config.calendars[name]
    elif name in (known := store.load_calendars([name])):
        rules = known[name]
    elif versions := store.find_calendars(name):
        rules = versions[0][1]
    elif name == ALL_HOURS.name:
        rules = ALL_HOURS
    else:
        there = ", ".join(dict.fromkeys([*app.config.calendars, *store.name_calendars()])) or "none yet"
        raise click.UsageError(f"no calendar {name!r} in the settings or seen in ConnectWise; there is: {there}")
    return _Chosen(version_of(rules), rules)


def _range(
    rules: CalendarRules, from_on: str | None, to_on: str | None, now: datetime, days: int = DAYS_SHOWN
) -> tuple[int, int]:
    """Return [low, high) in epoch seconds: local midnights of the first date, and after the last."""
    from datetime import date

    zone = ZoneInfo(rules.zone)
    try:
        first = date.fromisoformat(from_on) if from_on else now.astimezone(zone).date()
        last = date.fromisoformat(to_on) if to_on else first + timedelta(days=days - 1)
    except ValueError as error:
        raise click.UsageError(f"not a date such as 2026-12-25: {error}") from None
    if first.year <= 1900 or last.year >= 2200 or last < first:
        raise click.UsageError(f"{first} to {last} is not a span of dates between 1901 and 2199")
    ends = last + timedelta(days=1)
    return tuple(int(datetime(d.year, d.month, d.day, tzinfo=zone).timestamp()) for d in (first, ends))  # type: ignore[return-value]


def _store(app: App) -> Any:  # noqa: ANN401  (closing's own type says less)
    from contextlib import closing

    return closing(app.open_store())


def _now(app: App) -> datetime:
    from slamon.wiring import wall_time

    return wall_time(app.config).now()


def _local(at: datetime, zone: ZoneInfo) -> str:
    shown = at.astimezone(zone)
    return f"{shown:%a %Y-%m-%d %H:%M:%S} {_offset(shown)}"


def _offset(at: datetime) -> str:
    return f"{at:%z}"[:3] + ":" + f"{at:%z}"[3:5]
