"""`slamon demo`: see slamon work, without a ConnectWise account."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from slamon.demo.folder import DemoFolder


@click.command("demo")
@click.option("--once", is_flag=True, help="Live through one afternoon in seconds, print what came of it, end.")
@click.option(
    "--dir", "path", default="demo-data", show_default=True, type=click.Path(path_type=Path), help="Folder to use."
)
@click.option("--seed", default=7, show_default=True, help="The same seed gives the same desk.")
@click.option("--tickets", default=400, show_default=True, type=click.IntRange(1), help="Open tickets.")
@click.option(
    "--speed", default=60.0, show_default=True, type=click.FloatRange(0.1, 3600), help="Simulated seconds a second."
)
@click.option("--port", default=9850, show_default=True, type=click.IntRange(0, 65_535), help="Port; 0 takes any.")
def demo(*, once: bool, path: Path, seed: int, tickets: int, speed: float, port: int) -> None:
    """Run slamon on a simulated ConnectWise, SQLite and a mailbox of its own.

    Without --once it runs until Ctrl-C and serves metrics, health and the
    mails. The folder is emptied of an earlier demo first.
    """
    import asyncio

    from slamon.demo.folder import DemoFolder

    folder = DemoFolder(path)
    with folder.held():
        if once:
            _once(folder, seed, tickets)
            return
        from slamon.demo.live import live_on

        asyncio.run(live_on(folder, seed=seed, tickets=tickets, speed=speed, port=port, say=click.echo))


def _once(folder: DemoFolder, seed: int, tickets: int) -> None:
    import asyncio
    import sys

    from slamon import log
    from slamon.cli.status import tenant_document, tenant_text
    from slamon.demo.folder import TENANT
    from slamon.demo.once import SHOWN, live_once

    log.configure("error", "text", sys.stderr)
    outcome = asyncio.run(live_once(folder, seed=seed, tickets=tickets, say=click.echo))
    click.echo()
    click.echo(
        tenant_text(
            tenant_document(TENANT, outcome.standing, outcome.poll, outcome.now, SHOWN, {}), outcome.poll, outcome.now
        )
    )
    click.echo(f"\n{outcome.polls} polls, {len(outcome.mails)} mails, the latest:")
    for subject in outcome.mails[:5]:
        click.echo(f"  {subject}")
    click.echo(f"\ndatabase  {folder.database}\nmails     {folder.mails}\nmetrics   {folder.metrics}")
    click.echo(f"config    {folder.config}")
