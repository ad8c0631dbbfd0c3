"""`slamon run`: the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from slamon.config import Config
    from slamon.workplace import Workplace


@click.command("run")
@click.pass_context
def run(context: click.Context) -> None:
    """Watch the tenants of the configuration until told to stop.

    SIGTERM and SIGINT end it, SIGHUP takes up a changed configuration. Logs
    go to standard output.
    """
    from slamon.workplace import Workplace

    serve(context.obj.config, Workplace)


def serve(config: Config, workplace: type[Workplace]) -> None:
    """Work as *workplace* does until a signal ends it."""
    import asyncio
    import gc
    import os
    import resource

    from slamon import log
    from slamon.config import load_config
    from slamon.service import Daemon

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump of the memory would hold every secret
    log.configure(config.log.level, config.log.format)

    def started(_: str) -> None:
        # All that is loaded by now stays. To look through it again and again took a tenth of a first poll,
        # and each time everything else waited for 80 ms.
        gc.collect()
        gc.freeze()

    async def main() -> None:
        daemon = Daemon(config, reload=lambda: load_config(config.path, os.environ), workplace=workplace)
        await daemon.run(started)

    asyncio.run(main())
