"""`slamon db digest`: one hash over all that is stored."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict

import click


@click.command("digest")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def digest(context: click.Context, *, as_json: bool) -> None:
    """Print a hash over all stored history; two databases that hold the same have the same.

    It does not depend on the kind of database, nor on the order of rows, nor on numbers that a database gives.
    """
    from slamon.cli.table import format_table

    with closing(context.obj.open_to_read()) as store:
        found = store.digest()
    if as_json:
        click.echo(json.dumps(asdict(found), indent=1))
        return
    rows = [(one.table, f"{one.rows:,}", one.digest[:16]) for one in found.tables]
    click.echo(f"{format_table(('TABLE', 'ROWS', 'DIGEST'), rows)}\n\n{found.digest}")
