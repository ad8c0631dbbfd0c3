"""Sharing tenants among daemons: who takes one that is free, and who gives one away. Counts alone decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

Watched = tuple[str, str, bool]  # tenant, holder, whether it holds the tenant's lease


def is_ours_to_take(tenant: str, holder: str, watched: Iterable[Watched]) -> bool:
    """Say whether no other watcher of *tenant* holds fewer tenants than *holder* does."""
    lightest, own = _loads(tenant, holder, watched)
    return lightest is None or own <= lightest


def is_ours_to_give(tenant: str, holder: str, watched: Iterable[Watched]) -> bool:
    """Say whether the load would be more even if another watcher of *tenant* had it."""
    lightest, own = _loads(tenant, holder, watched)
    return lightest is not None and own >= lightest + 2


def _loads(tenant: str, holder: str, watched: Iterable[Watched]) -> tuple[int | None, int]:
    """Return how many tenants the lightest other watcher of *tenant* holds, None without one, and how many *holder*."""
    rows = list(watched)
    loads = Counter(other for _, other, holds in rows if holds)
    others = [loads[other] for name, other, _ in rows if name == tenant and other != holder]
    return min(others, default=None), loads[holder]
