"""Leases: which daemon watches a tenant. Held for seconds at a time and renewed; time is the database's own clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to watch *tenant*. `token` grows with every taker, so an older one can be told from it.

    `holder` names a process, see `slamon.holder`.
    """

    tenant: str
    holder: str
    token: int


@dataclass(frozen=True, slots=True)
class Watcher:
    """A daemon that lives and has the tenant in its configuration; `holds`: its lease too."""

    tenant: str
    holder: str
    holds: bool


class LeaseStore(Protocol):
    """Where leases are kept. Each call is one transaction."""

    def take_lease(self, tenant: str, holder: str, seconds: int, is_gone: Callable[[str], bool]) -> Lease | None:
        """Take the lease for *seconds* if nobody holds it, or a holder that *is_gone*, or *holder* itself."""

    def renew_leases(self, holder: str, seconds: Mapping[str, int], held: Mapping[str, Lease]) -> set[str]:
        """Renew the leases *held* and say that *holder* watches the tenants in *seconds*, each for so long.

        Return the tenants whose leases it still has.
        """

    def release_lease(self, lease: Lease) -> None:
        """Let others take it at once; one that was lost is left alone."""

    def leave(self, holder: str) -> None:
        """Forget that *holder* watches anything."""

    def load_watchers(self) -> list[Watcher]: ...
    def load_holder(self, tenant: str) -> str | None:
        """Return who holds the tenant's lease; None if nobody does."""
