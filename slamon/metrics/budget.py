"""A budget of series, so that no source can fill a Prometheus: the largest names stay, the rest is `other`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from slamon.ports.outcomes import OTHER

Counts = tuple[tuple[str, str, str, int], ...]  # name, stage, state, goals
ByTenant = Sequence[tuple[str, Counts]]
Name = tuple[str, str]  # of a tenant


def fit(counts: ByTenant, series: int, per_name: int, *, fold_rest: bool = True) -> tuple[ByTenant, Counter[str]]:
    """
    Return *counts* of several tenants in at most *series* series, and how many names each tenant lost.

    The names with most goals stay, of equal ones the first by tenant and name.
    What is left of a tenant is its `other`, a name like any. Without *fold_rest*, or where
    not even the largest name finds room, it is left out: then a sum over names is not all.
    """
    ranked = _ranked(counts)
    if len(ranked) * per_name <= series:
        return counts, Counter()
    names = series // per_name
    if not fold_rest:
        kept = set(ranked[: max(0, names)])
        left = [(tenant, tuple(row for row in rows if (tenant, row[0]) in kept)) for tenant, rows in counts]
        return left, Counter(tenant for tenant, name in ranked if (tenant, name) not in kept)
    most = min(names, len(ranked))
    while most > 0 and most + len({tenant for tenant, _ in ranked[most:]}) > names:
        most -= 1
    if most <= 0:
        return [(tenant, ()) for tenant, _ in counts], Counter(tenant for tenant, _ in ranked)
    return fold(counts, most)


def fold(counts: ByTenant, most: int) -> tuple[list[tuple[str, Counts]], Counter[str]]:
    """
    Return *counts* of several tenants with at most *most* names in all, and how many each tenant lost.

    What is folded is added to the tenant's `other`, which comes on top of *most*.
    """
    folded = set(_ranked(counts)[most:])
    lost = Counter(tenant for tenant, _ in folded)
    return [(tenant, _folded(tenant, rows, folded) if lost[tenant] else rows) for tenant, rows in counts], lost


def _ranked(counts: ByTenant) -> list[Name]:
    size: Counter[Name] = Counter()
    for tenant, rows in counts:
        for name, _, _, goals in rows:
            size[tenant, name] += goals
    return sorted(size, key=lambda key: (-size[key], key))


def _folded(tenant: str, rows: Counts, folded: set[Name]) -> Counts:
    sums: Counter[tuple[str, str, str]] = Counter()
    for name, stage, state, goals in rows:
        sums[OTHER if (tenant, name) in folded else name, stage, state] += goals
    return tuple((*key, goals) for key, goals in sums.items())
