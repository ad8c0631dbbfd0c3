"""docs/reference/metrics.md names every metric with its type and labels, every value of a fixed label, and no more."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from slamon.metrics import Metrics
from slamon.metrics.catalog import (
    CALLBACK_RESULTS,
    CODES,
    DELIVERY_RESULTS,
    FAMILIES,
    KINDS,
    POLL_RESULTS,
    REJECTIONS,
    REPORT_RESULTS,
    WITNESS_CAUSES,
)
from slamon.metrics.snapshot import STATES
from tests.docs.pages import REFERENCE, codes, pages, prose, rows
from tests.outputs.test_metrics import full_snapshot

ROLES = ("slamon_migrate", "slamon_run", "slamon_read")  # of Postgres, named as metrics are

PAGE = REFERENCE / "metrics.md"


def shown() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return type and labels of each metric on a page on which everything has a value."""
    metrics = Metrics(version="1", tzdata_version="2", tenants=["t"], reports=["r"], strict=True)
    metrics.limit(5000, 1)
    moments = (("respond", 1.0),)
    metrics.publish(replace(full_snapshot("t"), next_deadlines=moments, oldest_breaches=moments))
    found: dict[str, tuple[str, tuple[str, ...]]] = {f.name: (f.type, f.labels) for f in FAMILIES}
    for metric in metrics.registry.collect():
        name = metric.name + {"counter": "_total", "info": "_info"}.get(metric.type, "")
        if name not in found:
            labels = tuple(label for label in metric.samples[0].labels if label != "le")
            found[name] = ("gauge" if metric.type == "info" else metric.type, labels)
    return found


METRICS = shown()
ROWS = {name: row for name, row in rows(PAGE.read_text("utf-8")).items() if name.startswith("slamon_")}


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_metric_has_a_row_with_its_type_and_labels(name: str) -> None:
    kind, labels = METRICS[name]

    assert name in ROWS
    assert ROWS[name][0] == kind
    assert sorted(codes(ROWS[name][1])) == sorted(labels)
    assert ROWS[name][2]


def test_no_page_names_a_metric_that_does_not_exist() -> None:
    known = {*METRICS, "slamon_schema", "slamon_cluster", *ROLES}
    for page in pages():
        named = set(re.findall(r"`(slamon_[a-z_]+)", prose(page)))
        assert named <= known, page.name


@pytest.mark.parametrize(
    "values",
    [
        STATES,
        POLL_RESULTS,
        REJECTIONS,
        DELIVERY_RESULTS,
        REPORT_RESULTS,
        KINDS,
        WITNESS_CAUSES,
        CODES,
        CALLBACK_RESULTS,
    ],
    ids=lambda v: v[0],
)
def test_every_value_of_a_fixed_label_is_named(values: tuple[str, ...]) -> None:
    assert set(values) <= set(codes(prose(PAGE)))
