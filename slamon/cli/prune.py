"""`slamon db prune`: delete what is old now, or say what would go."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime

import click


@click.command("prune")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--vacuum", is_flag=True, help="SQLite: give the space back to the file system.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def prune(context: click.Context, *, dry_run: bool, vacuum: bool, as_json: bool) -> None:
    """Delete what is older than [retention] keeps. `slamon run` does it once a day.

    Deletes a little at a time, so that a daemon can go on writing meanwhile.
    """
    from slamon.jobs.prune import cutoffs
    from slamon.jobs.prune import prune as prune_now
    from slamon.ports import Unobserved
    from slamon.wiring import kept_days, tenant_paces, wall_time

    if dry_run and vacuum:
        raise click.UsageError("--dry-run changes nothing; leave out --vacuum")
    config = context.obj.config
    before = cutoffs(kept_days(config), wall_time(config).now())
    with closing(context.obj.open_store()) as store:
        if not dry_run:
            store.prepare_months(wall_time(config).now())
        old = store.measure_old(before)
        gone = None if dry_run else prune_now(store, before, Unobserved(), tenant_paces(config))
        if vacuum:
            store.vacuum()
    rows = [
        {
            "kind": one.kind,
            "before": before[one.kind].isoformat(),
            "rows": one.rows if gone is None else gone[one.kind],
            "bytes": one.bytes,
        }
        for one in old
    ]
    if as_json:
        click.echo(json.dumps({"dry_run": dry_run, "kinds": rows}, indent=1))
    else:
        click.echo(_text(rows, dry_run))


def _text(rows: list[dict[str, object]], dry_run: bool) -> str:
    from slamon.cli.table import format_table

    head = ("KIND", "OLDER THAN", "WOULD GO" if dry_run else "ROWS GONE", "ABOUT BYTES")
    cells = [
        (
            str(row["kind"]),
            datetime.fromisoformat(str(row["before"])).strftime("%Y-%m-%d %H:%M"),
            f"{row['rows']:,}",
            f"{row['bytes']:,}",
        )
        for row in rows
    ]
    return format_table(head, cells)
