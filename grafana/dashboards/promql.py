"""Pieces of queries. Two daemons on one database show the same figures, so each is taken once before it is summed."""

from __future__ import annotations

from dataclasses import dataclass

TENANT = 'tenant=~"$tenant"'
BOARD = f'{TENANT}, board=~"$board"'
PRIORITY = f'{TENANT}, priority=~"$priority"'
COMPANY = f'{TENANT}, company=~"$company"'
STAGE = 'stage="$stage"'


@dataclass(frozen=True, slots=True)
class Query:
    """An expression and how its series are called; `legend` may name labels as `{{label}}`."""

    expr: str
    legend: str = ""


def once(vector: str) -> str:
    """Return *vector* without what two daemons say twice."""
    return f"max without (instance) ({vector})"


def total(by: str, vector: str) -> str:
    """Return the sums of *vector* by labels, each figure taken once."""
    return f"sum by ({by}) ({once(vector)})"


def grown(by: str, vector: str, window: str = "$__rate_interval") -> str:
    """Return by how much counters that all daemons share grew, by labels. Only whole things are counted."""
    return f"round(sum by ({by}) ({once(f'increase({vector}[{window}])')}))"


def done(by: str, vector: str, window: str = "$__rate_interval") -> str:
    """Return what the daemons did together, by labels: each counts its own."""
    return f"round(sum by ({by}) (increase({vector}[{window}])))"


def share(by: str, metric: str, labels: str) -> str:
    """Return met / (met + missed) of the month, by labels; absent while both are 0."""
    met = total(by, f'{metric}{{{labels}, outcome="met"}}')
    concluded = total(by, f'{metric}{{{labels}, outcome=~"met|missed"}}')
    return f"{met} / ({concluded} > 0)"


def quantile(share: float, by: str, histogram: str, labels: str = "", window: str = "$__rate_interval") -> str:
    """Return a quantile of what each daemon measured itself."""
    selector = f"{histogram}_bucket{{{labels}}}" if labels else f"{histogram}_bucket"
    grouping = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({grouping}) (rate({selector}[{window}])))"


def age(by: str, timestamp: str) -> str:
    """Return the seconds since the newest *timestamp*, by labels; 0 stands for never and is left out."""
    return f"time() - max by ({by}) ({timestamp} > 0)" if by else f"time() - max({timestamp} > 0)"
