"""Callbacks that ConnectWise signed become hints for the watch of their tenant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from slamon.connectwise.callbacks import read_callback
from slamon.connectwise.signing import KeyRing
from slamon.log import get_logger
from slamon.metrics.catalog import CALLBACK_RESULTS
from slamon.ports import Observer

log = get_logger(__name__)

_QUIET = ("accepted", "ignored")


class Watch(Protocol):
    """Who asks for the tickets."""

    def hint(self, ticket_id: int) -> bool:
        """Ask for this ticket soon; False if too many are asked for already."""


@dataclass(frozen=True, slots=True)
class Hinted:
    """A tenant that takes callbacks."""

    keys: KeyRing
    watch: Watch


class HintDesk:
    """Takes callbacks for the tenants it was told of; none before that."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._tenants: Mapping[str, Hinted] = {}
        self._told: set[tuple[str, str]] = set()

    def serve(self, tenants: Mapping[str, Hinted]) -> None:
        """Take callbacks for these from now on, and for no others."""
        self._tenants = tenants
        for tenant in tenants:
            for result in CALLBACK_RESULTS:
                self._observer.count("slamon_callbacks_total", 0, tenant=tenant, result=result)

    def takes_callbacks(self, tenant: str) -> bool:
        return tenant in self._tenants

    async def take_callback(self, tenant: str, body: bytes, signature: str) -> str:
        """Return what came of it; an accepted one is a hint by now."""
        hinted = self._tenants.get(tenant)
        if hinted is None:
            return "ignored"  # the settings changed while the body was read
        reading = await read_callback(body, signature, hinted.keys)
        if reading.ticket_id is not None and not hinted.watch.hint(reading.ticket_id):
            return "dropped"
        return reading.result

    def count_callback(self, tenant: str, result: str) -> None:
        """Count one; the first of each bad kind is logged, the others are in the metric: anybody can send them."""
        self._observer.count("slamon_callbacks_total", tenant=tenant, result=result)
        if result not in _QUIET and (tenant, result) not in self._told:
            self._told.add((tenant, result))
            log.warning("callback not taken", tenant=tenant, result=result, more="in slamon_callbacks_total only")
