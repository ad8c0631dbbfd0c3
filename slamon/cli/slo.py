"""`slamon slo`: is what was promised of many goals kept this month?"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from slamon.config.models import Config
    from slamon.core.month import Month
    from slamon.core.slo import Objective
    from slamon.ports import Store

BY = ("board", "priority", "company", "policy")
HEAD = ("STAGE", "MET", "MISSED", "LATE", "RUNNING", "EXCLUDED", "ATTAINED", "TARGET", "MAY MISS", "LEFT", "WILL MISS")


@click.command("slo")
@click.option("--month", "month_name", metavar="MONTH", help="A month such as 2026-11; default: the present one.")
@click.option("--tenant", help="Only this tenant.")
@click.option("--by", type=click.Choice(BY), help="Break the goals down.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def slo(context: click.Context, *, month_name: str | None, tenant: str | None, by: str | None, as_json: bool) -> None:
    """Hold the month's goals against the percents that were promised.

    MET and MISSED were concluded in the month; LATE ones are open and broke in it. MAY MISS of the goals
    expected in the month, LEFT of that; WILL MISS is how probable it is that more will be missed.
    """
    from slamon.cli.tickets import chosen_tenants
    from slamon.objectives import read_month
    from slamon.wiring import wall_time

    config, now = context.obj.config, wall_time(context.obj.config).now()
    names = chosen_tenants(config, tenant)
    store = context.obj.open_to_read()
    documents = []
    for name in names:
        zone = tenant_zone(config, store, name)
        month = chosen_month(month_name, now, zone)
        found = read_month(store, name, month, now, by)
        document = slo_document(name, month, zone, now, by, found)
        documents.append(document)
        if not as_json:
            click.echo(slo_text(document))
    store.close()
    if as_json:
        click.echo(json.dumps({"as_of": now.isoformat(), "tenants": documents}, indent=1))


def tenant_zone(config: Config, store: Store, name: str) -> ZoneInfo:
    """Return the zone in which the tenant's months begin, as the daemon knows it."""
    from slamon.jobs.tenant import desk_zone
    from slamon.wiring import tenant_settings

    poll = store.load_last_poll(name, successful=True)
    reference = store.load_reference(poll.reference) if poll is not None and poll.reference else None
    return desk_zone(tenant_settings(config, name), reference)


def chosen_month(name: str | None, now: datetime, zone: ZoneInfo) -> Month:
    """
    Return the month called *name*, or the present one.

    Raises:
        click.UsageError: There is no such month, or it has not begun.
    """
    from slamon.core.month import month_named, month_of

    if name is None:
        return month_of(now, zone)
    try:
        month = month_named(name, zone)
    except ValueError as error:
        raise click.UsageError(f"--month: {error}") from None
    if month.begins_at > now:
        raise click.UsageError(f"--month: {name} has not begun")
    return month


def slo_document(
    tenant: str,
    month: Month,
    zone: ZoneInfo,
    now: datetime,
    by: str | None,
    found: Mapping[str, tuple[Objective, ...]],
) -> dict[str, Any]:
    """Return what is known of a tenant's month; instants are ISO 8601 in UTC."""
    return {
        "tenant": tenant,
        "month": month.name,
        "zone": zone.key,
        "begins_at": month.begins_at.isoformat(),
        "ends_at": month.ends_at.isoformat(),
        "over": now >= month.ends_at,
        "by": by,
        "objectives": [
            {**({by: name} if by else {}), **_objective(objective)}
            for name, all_of in found.items()
            for objective in all_of
            if any((objective.met, objective.missed, objective.late, objective.running, objective.excluded))
        ],
    }


def _objective(objective: Objective) -> dict[str, Any]:
    values = {name: getattr(objective, name) for name in type(objective).__slots__ if name != "stage"}
    return {"stage": objective.stage.label, **values, "attained_percent": objective.attained_percent}


def slo_text(document: dict[str, Any]) -> str:
    """Return the table of one tenant."""
    from slamon.cli.table import format_table, terminal_width

    by = document["by"]
    title = f"{document['tenant']}: {document['month']} in {document['zone']}"
    title += ", which is over" if document["over"] else ", so far"
    rows = [_row(one, by) for one in document["objectives"]]
    if not rows:
        return f"{title}: no goals"
    return f"{title}\n{format_table((by.upper(), *HEAD) if by else HEAD, rows, width=terminal_width())}"


def _row(one: dict[str, Any], by: str | None) -> tuple[str, ...]:
    counts = [str(one[name]) for name in ("met", "missed", "late", "running", "excluded")]
    allowed, left, chance = one["allowed"], one["left"], one["miss_probability"]
    return (
        *((one[by],) if by else ()),
        *(one["stage"], *counts, _attained(one["met"], one["missed"])),
        "" if one["target_percent"] is None else f"{one['target_percent']:.4g} %",
        *("" if value is None else str(value) for value in (allowed, left)),
        "" if chance is None else f"{chance:.0%}".replace("%", " %"),
    )


def _attained(met: int, missed: int) -> str:
    """Return the share of goals met, rounded down: 99.96 % is not 100 %."""
    if not met + missed:
        return "n/a"
    tenths = 1000 * met // (met + missed)
    return f"{tenths // 10}.{tenths % 10} %"
