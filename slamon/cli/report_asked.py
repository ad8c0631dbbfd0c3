"""From the options of `slamon report KIND` to the reports that are asked for, one for each tenant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from slamon.cli.slo import tenant_zone
from slamon.cli.tickets import chosen_tenants
from slamon.config.models import Config
from slamon.config.reports import ReportSection
from slamon.core.due import period_due
from slamon.core.instants import parse_instant
from slamon.core.period import Period, midnight, period_named
from slamon.core.zone import load_zone
from slamon.jobs.make_report import Asked
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Store
from slamon.reports.document import Scope
from slamon.wiring import tenant_settings, wall_time

Wanted = tuple[TenantSettings, Asked]


@dataclass(frozen=True, slots=True)
class Options:
    """What stands on the command line; None where nothing does."""

    kind: str
    tenant: str | None
    scopes: Mapping[str, str | None]
    period: str | None
    zone: str | None
    denominator: str | None
    as_known: str | None


def choose(config: Config, store: Store, options: Options) -> list[Wanted]:
    """
    Return what is asked for. What no option says is as in the first [[report]] of the kind, where there is one.

    Raises:
        click.UsageError: An option names nothing, or what has not come yet.
    """
    now = wall_time(config).now()
    section = next((each for each in config.report if each.kind == options.kind), None)
    by, name = _scope(options.scopes)
    found = []
    for tenant in chosen_tenants(config, options.tenant):
        zone = _zone(options.zone, section) or tenant_zone(config, store, tenant)
        asked = Asked(
            kind=options.kind,
            scope=Scope(tenant, by, name),
            period=_period(options, section, zone, now),
            known_at=_known_at(options.as_known, zone, now),
            denominator=options.denominator or (section.denominator if section else "concluded"),
            year_begins=section.year_begins if section else 1,
        )
        found.append((tenant_settings(config, tenant), asked))
    return found


def _scope(scopes: Mapping[str, str | None]) -> tuple[str, str]:
    given = [(by, name) for by, name in scopes.items() if name is not None]
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(f'--{by}' for by, _ in given)}: a report is about one of them")
    return given[0] if given else ("", "")


def _zone(name: str | None, section: ReportSection | None) -> ZoneInfo | None:
    if name is None:
        return ZoneInfo(section.zone) if section else None
    try:
        return load_zone(name)
    except ValueError as error:
        raise click.UsageError(f"--zone: {error}") from None


def _period(options: Options, section: ReportSection | None, zone: ZoneInfo, now: datetime) -> Period:
    year_begins = section.year_begins if section else 1
    if options.period is None:
        return period_due(options.kind, now, zone, year_begins=year_begins)
    try:
        period = period_named(options.period, zone, year_begins)
    except ValueError as error:
        raise click.UsageError(f"--period: {error}") from None
    if period.begins_at >= now:
        raise click.UsageError(f"--period: {period.name} has not begun")
    return period


def _known_at(text: str | None, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the instant that *text* names; a date alone stands for all that was known by its end."""
    if text in (None, "now"):
        return now
    try:
        day = date.fromisoformat(text)
        begins_at, at = midnight(day, zone), midnight(day + timedelta(days=1), zone) - timedelta(seconds=1)
    except ValueError:
        try:
            begins_at = at = parse_instant(text)
        except ValueError as error:
            raise click.UsageError(f"--as-known: {error}, nor a date, nor now") from None
    if begins_at > now:
        raise click.UsageError(f"--as-known: {text} has not come yet")
    return min(at, now)
