"""Who may read the daemon's port: TLS and passwords, in the file format that Prometheus' exporters share."""

from slamon.webguard.access import Guarded
from slamon.webguard.keeper import Keeper

__all__ = ["Guarded", "Keeper"]
