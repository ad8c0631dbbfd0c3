"""`slamon recompute`: closed tickets counted again on a corrected calendar."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from slamon.cli.app import App
    from slamon.core.whatif import Findings, Flip, Span
    from slamon.jobs.recompute import Corrected, Recounted
    from slamon.jobs.tenant import TenantSettings
    from slamon.ports import Recompute, Store

_LISTED = ("STARTED", "TENANT", "CALENDAR", "FROM", "VERSIONS", "TICKETS", "GOALS", "FLIPS", "BY", "REASON")


@click.command("recompute")
@click.option("--calendar", "name", help="The calendar that was corrected, as the settings or ConnectWise call it.")
@click.option("--from", "since", metavar="DATE", help="Only goals that ended on this day or later may change.")
@click.option("--tenant", help="Only this tenant.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--reason", default="", help="Why; it stands in the record and in `slamon explain`. Needed to change.")
@click.option("--by", help="Who wants it [default: the user of this machine].")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(0), help="How many flips to list.")
@click.option("--list", "as_list", is_flag=True, help="List what was recomputed, by whom and why.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def recompute(
    context: click.Context,
    *,
    name: str | None,
    since: str | None,
    tenant: str | None,
    dry_run: bool,
    reason: str,
    by: str | None,
    limit: int,
    as_list: bool,
    as_json: bool,
) -> None:
    """Count closed tickets again after a holiday or hours were put right.

    Closed tickets keep the calendar they were judged by. This gives those that would read otherwise the calendar of
    today, as one more event and one more reading; what is stored stays. Nobody is mailed. Look at it with --dry-run
    first. The daemon that watches the tenant must be stopped meanwhile.
    """
    from slamon.cli.tickets import chosen_tenants

    app: App = context.obj
    names = chosen_tenants(app.config, tenant)
    if as_list:
        _print_records(app, names, as_json)
        return
    if not name or not since:
        raise click.UsageError("which calendar, and since when? give --calendar NAME and --from DATE, or --list")
    if not dry_run and not reason.strip():
        raise click.UsageError("why? give --reason TEXT, or --dry-run to look first")
    documents = []
    with closing(app.open_to_read() if dry_run else app.open_store()) as store:
        plans = _plan(app, store, names, name, since)
        for plan in plans:
            found = _look(store, plan) if dry_run else _change(app, store, plan, _who(by), reason.strip())
            documents.append(found.document())
            if not as_json:
                click.echo(found.text(limit))
    if as_json:
        click.echo(json.dumps({"tenants": documents}, indent=1))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be counted again at one tenant."""

    settings: TenantSettings
    calendar: str
    corrected: Corrected
    span: Span
    zone: ZoneInfo


class _Outcome:
    """What was found, and the record where it was stored."""

    def __init__(self, plan: _Plan, parts: Iterable[Recounted], record: Recompute | None) -> None:
        from slamon.core.whatif import Findings

        self._plan = plan
        self._findings: Findings = Findings()
        self._flips: list[Flip] = []
        self._tickets = 0
        self._left: list[int] = []
        for part in parts:
            self._findings.add(part.found)
            self._flips += part.found.flips
            self._tickets += part.tickets
            self._left += part.left
        self.record = record

    def document(self) -> dict[str, Any]:
        from slamon.cli.whatif import findings_document

        plan = self._plan
        return {
            "tenant": plan.settings.name,
            "calendar": plan.calendar,
            "versions": sorted(plan.corrected),
            "since": plan.span.since.isoformat(),
            "applied": self.record is not None,
            "tickets_changed": self._tickets,
            "left": self._left,
            **findings_document(self._findings, self._flips),
        }

    def text(self, limit: int) -> str:
        from slamon.cli.whatif import findings_text

        plan, done = self._plan, self.record is not None
        name = plan.settings.name
        if not plan.corrected:
            return f"{name}: calendar {plan.calendar!r} has never been another one; there is nothing to put right"
        verb = "put right" if done else "would change"
        since = f"{plan.span.since.astimezone(plan.zone):%Y-%m-%d}"
        lines = [
            f"{name}: {self._tickets} closed tickets {verb}, {self._findings.changed} goals of them ended since {since}"
        ]
        if self._tickets:
            lines += ["", findings_text(self._findings, self._flips[:limit], plan.zone)]
        if self._left:
            listed = ", ".join(map(str, self._left[:10])) + (", ..." if len(self._left) > 10 else "")
            lines.append(
                f"{len(self._left)} tickets stay as they are ({listed}): a goal of theirs that ended before {since} "
                "would change too; an earlier --from takes them along"
            )
        return "\n".join(lines)


