"""`slamon db check`: is everything in the database consistent?"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import datetime

    from slamon.store.soundness import Fault
    from slamon.store.sql import SqlStore

SAMPLE = 200  # tickets of a tenant whose readings are derived anew


@click.command("check")
@click.option("--all", "every", is_flag=True, help=f"Derive every ticket's reading anew, not {SAMPLE} of each tenant.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def check(context: click.Context, *, every: bool, as_json: bool) -> None:
    """Look through the whole database and list what is not consistent; nothing is changed.

    The exit status is 1 if there is something, 78 if the database cannot be used at all.
    """
    from slamon.errors import StoreError
    from slamon.store.soundness import FILE, find_faults

    with closing(context.obj.open_to_read()) as store:
        faults = list(find_faults(context.obj.config.store.url.get_secret_value()))
        derived, wrong = (0, []) if faults else _derive(store, _now(context), every)
    found = [*faults, *wrong]
    if as_json:
        document = {"ok": not found, "readings_derived": derived, "findings": [asdict(each) for each in found]}
        click.echo(json.dumps(document, indent=1))
    else:
        for each in found:
            click.echo(str(each))
        click.echo(f"{store.name}: {_verdict(len(found))}, {derived} readings derived anew")
    damaged = any(each.table == FILE for each in found)
    context.exit(StoreError.exit_status if damaged else 1 if found else 0)


def _verdict(count: int) -> str:
    return "consistent" if not count else f"{count} {'finding' if count == 1 else 'findings'}"


def _derive(store: SqlStore, now: datetime, every: bool) -> tuple[int, list[Fault]]:
    """Return how many readings were derived anew, and those that do not agree."""
    from slamon.jobs.rederive import rederive
    from slamon.store.soundness import Fault

    wrong, derived = [], 0
    for tenant in store.load_tenants():
        last = store.load_last_poll(tenant, successful=True)
        as_of = now if last is None else last.finished_at
        ids = store.load_standing_ids(tenant, as_of)
        chosen = ids if every else ids[:: max(1, len(ids) // SAMPLE)]
        derived += len(chosen)
        with _progress(tenant, len(chosen)) as seen:
            wrong += [
                Fault(
                    "readings", f"{tenant}/{ticket_id}", what, "compare `slamon explain`; keep a backup and report it"
                )
                for ticket_id, what in rederive(store, tenant, chosen, as_of, seen)
            ]
    return derived, wrong


@contextmanager
def _progress(tenant: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"readings of {tenant}", total=total)
        yield lambda: bar.advance(task)


def _now(context: click.Context) -> datetime:
    from slamon.wiring import wall_time

    return wall_time(context.obj.config).now().replace(microsecond=0)
