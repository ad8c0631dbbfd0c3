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


def legend(by: str) -> str:
    """Return what tells series apart that were taken by labels: the values of these labels."""
    return " ".join(f"{{{{{label}}}}}" for label in by.split(", "))


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


def by_state(by: str, metric: str, labels: str) -> dict[str, str]:
    """Return the open tickets by labels: the query of each state by the name of its column, and that of all."""
    states = {"breached": "breached", "at risk": "at_risk", "paused": "paused"}
    columns = {name: total(by, f'{metric}{{{labels}, state="{state}"}}') for name, state in states.items()}
    return columns | {"open": total(by, f"{metric}{{{labels}}}")}


def by_outcome(by: str, metric: str, labels: str) -> dict[str, str]:
    """Return the goals concluded this month by labels: the query of each outcome by its name, the bad one first."""
    return {outcome: total(by, f'{metric}{{{labels}, outcome="{outcome}"}}') for outcome in ("missed", "met")}


def quantile(share: float, by: str, histogram: str, labels: str = "", window: str = "$__rate_interval") -> str:
    """Return a quantile of what each daemon measured itself; absent, not NaN, where nothing was measured."""
    selector = f"{histogram}_bucket{{{labels}}}" if labels else f"{histogram}_bucket"
    grouping = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({grouping}) (rate({selector}[{window}]))) >= 0"


def worst(metric: str, by: str = "tenant") -> Query:
    """Return the highest value that any daemon shows of a gauge of the tenants."""
    return Query(f"max by ({by}) ({metric}{{{TENANT}}})", legend(by))


def age(by: str, timestamp: str) -> str:
    """Return the seconds since the newest *timestamp*, by labels; 0 stands for never and is left out."""
    return f"time() - max by ({by}) ({timestamp} > 0)" if by else f"time() - max({timestamp} > 0)"
