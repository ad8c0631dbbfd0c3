"""`slamon demo`: the daemon on a simulated desk whose hours pass in minutes, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

from slamon import log
from slamon.config import load_config
from slamon.demo.folder import TENANT, DemoFolder, working_day
from slamon.errors import SlamonError
from slamon.mailbox import Mailbox
from slamon.service import Daemon

POLL_SECONDS = 120  # of simulated time


async def live_on(
    folder: DemoFolder, *, seed: int, tickets: int, speed: float, port: int, say: Callable[[str], None]
) -> None:
    """Run simulator, mailbox and daemon until a signal ends them."""
    folder.clear()
    anchor = datetime.now(UTC).replace(microsecond=0)
    starts_at = working_day(anchor)
    arguments = [
        *("--seed", str(seed), "--tickets", str(tickets), "--speed", str(speed)),
        *("--anchor", anchor.isoformat(), "--starts-at", starts_at.isoformat()),
    ]
    async with _simulator(arguments) as source, Mailbox(folder.mails) as box:
        folder.write_config(
            source=source,
            mail_port=box.port,
            port=port,
            speed=speed,
            anchor=anchor,
            starts_at=starts_at,
            poll_seconds=POLL_SECONDS,
        )
        config = load_config(folder.config, {})
        log.configure("warning", config.log.format, sys.stderr)

        def started(address: str) -> None:
            say(
                f"slamon watches a simulated ConnectWise on which an hour passes in {3600 / speed:.0f} s.\n"
                f"  tickets  {address}/\n"
                f"  metrics  {address}/metrics\n"
                f"  health   {address}/-/ready\n"
                f"  mails    {address}/mail/\n"
                f"  ConnectWise (simulated)  {source}\n"
                f"In another terminal:\n"
                f"  {sys.argv[0]} -c {folder.config} status\n"
                f"  {sys.argv[0]} -c {folder.config} explain {TENANT}/ID\n"
                f"Ctrl-C ends it."
            )

        await Daemon(config, lambda: load_config(folder.config, {}), box.app).run(started)


@contextlib.asynccontextmanager
async def _simulator(arguments: list[str]) -> AsyncIterator[str]:
    """Run `slamon simulate` in a process of its own; give its address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "slamon", "simulate", "--port", "0", "--requests-per-minute", "0", *arguments),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the daemon, which then ends the simulator
    )
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        address = next((word for word in line.split() if word.startswith("http://")), None)
        if address is None:
            raise SlamonError(f"the simulator did not start: {line.strip() or 'see its message above'}")
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
