"""Counts, gauges and histograms of the process itself: what the jobs tell the observer."""

from __future__ import annotations

import logging
import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from threading import Lock

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from slamon.clean import clean_label
from slamon.metrics.blocks import Block, LabelValues, Observed
from slamon.metrics.catalog import BY_NAME, FAMILIES, Family

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Histogram:
    """Observations per bucket, not yet summed up; the last bucket has no upper end."""

    counts: list[int]
    total: float = 0.0


@dataclass(slots=True)
class _Series:
    numbers: dict[LabelValues, float] = field(default_factory=dict)
    histograms: dict[LabelValues, _Histogram] = field(default_factory=dict)
    version: int = 0  # grows with every change


class ProcessMetrics(Collector):
    """Implements `ports.Observer`. Any thread may call it; it never raises, unless it is *strict*.

    Label values are cleaned here. An unknown metric is logged once and left
    out; a label that the metric does not have is left out; one that is
    missing reads as empty.
    """

    def __init__(self, infos: Mapping[str, Mapping[str, str]], *, strict: bool = False) -> None:
        self._infos = {name: {k: clean_label(v) for k, v in labels.items()} for name, labels in infos.items()}
        self._strict = strict
        self._lock = Lock()
        self._series = {family.name: _Series() for family in FAMILIES}
        self._complained: set[str] = set()

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """Add *value* to a counter."""
        family = self._family(name, "counter", labels)
        if family is None or not value >= 0:  # a negative or NaN step would break every rate()
            return
        key = _key(family, labels)
        with self._lock:
            series = self._series[name]
            series.numbers[key] = series.numbers.get(key, 0.0) + value
            series.version += 1

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge. NaN takes the series away: there is no such value at the moment."""
        family = self._family(name, "gauge", labels)
        if family is None:
            return
        key = _key(family, labels)
        with self._lock:
            series = self._series[name]
            numbers = series.numbers
            if numbers.get(key) == value:
                return
            if math.isnan(value):
                numbers.pop(key, None)
            else:
                numbers[key] = float(value)
            series.version += 1

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Add one observation to a histogram."""
        family = self._family(name, "histogram", labels)
        if family is None or math.isnan(value):
            return
        key = _key(family, labels)
        with self._lock:
            histogram = self._histogram(family, key)
            histogram.counts[bisect_left(family.buckets, value)] += 1
            histogram.total += value
            self._series[name].version += 1

    def start_at_zero(self, **values: Sequence[str]) -> None:
        """Make every label set that is known in advance appear at zero; *values* by label: tenant, report ...

        A set with a value keeps it. Families with a label whose values are
        unknown here wait for their first value.
        """
        with self._lock:
            for family in FAMILIES:
                if family.start_at_zero:
                    self._fill(family, {**family.known, **values})
                    self._series[family.name].version += 1

    def forget(self, label: str, value: str) -> None:
        """Take away all series whose *label* has *value*, as when a tenant left the configuration."""
        value = clean_label(value)
        with self._lock:
            for family in FAMILIES:
                if label in family.labels:
                    at, series = family.labels.index(label), self._series[family.name]
                    series.numbers = {k: v for k, v in series.numbers.items() if k[at] != value}
                    series.histograms = {k: v for k, v in series.histograms.items() if k[at] != value}
                    series.version += 1

    def versions(self) -> dict[str, int]:
        """Return the families in order, each with a number that grows whenever it changes."""
        infos = dict.fromkeys(self._infos, 0)
        return infos | {name: series.version for name, series in self._series.items()}

    def block(self, name: str) -> Block:
        """Return one family as it is now."""
        if name in self._infos:
            labels = self._infos[name]
            return Block(name, "info", _INFO_HELP[name], tuple(labels), [(tuple(labels.values()), 1.0)])
        family = BY_NAME[name]
        with self._lock:
            series = self._series[name]
            observed = [(key, Observed(tuple(h.counts), h.total)) for key, h in series.histograms.items()]
            rows = list(series.numbers.items())
        return Block(name, family.type, family.help, family.labels, rows, observed, family.buckets)

    def collect(self) -> Iterator[Metric]:
        return (self.block(name).metric() for name in self.versions())

    def size(self) -> int:
        """Return how many series there are."""
        with self._lock:
            several = sum(len(s.histograms) * (len(BY_NAME[n].buckets) + 3) for n, s in self._series.items())
            return several + sum(len(series.numbers) for series in self._series.values()) + len(self._infos)

    def _fill(self, family: Family, values: Mapping[str, Sequence[str]]) -> None:
        if not all(label in values for label in family.labels):
            return
        series = self._series[family.name]
        for key in product(*(tuple(map(clean_label, values[label])) for label in family.labels)):
            if family.type == "histogram":
                self._histogram(family, key)
            else:
                series.numbers.setdefault(key, 0.0)

    def _histogram(self, family: Family, key: LabelValues) -> _Histogram:
        histograms = self._series[family.name].histograms
        if key not in histograms:
            histograms[key] = _Histogram([0] * (len(family.buckets) + 1))
        return histograms[key]

    def _family(self, name: str, kind: str, labels: Mapping[str, str]) -> Family | None:
        """Return the family, or None and one line in the log; with `strict`, complain of every wrong label too."""
        family = BY_NAME.get(name)
        right = family is not None and family.type == kind
        if right and (not self._strict or (family is not None and set(labels) == set(family.labels))):
            return family
        if self._strict:
            raise ValueError(f"no {kind} {name} with the labels {sorted(labels)}")
        if name not in self._complained:
            self._complained.add(name)
            _log.warning("there is no %s called %s; it is left out", kind, name)
        return None


_INFO_HELP = {
    "slamon_build_info": "The version of slamon that runs.",
    "slamon_tzdata_info": "The version of the time zone rules in use.",
}


def _key(family: Family, labels: Mapping[str, str]) -> LabelValues:
    return tuple(clean_label(str(labels.get(label, ""))) for label in family.labels)
