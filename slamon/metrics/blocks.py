"""Families of series on their way to the page, and their text: what prometheus_client would write, many times as fast.

`generate_latest` takes about 20 µs a series, most of it for putting the labels together again and again;
here that is done once for each series. Tests hold every page against the library's own, byte for byte.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.utils import floatToGoString

Format = Literal["text", "openmetrics"]
Type = Literal["counter", "gauge", "histogram", "info"]
LabelValues = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Observed:
    """A histogram's series: observations per bucket, not yet summed up, the last without an upper end."""

    counts: tuple[int, ...]
    total: float


@dataclass(frozen=True, slots=True)
class Block:
    """One family. A counter's name ends in `_total`, an info's in `_info`; `histograms` go with `buckets`."""

    name: str
    type: Type
    help: str
    labels: tuple[str, ...]
    rows: Sequence[tuple[LabelValues, float]] = ()
    histograms: Sequence[tuple[LabelValues, Observed]] = ()
    buckets: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.rows) + len(self.histograms) * (len(self.buckets) + 3)

    def text(self, form: Format) -> str:
        """Return the family as it stands on the page."""
        kind, name = self.type, self.name
        if form == "openmetrics":
            name = name.removesuffix({"counter": "_total", "info": "_info"}.get(kind, ""))
        elif kind == "info":
            kind = "gauge"
        escaped = self.help.replace("\\", r"\\").replace("\n", r"\n")
        lines = [f"# HELP {name} {escaped}\n# TYPE {name} {kind}\n"]
        own, labels = self.name, self.labels
        lines += [f"{own}{_pairs(labels, key)} {_number(value)}\n" for key, value in self.rows]
        for key, observed in self.histograms:
            lines += self._lines(key, observed)
        return "".join(lines)

    def _lines(self, key: LabelValues, observed: Observed) -> Iterator[str]:
        with_end = (*self.labels, "le")
        for end, count in cumulative(self.buckets, observed):
            yield f"{self.name}_bucket{_pairs(with_end, (*key, end))} {_number(count)}\n"
        yield f"{self.name}_count{_pairs(self.labels, key)} {_number(float(sum(observed.counts)))}\n"
        yield f"{self.name}_sum{_pairs(self.labels, key)} {_number(observed.total)}\n"

    def metric(self) -> Metric:
        """Return the family as the library's own."""
        if self.type == "info":
            info = InfoMetricFamily(self.name.removesuffix("_info"), self.help, labels=())
            for key, _ in self.rows:
                info.add_metric((), dict(zip(self.labels, key, strict=True)))
            return info
        if self.type == "histogram":
            family = HistogramMetricFamily(self.name, self.help, labels=self.labels)
            for key, observed in self.histograms:
                family.add_metric(key, list(cumulative(self.buckets, observed)), observed.total)
            return family
        kind = CounterMetricFamily if self.type == "counter" else GaugeMetricFamily
        numbers = kind(self.name, self.help, labels=self.labels)
        for key, value in self.rows:
            numbers.add_metric(key, value)
        return numbers


def cumulative(buckets: tuple[float, ...], observed: Observed) -> Iterator[tuple[str, float]]:
    """Yield (upper end, observations up to it), the last end being +Inf."""
    running = 0
    for end, count in zip((*buckets, math.inf), observed.counts, strict=True):
        running += count
        yield _number(end), float(running)


@lru_cache(maxsize=1 << 15)
def _pairs(labels: tuple[str, ...], values: LabelValues) -> str:
    if not labels:
        return ""
    pairs = (f'{label}="{_escaped(value)}"' for label, value in sorted(zip(labels, values, strict=True)))
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


@lru_cache(maxsize=1 << 14)
def _number(value: float) -> str:
    text: str = floatToGoString(value)  # type: ignore[no-untyped-call]  # the library has no types here
    return text