def _plan(app: App, store: Store, names: Iterable[str], calendar: str, since: str) -> list[_Plan]:
    """Return what is to be counted again, tenant by tenant.

    Raises:
        InputError: None of the tenants has such a calendar.
    """
    from slamon.cli.span import parse_span
    from slamon.errors import InputError
    from slamon.jobs.recompute import find_corrected
    from slamon.jobs.reconcile import known_reference
    from slamon.jobs.tenant import desk_zone
    from slamon.wiring import tenant_settings, wall_time

    now = wall_time(app.config).now().replace(microsecond=0)
    plans, refusal = [], None
    for name in names:
        settings, reference = tenant_settings(app.config, name), known_reference(store, name)
        zone = desk_zone(settings, reference)
        try:
            corrected = find_corrected(store, settings, reference, calendar)
        except InputError as error:
            refusal = refusal or error
            continue
        plans.append(_Plan(settings, calendar, corrected, parse_span(since, None, now, zone), zone))
    if refusal is not None and not plans:
        raise refusal
    return plans


def _look(store: Store, plan: _Plan) -> _Outcome:
    from slamon.cli.progress import ticket_bar
    from slamon.jobs.recompute import recount

    name = plan.settings.name
    with ticket_bar(name, store.load_last_ticket_id(name)) as bar:
        return _Outcome(plan, recount(store, plan.settings, plan.corrected, plan.span, bar), None)


def _change(app: App, store: Store, plan: _Plan, by: str, reason: str) -> _Outcome:
    """Count again and store it, with the tenant's lease in hand: no daemon judges its tickets meanwhile.

    Raises:
        TenantHeldError: A daemon watches the tenant.
    """
    from slamon.holder import new_holder
    from slamon.leases import LeaseDesk, lease_seconds
    from slamon.ports import Unobserved
    from slamon.wiring import wall_time

    name = plan.settings.name
    poll_every = timedelta(seconds=app.config.tenant[name].poll_seconds)
    seconds = {name: lease_seconds(wall_time(app.config).real_seconds(poll_every))}
    desk = LeaseDesk(store, Unobserved(), new_holder(), seconds)

    async def main() -> _Outcome:
        try:
            async with desk.holding(name, "which would tell of corrections as of news"):
                return await asyncio.to_thread(_apply, store.held_by(desk.lease_of), plan, by, reason)
        finally:
            await desk.aclose()

    return asyncio.run(main())


def _apply(store: Store, plan: _Plan, by: str, reason: str) -> _Outcome:
    from slamon.cli.progress import ticket_bar
    from slamon.core.versions import version_of
    from slamon.jobs.recompute import Recomputer, recount
    from slamon.ports import Recompute

    name = plan.settings.name
    record = Recompute(
        tenant=name,
        started_at=plan.span.now,
        calendar=plan.calendar,
        since=plan.span.since,
        by=by,
        reason=reason,
        before=tuple(sorted(plan.corrected)),
        after=tuple(sorted({version_of(rules) for rules in plan.corrected.values()})),
    )
    recomputer = Recomputer(store, record)
    with ticket_bar(name, store.load_last_ticket_id(name)) as bar:
        parts = list(recount(store, plan.settings, plan.corrected, plan.span, bar, recomputer.apply))
    return _Outcome(plan, parts, recomputer.finish(plan.span.now))


def _who(by: str | None) -> str:
    from slamon.cli.intervene import this_user
    from slamon.holder import own_host

    return by or f"{this_user()}@{own_host()}"


def _print_records(app: App, names: Iterable[str], as_json: bool) -> None:
    from slamon.cli.table import format_table, terminal_width

    with closing(app.open_to_read()) as store:
        records = [record for name in names for record in store.load_recomputes(name)]
    if as_json:
        click.echo(json.dumps({"recomputes": [_document(record) for record in records]}, indent=1))
    elif records:
        click.echo(format_table(_LISTED, [_row(record) for record in records], width=terminal_width()))
    else:
        click.echo("nothing was recomputed yet")


def _document(record: Recompute) -> dict[str, Any]:
    def iso(at: datetime | None) -> str | None:
        return None if at is None else at.isoformat()

    return {
        "tenant": record.tenant,
        "calendar": record.calendar,
        "since": iso(record.since),
        "started_at": iso(record.started_at),
        "finished_at": iso(record.finished_at),
        "by": record.by,
        "reason": record.reason,
        "versions_before": list(record.before),
        "versions_after": list(record.after),
        "tickets": record.tickets,
        "goals": record.goals,
        "flips": record.flips,
    }


def _row(record: Recompute) -> tuple[str, ...]:
    return (
        f"{record.started_at:%Y-%m-%dT%H:%M:%SZ}" + ("" if record.finished_at else " (interrupted)"),
        record.tenant,
        record.calendar,
        f"{record.since:%Y-%m-%dT%H:%MZ}",
        f"{' '.join(record.before)} -> {' '.join(record.after)}",
        *(str(number) for number in (record.tickets, record.goals, record.flips)),
        record.by,
        record.reason,
    )
