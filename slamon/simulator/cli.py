"""`slamon simulate`: a ConnectWise to try slamon on, in the foreground."""

import asyncio
import signal
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from slamon.simulator.chaos import Chaos
    from slamon.simulator.server import Tls
    from slamon.simulator.simulator import Simulator


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8750, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one."
)
@click.option("--seed", default=7, show_default=True, help="The same seed gives the same desk.")
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Simulated seconds per real second: 60 makes an hour pass in a minute.",
)
@click.option("--starts-at", metavar="INSTANT", help="Simulated instant to begin at [default: the real one].")
@click.option("--anchor", metavar="INSTANT", help="Real instant at which it began [default: now].")
@click.option("--tickets", default=400, show_default=True, type=click.IntRange(min=0), help="Open tickets.")
@click.option("--closed", default=2_000, show_default=True, type=click.IntRange(min=0), help="Closed tickets.")
@click.option("--company", default="training", show_default=True, help="Company id of the login.")
@click.option("--public-key", default="public", show_default=True, help="Public key of the API member.")
@click.option("--private-key", default="private", show_default=True, help="Private key of the API member.")
@click.option("--compat", is_flag=True, help="Answer the forms of older notes on the API too, such as merge patches.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Serve https with this certificate (PEM).")
@click.option("--tls-key", type=click.Path(path_type=Path), help="Its private key (PEM).")
@click.option(
    "--requests-per-minute",
    default=1_000,
    show_default=True,
    type=click.IntRange(min=0),
    help="Answer 429 to what goes beyond, in real time; 0 never does.",
)
@click.option("--chaos", metavar="SPEC", help="Spoil answers: `all`, or KIND[=WEIGHT],... such as all,drip=0,error=3.")
@click.option("--chaos-rate", type=click.FloatRange(0, 1), help="Share of the answers to spoil [default: 0.3].")
@click.option("--chaos-seed", type=int, default=7, show_default=True, help="The same seed spoils the same requests.")
def simulate(
    host: str,
    port: int,
    seed: int,
    speed: float,
    starts_at: str | None,
    anchor: str | None,
    tickets: int,
    closed: int,
    company: str,
    public_key: str,
    private_key: str,
    compat: bool,
    tls_cert: Path | None,
    tls_key: Path | None,
    requests_per_minute: int,
    chaos: str | None,
    chaos_rate: float | None,
    chaos_seed: int,
) -> None:
    """Serve a simulated ConnectWise PSA: a service desk that lives on while slamon watches it."""
    from slamon.simulator.clock import SimClock  # not needed to print the help
    from slamon.simulator.simulator import Credentials, Simulator

    real = datetime.now(UTC)
    began = _instant("--anchor", anchor, real)
    # Whoever is given the same three values, in another process, agrees on the simulated now.
    simulated = _instant("--starts-at", starts_at, began) + (real - began) * speed
    clock = SimClock(simulated, speed)  # runs from here on: what comes before the desk is there takes seconds

    def seeded() -> Simulator:
        return Simulator(
            seed,
            tickets,
            closed,
            clock=clock,
            credentials=Credentials(company, public_key, private_key),
            compat=compat,
            requests_per_minute=requests_per_minute,
        )

    faults = _chaos(chaos, chaos_rate, chaos_seed)
    tls = _tls(tls_cert, tls_key)
    try:
        asyncio.run(_run(seeded, host, port, faults, tls))
    except OSError as error:
        raise click.ClickException(
            f"cannot listen on {host}:{port}: {error.strerror}. Choose another --port."
        ) from error


def _instant(option: str, text: str | None, default: datetime) -> datetime:
    if text is None:
        return default
    try:
        at: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise click.BadParameter(f"{text!r} is not an instant such as 2026-11-20T13:30:00Z", param_hint=option)
    return at.astimezone(UTC)


def _tls(cert: Path | None, key: Path | None) -> "Tls | None":
    """Return certificate and key, after a look whether they can be used."""
    from slamon.simulator.server import Tls

    if cert is None and key is None:
        return None
    if cert is None or key is None:
        raise click.UsageError("--tls-cert and --tls-key go together: give both or none")
    tls = Tls(cert, key)
    try:
        tls.for_server()
    except OSError as error:
        reason = "no PEM files that fit together" if isinstance(error, ssl.SSLError) else error.strerror
        raise click.BadParameter(f"{cert} and {key} cannot be used: {reason}", param_hint="--tls-cert") from None
    return tls


def _chaos(spec: str | None, rate: float | None, seed: int) -> "Chaos | None":
    """Return the chaos that the options ask for: either of spec and rate switches it on."""
    from slamon.simulator.chaos import Chaos, read_weights

    if spec is None and rate is None:
        return None
    try:
        weights = read_weights("all" if spec is None else spec)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--chaos") from None
    return Chaos(seed, 0.3 if rate is None else rate, weights)


async def _run(
    seeded: "Callable[[], Simulator]", host: str, port: int, chaos: "Chaos | None", tls: "Tls | None"
) -> None:
    from slamon.simulator.server import SimulatorServer

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    simulator = seeded()  # takes a second; a signal meanwhile is kept, and heeded below
    async with SimulatorServer(simulator, host, port, chaos=chaos, on_hit=click.echo, tls=tls) as server:
        who = simulator.credentials
        click.echo(
            f"ConnectWise simulator at {server.url} (company {who.company}, public key {who.public_key}, "
            "private key as given, any clientId)"
        )
        await stop.wait()
