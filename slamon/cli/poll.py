"""`slamon poll`: one poll and one evaluation, by hand."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from slamon.ports import Poll
    from slamon.watch import TenantWatch
    from slamon.workplace import Workplace


@click.command("poll")
@click.option("--tenant", help="Only this tenant.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def poll(context: click.Context, *, tenant: str | None, as_json: bool) -> None:
    """Poll ConnectWise once, evaluate what changed, and store it.

    Mail that this gives rise to stands in the outbox until the daemon sends
    it. The exit status is 75 if a tenant could not be polled, also because
    a daemon watches it.
    """
    import sys
    from importlib.metadata import version

    from slamon import __version__, log
    from slamon.cli.tickets import chosen_tenants
    from slamon.metrics import Metrics
    from slamon.workplace import Workplace

    config = context.obj.config
    names = chosen_tenants(config, tenant)
    log.configure("warning", config.log.format, sys.stderr)
    store = context.obj.open_store()

    async def main() -> list[Poll]:
        metrics = Metrics(version=__version__, tzdata_version=version("tzdata"))
        workplace = Workplace(config, store, metrics)
        try:
            return [await _poll(workplace, watch) for watch in workplace.watches if watch.name in names]
        finally:
            await workplace.aclose()

    records = asyncio.run(main())
    store.close()
    if as_json:
        click.echo(json.dumps([_document(record) for record in records], indent=1))
    else:
        for record in records:
            click.echo(_text(record))
    context.exit(75 if any(record.result == "failed" for record in records) else 0)


async def _poll(workplace: Workplace, watch: TenantWatch) -> Poll:
    from slamon.errors import TenantHeldError
    from slamon.ports import Poll

    try:
        async with workplace.holding(watch.name):
            return await watch.cycle()
    except TenantHeldError as error:
        now = workplace.wall.now()
        return Poll(watch.name, now, now, "failed", error=str(error))


def _document(record: Poll) -> dict[str, object]:
    return {
        "tenant": record.tenant,
        "result": record.result,
        "seen": record.seen,
        "changed": record.changed,
        "rejected": record.rejected,
        "watermark": record.watermark.isoformat() if record.watermark else None,
        "error": record.error,
    }


def _text(record: Poll) -> str:
    if record.result == "failed":
        return f"{record.tenant}: failed: {record.error}"
    return (
        f"{record.tenant}: {record.result}, {record.seen} tickets seen, {record.changed} changed, "
        f"{record.rejected} refused"
    )
