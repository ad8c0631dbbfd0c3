"""`slamon report list` and `show`: what was sent, what was missed, and its files as they were."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from slamon.config.models import Config
    from slamon.jobs.missed import Missed
    from slamon.ports import ReportRow

FOLDER = click.Path(path_type=Path, file_okay=False)
HEAD = ("MADE (UTC)", "NAME", "KIND", "ABOUT", "PERIOD", "LATE", "SHA-256", "SENT", "KEY")


@click.command("list")
@click.option("--tenant", help="Only this tenant.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def list_(context: click.Context, *, tenant: str | None, limit: int, as_json: bool) -> None:
    """List the reports that were sent, the newest first, and those that were missed."""
    from slamon.cli.tickets import chosen_tenants
    from slamon.jobs.missed import find_missed
    from slamon.wiring import wall_time

    config: Config = context.obj.config
    chosen_tenants(config, tenant)
    with closing(context.obj.open_to_read()) as store:
        rows = store.load_reports(limit, [tenant] if tenant else [])
        missed = find_missed(store, config.reports.values(), wall_time(config).now())[:limit]
    if as_json:
        document = {"reports": [_document(row) for row in rows], "missed": [_missed_document(one) for one in missed]}
        click.echo(json.dumps(document, indent=1))
    else:
        click.echo(_text(rows, missed))


@click.command("show")
@click.argument("key", metavar="KEY")
@click.option("--out", default=".", show_default=True, type=FOLDER, help="The folder to write into.")
@click.pass_context
def show(context: click.Context, *, key: str, out: Path) -> None:
    """Write a report that was sent: its files as they were, and its data, whose SHA-256 the list shows.

    KEY is in the list.
    """
    from slamon.reports.document import decode
    from slamon.reports.formats import ReportFile, stem_of, write_files

    tenant = key.partition("/")[0]
    with closing(context.obj.open_to_read()) as store:
        body = store.load_report(tenant, key)
        sent = store.load_report_files(tenant, key)
    data = ReportFile(f"{stem_of(decode(body))}.report.json", "application/json", body)
    for path in write_files([data, *(ReportFile(file.name, file.media_type, file.body) for file in sent)], out):
        click.echo(path)


def _text(rows: Sequence[ReportRow], missed: Collection[Missed]) -> str:
    from slamon.cli.table import format_table, terminal_width

    told = [format_table(HEAD, [_row(row) for row in rows], width=terminal_width())] if rows else ["no report was sent"]
    told += [f"{one.state}: {one.name} ({one.kind}) of {one.period}, due {_minute(one.due_at)} UTC" for one in missed]
    return "\n".join(told)


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _row(row: ReportRow) -> tuple[str, ...]:
    from slamon.clean import clean_line

    report = row.report
    about = f"{report.tenant}, {report.by} {clean_line(report.of, 40)}" if report.by else report.tenant
    return (
        _minute(report.made_at),
        report.name,
        report.kind,
        about,
        report.period,
        "late" if report.late else "",
        report.sha256[:12],
        _sent(row),
        clean_line(report.key, 200),
    )


def _sent(row: ReportRow) -> str:
    """Return how many of its messages arrived, and what became of the others."""
    if not row.deliveries:
        return "to nobody"
    states = [each.state for each in row.deliveries]
    counts = {state: states.count(state) for state in dict.fromkeys(states)}
    return ", ".join(f"{count} {state}" for state, count in counts.items())


def _document(row: ReportRow) -> dict[str, Any]:
    report = row.report
    instants = ("begins_at", "ends_at", "known_at", "made_at")
    return {
        "key": report.key,
        "tenant": report.tenant,
        "name": report.name,
        "kind": report.kind,
        "by": report.by or None,
        "of": report.of or None,
        "period": report.period,
        "zone": report.zone,
        "denominator": report.denominator,
        **{name: getattr(report, name).isoformat() for name in instants},
        "late": report.late,
        "sha256": report.sha256,
        "files": [{"name": name, "bytes": size} for name, size in row.files],
        "deliveries": [
            {
                "channel": each.channel,
                "recipient": each.recipient,
                "state": each.state,
                "finished_at": each.finished_at.isoformat() if each.finished_at else None,
                "error": each.error,
            }
            for each in row.deliveries
        ],
    }


def _missed_document(one: Missed) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "period": one.period,
        "due_at": one.due_at.isoformat(),
        "state": one.state,
    }
