"""Prometheus metrics: process metrics told by the jobs, and the clocks of the last snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry

from slamon.clean import clean_label
from slamon.metrics.board import OpenBoard
from slamon.metrics.clocks import OpenClocks
from slamon.metrics.page import CONTENT_TYPES, Page, choose_format
from slamon.metrics.process import ProcessMetrics
from slamon.metrics.snapshot import ClockSnapshot, count_board, count_clocks

__all__ = ["ClockSnapshot", "Metrics", "OpenBoard", "count_board", "count_clocks"]


class Metrics:
    """All metrics of one daemon; an `Observer`. It has its own registry, so two daemons fit into one process.

    *strict* makes a wrong metric name or label an error, for tests.
    """

    def __init__(
        self,
        *,
        version: str,
        tzdata_version: str,
        revision: str = "",
        tenants: Sequence[str] = (),
        reports: Sequence[str] = (),
        channels: Sequence[str] = ("mail",),
        strict: bool = False,
    ) -> None:
        infos = {
            "slamon_build_info": {"version": version, "revision": revision},
            "slamon_tzdata_info": {"version": tzdata_version},
        }
        self._process = ProcessMetrics(infos, strict=strict)
        self._clocks = OpenClocks(self._process.size)
        self._page = Page(self._process, self._clocks)
        self._tenants: tuple[str, ...] = ()
        self._channels = tuple(channels)
        self._before_scrape: Callable[[], None] | None = None
        self.registry = CollectorRegistry()
        self.registry.register(self._process)
        self.registry.register(self._clocks)
        self.watch(tenants, reports, self._channels)
        self._process.set("slamon_config_last_reload_successful", 1)

    def watch(self, tenants: Iterable[str], reports: Sequence[str] = (), channels: Sequence[str] = ("mail",)) -> None:
        """Show these tenants and channels, from zero if new, and forget the others: at the start and after a reload."""
        shown = tuple(clean_label(tenant) for tenant in tenants)
        for gone in set(self._tenants) - set(shown):
            self._process.forget("tenant", gone)
            self._clocks.forget(gone)
        for gone in set(self._channels) - set(channels):
            self._process.forget("channel", gone)
        self._tenants, self._channels = shown, tuple(channels)
        self._process.start_at_zero(tenant=shown, report=reports, channel=self._channels)

    def limit(self, most_series: int, worst_tickets: int) -> None:
        """Keep the page to about *most_series* series, with so many tickets on it by number."""
        self._clocks.limit(most_series, worst_tickets)

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """Add to a counter."""
        self._process.count(name, value, **labels)

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Add an observation to a histogram."""
        self._process.observe(name, value, **labels)

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge; NaN takes the series away."""
        self._process.set(name, value, **labels)

    def publish(self, snapshot: ClockSnapshot) -> None:
        """Show a tenant's clocks as they are now."""
        self._clocks.publish(snapshot)

    def before_scrape(self, refresh: Callable[[], None] | None) -> None:
        """Call *refresh* before each page: it sets what changes by the passing of time alone."""
        self._before_scrape = refresh

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """Return the page and its content type, for an Accept header."""
        if self._before_scrape is not None:
            self._before_scrape()
        form = choose_format(accept)
        return self._page.render(form), CONTENT_TYPES[form]
