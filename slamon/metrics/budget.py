"""A budget of label values, so that no source can fill a Prometheus: the largest stay, the rest is `other`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

OTHER = "other"
Counts = tuple[tuple[str, str, str, int], ...]  # name, stage, state, tickets


def fold(counts: Sequence[tuple[str, Counts]], most: int) -> tuple[list[tuple[str, Counts]], Counter[str]]:
    """
    Return *counts* of several tenants with at most *most* names in all, and how many each tenant lost.

    The names with most goals stay, of equal ones the first by tenant and name.
    What is folded is added to the tenant's `other`, which comes on top of *most*.
    """
    size: Counter[tuple[str, str]] = Counter()
    for tenant, rows in counts:
        for name, _, _, tickets in rows:
            size[tenant, name] += tickets
    ranked = sorted(size, key=lambda key: (-size[key], key))
    folded = set(ranked[most:])
    lost = Counter(tenant for tenant, _ in folded)
    return [(tenant, _folded(tenant, rows, folded) if lost[tenant] else rows) for tenant, rows in counts], lost


def _folded(tenant: str, rows: Counts, folded: set[tuple[str, str]]) -> Counts:
    sums: Counter[tuple[str, str, str]] = Counter()
    for name, stage, state, tickets in rows:
        sums[OTHER if (tenant, name) in folded else name, stage, state] += tickets
    return tuple((*key, tickets) for key, tickets in sums.items())
