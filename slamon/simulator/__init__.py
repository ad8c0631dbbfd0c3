"""
A ConnectWise PSA to try slamon on: a seeded, living service desk behind real HTTP.

The package stands alone: it imports nothing of slamon outside itself, so a mistake in the daemon's clock
or parser cannot be repeated here and pass for agreement.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slamon.simulator.chaos import Chaos, Fault
    from slamon.simulator.clock import SimClock
    from slamon.simulator.server import SimulatorServer, Tls, serve
    from slamon.simulator.simulator import Credentials, Simulator

__all__ = ["Chaos", "Credentials", "Fault", "SimClock", "Simulator", "SimulatorServer", "Tls", "serve"]

_HOMES = {
    "Chaos": "chaos",
    "Credentials": "simulator",
    "Fault": "chaos",
    "SimClock": "clock",
    "Simulator": "simulator",
    "SimulatorServer": "server",
    "Tls": "server",
    "serve": "server",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: the command line must not load a web server to print its help."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
