"""`slamon backtest`: what other goals, calendars or meanings of statuses would have changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slamon.reports.forms import FORMS

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from slamon.config import Config
    from slamon.core.whatif import Findings, Flip, Span
    from slamon.reports.document import Scope
    from slamon.store.sql import SqlStore


@click.command("backtest")
@click.option("--policy", "policy", required=True, metavar="FILE", type=click.Path(path_type=Path), help="Other rules.")
@click.option("--from", "since", required=True, metavar="DATE", help="Goals that ended on this day or later.")
@click.option("--until", metavar="DATE", help="Goals that ended before this day [default: now].")
@click.option("--tenant", help="Only this tenant.")
@click.option("--company", "companies", multiple=True, help="Only goals of this company; repeatable.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(0), help="How many flips to list.")
@click.option("--format", "forms", multiple=True, type=click.Choice(FORMS), help="Write a report too; needs --out.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="Where reports go.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with all flips.")
@click.pass_context
def backtest(
    context: click.Context,
    *,
    policy: Path,
    since: str,
    until: str | None,
    tenant: str | None,
    companies: Sequence[str],
    limit: int,
    forms: Sequence[str],
    out: Path | None,
    as_json: bool,
) -> None:
    """Read the past again under other rules, and list the goals whose verdict would be another.

    FILE is a slamon.toml, or a part of one: [[policy]], [default_policy], [calendar.NAME], [[status_level]]. It is
    checked like the real one. Nothing is stored.
    """
    import os
    from contextlib import closing

    from slamon.cli.span import parse_span
    from slamon.cli.tickets import chosen_tenants
    from slamon.config.variant import load_variant
    from slamon.wiring import wall_time

    config = context.obj.config
    if bool(forms) != (out is not None):
        raise click.UsageError("--format and --out belong together")
    names = chosen_tenants(config, tenant)
    other = load_variant(config, policy, os.environ)
    now = wall_time(config).now().replace(microsecond=0)
    documents, unwritten = [], False
    with closing(context.obj.open_to_read()) as store:
        wanted = _companies(store, names, companies)
        for name in names:
            zone = _zone(config, store, name)
            span = parse_span(since, until, now, zone)
            found, flips = _test(store, config, other, name, span, wanted, None if as_json or forms else limit)
            documents.append({"tenant": name, **_head(span, zone), **_found(found, flips)})
            if not as_json:
                click.echo(_text(name, found, flips, span, zone, limit))
            if out is not None:
                unwritten |= not _write(_scope(name, wanted), found, flips, span, zone, policy, forms, out)
    if as_json:
        click.echo(json.dumps({"as_of": now.isoformat(), "tenants": documents}, indent=1))
    context.exit(1 if unwritten else 0)


def _test(
    store: SqlStore,
    config: Config,
    other: Config,
    name: str,
    span: Span,
    companies: Sequence[str] | None,
    most: int | None,
) -> tuple[Findings, list[Flip]]:
    """Return what was found of one tenant, and up to *most* flips (None: all).

    Raises:
        click.ClickException: Nothing of the span is stored.
    """
    from slamon.cli.progress import ticket_bar
    from slamon.core.whatif import Findings, Flip
    from slamon.jobs.backtest import backtest as test
    from slamon.jobs.reconcile import known_reference
    from slamon.wiring import tenant_settings

    reference = known_reference(store, name)
    if reference is None:
        raise click.ClickException(f"tenant {name}: no reference data are stored; it has not been polled yet")
    found, flips = Findings(), list[Flip]()
    settings = tenant_settings(config, name), tenant_settings(other, name)
    with ticket_bar(name, store.load_last_ticket_id(name)) as bar:
        for part in test(store, *settings, reference, span, companies, bar):
            found.add(part)
            flips += part.flips if most is None else part.flips[: most - len(flips)]
    if not found.tickets:
        raise click.ClickException(_no_history(store, name, span))
    return found, flips


def _no_history(store: SqlStore, name: str, span: Span) -> str:
    first = store.load_first_outcome_at(name, datetime.fromtimestamp(0, UTC))
    kept = (
        "no goal has ended yet" if first is None else f"the first goal that is kept ended at {first:%Y-%m-%d %H:%M} UTC"
    )
    return f"tenant {name}: nothing is stored of {span.since:%Y-%m-%d %H:%M} to {span.until:%Y-%m-%d %H:%M} UTC; {kept}"


def _companies(store: SqlStore, tenants: Sequence[str], asked: Sequence[str]) -> Sequence[str] | None:
    """Return the companies asked for, None for all.

    Raises:
        click.UsageError: No ticket is of such a company; the message offers the nearest.
    """
    from slamon.core.nearest import offer_names

    if not asked:
        return None
    known = {company for tenant in tenants for company in store.load_company_names(tenant)}
    for company in asked:
        if company not in known:
            raise click.UsageError(f"--company: no ticket is of {company!r}; {offer_names(company, known)}")
    return asked


def _zone(config: Config, store: SqlStore, name: str) -> ZoneInfo:
    from slamon.jobs.reconcile import known_reference
    from slamon.jobs.tenant import desk_zone
    from slamon.wiring import tenant_settings

    return desk_zone(tenant_settings(config, name), known_reference(store, name))


def _head(span: Span, zone: ZoneInfo) -> dict[str, Any]:
    return {"zone": zone.key, "since": span.since.isoformat(), "until": span.until.isoformat()}


def _found(found: Findings, flips: Sequence[Flip]) -> dict[str, Any]:
    from slamon.cli.whatif import findings_document

    return findings_document(found, flips)


def _text(name: str, found: Findings, flips: Sequence[Flip], span: Span, zone: ZoneInfo, limit: int) -> str:
    from slamon.cli.whatif import findings_text

    since, until = (f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (span.since, span.until))
    head = f"{name}: goals that ended from {since} to {until} ({zone.key}), {found.tickets} tickets read"
    return f"{head}\n\n{findings_text(found, flips[:limit], zone)}"


def _scope(tenant: str, companies: Sequence[str] | None) -> Scope:
    """Return what the report is about; several companies stand in one name."""
    from slamon.reports.document import Scope

    return Scope(tenant, "company", ", ".join(companies)) if companies else Scope(tenant)


def _write(
    scope: Scope,
    found: Findings,
    flips: Sequence[Flip],
    span: Span,
    zone: ZoneInfo,
    policy: Path,
    forms: Sequence[str],
    out: Path,
) -> bool:
    """Write the report in each format; a format that cannot be made is told, and the others go on. Say if all were."""
    from slamon.errors import ReportFormatError
    from slamon.reports.formats import Form, files_of, write_files
    from slamon.reports.whatif import whatif_report

    report, whole = whatif_report(scope, found, flips, span, zone.key, policy.name), True
    for form in forms:
        try:
            written = write_files(files_of(report, Form(form)), out)
        except ReportFormatError as error:
            click.echo(f"slamon: {error}", err=True)
            whole = False
        else:
            click.echo("\n".join(map(str, written)), err=True)
    return whole
