"""Report: what broke since the last report, to those who want to know, once per period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from slamon.core.instants import format_instant
from slamon.core.intervention import Intervention, standing
from slamon.jobs.evaluate import Evaluator
from slamon.jobs.notice import notice
from slamon.jobs.sight import load_blind_spans
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Store, Unobserved
from slamon.reporting.breach_report import build_breach_report
from slamon.reporting.context import BreachReport, BreachRow
from slamon.reporting.render import Renderer
from slamon.reporting.said import exemption_words

FIRST_SPAN = timedelta(days=1)


def read_breach_report(
    store: Store, settings: TenantSettings, *, since: datetime, until: datetime, zone: ZoneInfo
) -> BreachReport:
    """Return what broke for one tenant in [since, until)."""
    records = store.load_transitions(settings.name, since, until)
    # Read anew at the end of the period: a stored reading tells when something changed, not how long it lasts.
    found = Evaluator(settings.name, store, Unobserved()).read({record.ticket.id for record in records}, until)
    readings = {reading.ticket_id: reading for reading in found}
    report = build_breach_report(
        records,
        tenant=settings.name,
        since=since,
        until=until,
        zone=zone,
        readings=readings,
        link=settings.way_to,
    )
    said = store.load_interventions(settings.name, readings)

    def excused(rows: Sequence[BreachRow]) -> tuple[BreachRow, ...]:
        return tuple(_excuse(row, said.get(row.ticket.id, ()), until, zone) for row in rows)

    return replace(
        report,
        rows=excused(report.rows),
        concluded=excused(report.concluded),
        superseded=excused(report.superseded),
        blind=tuple(load_blind_spans(store, settings.name, settings.pace, since, until)),
    )


def _excuse(row: BreachRow, said: Sequence[Intervention], until: datetime, zone: ZoneInfo) -> BreachRow:
    """Return *row* with who had excused the goal by *until*, when and why."""
    exempt = standing([each for each in said if each.at < until], row.stage, 0, until).exempt
    return row if exempt is None else replace(row, exempt=exemption_words(exempt, zone))


def is_reported(store: Store, name: str, until: datetime) -> bool:
    """Say whether the report *name* has been made for the period that ends at *until*."""
    return until in _ends_of(store, name)


def _ends_of(store: Store, name: str) -> list[datetime]:
    return [datetime.fromisoformat(past) for past, _ in store.load_runs(_job(name))]


def _job(name: str) -> str:
    return f"report/{name}"


def send_breach_report(
    store: Store,
    renderer: Renderer,
    tenants: Sequence[TenantSettings],
    *,
    name: str,
    recipients: Mapping[str, Sequence[str]],
    zone: ZoneInfo,
    domain: str,
    until: datetime,
) -> int:
    """Put the report for the period that ends at *until* into the outbox; return how many messages are new.

    *recipients* are those of each tenant's by its name.

    The period begins where the report's last one ended. The messages are
    stored before the period is claimed and their keys are unique: a crash or
    a second daemon repeats nothing and loses nothing.
    """
    job, period = _job(name), format_instant(until)
    done = _ends_of(store, name)
    if until in done:
        return 0
    since = max((past for past in done if past < until), default=until - FIRST_SPAN)
    notes = []
    for settings in tenants:
        report = read_breach_report(store, settings, since=since, until=until, zone=zone)
        rendered = renderer.render_breach_report(report)
        event = f"{settings.name}/report/{name}/{period}"
        notes += [
            notice(rendered, event, recipient, domain, tenant=settings.name, kind="report", now=until)
            for recipient in recipients[settings.name]
        ]
    fresh = store.enqueue(notes)
    store.claim_run(job, period, until)
    return fresh
