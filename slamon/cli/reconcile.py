"""`slamon reconcile`: where ConnectWise's own figures and slamon's part, and what would make them agree."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slamon.core.witness import Difference, Figure
    from slamon.jobs.reconcile import Reconciliation

HEAD = ("TICKET", "STAGE", "WITNESS", "CONNECTWISE", "SLAMON", "APART", "CAUSE", "IN WORDS")
STAGES = ("respond", "plan", "resolve")


@click.command("reconcile")
@click.argument("ticket", metavar="[[TENANT/]ID]", required=False)
@click.option("--tenant", help="Only this tenant.")
@click.option("--cause", help="Only differences with this cause.")
@click.option("--stage", type=click.Choice(STAGES), help="Only differences of this stage.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(0), help="How many differences to list.")
@click.option(
    "--tolerance", default=0, show_default=True, type=click.IntRange(0), help="Seconds that goal dates may be apart."
)
@click.option("--fail-on-difference", is_flag=True, help="End with status 3 if a difference is listed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def reconcile(
    context: click.Context,
    *,
    ticket: str | None,
    tenant: str | None,
    cause: str | None,
    stage: str | None,
    limit: int,
    tolerance: int,
    fail_on_difference: bool,
    as_json: bool,
) -> None:
    """Compare ConnectWise's deadlines, status texts and minutes with slamon's.

    All open tickets are compared as they were last polled, or the one given.
    For each difference the cause is the one change of assumption under which
    slamon's clock would show ConnectWise's figure.
    """
    from contextlib import closing

    from slamon.cli.status import blind_lines, sight_document
    from slamon.cli.tickets import chosen_tenants, parse_ticket
    from slamon.connectwise.sla_status import read_sla_status
    from slamon.core.witness import CAUSES
    from slamon.jobs.reconcile import known_reference
    from slamon.jobs.reconcile import reconcile as compare_tenant
    from slamon.jobs.sight import read_sight
    from slamon.wiring import tenant_pace, tenant_settings, wall_time

    config = context.obj.config
    if cause is not None and cause not in CAUSES:
        raise click.UsageError(f"--cause: {cause!r} is none; there is: {', '.join(CAUSES)}")
    only = parse_ticket(config, ticket) if ticket else None
    names = [only[0]] if only else chosen_tenants(config, tenant)
    now, documents, failed = wall_time(config).now(), [], False
    with closing(context.obj.open_to_read()) as store:
        if only and only[1] not in store.load_tickets(only[0], [only[1]]):
            raise click.ClickException(f"ticket {only[0]}/{only[1]} is not known; slamon has not seen it in a poll")
        for name in names:
            found = compare_tenant(
                store,
                tenant_settings(config, name),
                known_reference(store, name),
                read_sla_status,
                now,
                also=[only[1]] if only else (),
                goal_tolerance_seconds=tolerance,
            )
            listed = [
                difference
                for difference in found.findings.differences
                if (only is None or difference.ticket_id == only[1])
                and cause in (None, difference.cause)
                and stage in (None, difference.stage.label)
            ]
            failed = failed or bool(listed)
            sight = read_sight(store, name, now, tenant_pace(config, name))
            documents.append({**tenant_document(name, found, listed[:limit]), **sight_document(sight, now)})
            if not as_json:
                click.echo("\n".join([*blind_lines(name, sight, None), tenant_text(name, found, listed, limit)]))
    if as_json:
        click.echo(json.dumps({"as_of": now.isoformat(), "tenants": documents}, indent=1))
    context.exit(3 if fail_on_difference and failed else 0)


def tenant_document(name: str, found: Reconciliation, listed: Sequence[Difference]) -> dict[str, Any]:
    """Return what was found at a tenant: counts of all that was compared, and the differences *listed*."""
    findings = found.findings
    return {
        "tenant": name,
        "compared": findings.compared,
        "without_witness": findings.without_witness,
        "not_measured": findings.not_measured,
        "causes": {cause.value: number for cause, number in findings.count_causes().items()},
        "differences": [_document(difference) for difference in listed],
    }


def _document(difference: Difference) -> dict[str, Any]:
    return {
        "ticket": difference.ticket_id,
        "stage": difference.stage.label,
        "witness": difference.witness.value,
        "connectwise": _plain(difference.theirs),
        "slamon": _plain(difference.ours),
        "apart_seconds": difference.apart_seconds,
        "cause": difference.cause.value,
        "words": difference.words,
    }


def _plain(figure: Figure) -> str | int:
    return figure.isoformat() if isinstance(figure, datetime) else figure


def tenant_text(name: str, found: Reconciliation, listed: Sequence[Difference], limit: int) -> str:
    """Return the same for people: the counts, the causes, then up to *limit* differences."""
    from slamon.cli.table import format_table, terminal_width

    findings = found.findings
    tickets = {difference.ticket_id for difference in findings.differences}
    head = (
        f"{name}: {findings.compared} tickets compared, {len(tickets)} of them differ in "
        f"{len(findings.differences)} figures; {findings.without_witness} tickets without a figure to compare, "
        f"{findings.not_measured} not measured"
    )
    lines = [head]
    causes = [(cause.value, str(number)) for cause, number in findings.count_causes().items() if number]
    if causes:
        lines += ["", format_table(("CAUSE", "FIGURES"), causes)]
    if listed and limit:
        rows = [_row(difference) for difference in listed[:limit]]
        lines += ["", format_table(HEAD, rows, width=terminal_width())]
    if len(listed) > limit:
        lines.append(f"{len(listed) - limit} more; --limit shows them")
    return "\n".join(lines)


def _row(difference: Difference) -> tuple[str, ...]:
    from slamon.reporting.words import business_time

    apart = difference.apart_seconds
    sign = "-" if apart is not None and apart < 0 else "+"
    return (
        str(difference.ticket_id),
        difference.stage.label,
        difference.witness.value,
        _shown(difference.theirs),
        _shown(difference.ours),
        "" if apart is None else f"{sign}{business_time(apart)}",
        difference.cause.value,
        difference.words,
    )


def _shown(figure: Figure) -> str:
    from slamon.reporting.words import business_time

    if isinstance(figure, datetime):
        return figure.strftime("%Y-%m-%dT%H:%M:%SZ")
    return business_time(figure) if isinstance(figure, int) else figure
