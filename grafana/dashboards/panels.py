"""The kinds of panel. Each has a title, a description and a unit; what a colour says, text says too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from grafana_foundation_sdk.builders import common, stat, table, timeseries
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.dashboards.frame import SOURCE
from grafana.dashboards.promql import Query

COUNT = "short"
TEXT = "string"
SECONDS = "s"
SHARE = "percentunit"
GREEN, AMBER, RED = "green", "orange", "red"
Steps = tuple[tuple[float | None, str], ...]
_Kind = TypeVar("_Kind", stat.Panel, timeseries.Panel, table.Panel)

PLAIN: Steps = ((None, "text"),)
NONE_IS_GOOD: Steps = ((None, GREEN), (1, RED))
FEW_ARE_ODD: Steps = ((None, GREEN), (1, AMBER))
ONE_IS_GOOD: Steps = ((None, "text"), (0, RED), (1, GREEN))  # what is absent is drawn as the first


def figure(
    title: str,
    description: str,
    query: Query,
    *,
    unit: str = COUNT,
    steps: Steps = PLAIN,
    words: Mapping[str, str] | None = None,
    link: tuple[str, str] | None = None,
    nothing: str = "none",
    span: int = 6,
) -> stat.Panel:
    """Return one number for each series. *words* stand for values, *nothing* for no series, *link* is (title, path)."""
    panel = (
        _begun(stat.Panel(), title, description, unit, span, height=4)
        .no_value(nothing)
        .thresholds(thresholds(steps))
        .graph_mode(shapes.BigValueGraphMode.NONE)
        .color_mode(shapes.BigValueColorMode.VALUE)
        .text_mode(shapes.BigValueTextMode.AUTO)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
        .with_target(_target("A", query).instant())
    )
    if words:
        named = {
            value: models.ValueMappingResult(text=word, index=at) for at, (value, word) in enumerate(words.items())
        }
        panel.mappings([models.ValueMap(options=named)])
    return panel.data_links([data_link(*link)]) if link else panel


def yes_or_no(
    title: str,
    description: str,
    query: Query,
    *,
    no: str,
    yes: str,
    link: tuple[str, str] | None = None,
    nothing: str = "none",
) -> stat.Panel:
    """Return a word for each series: *no* for 0, *yes* for 1."""
    words = {"0": no, "1": yes}
    return figure(title, description, query, steps=ONE_IS_GOOD, words=words, link=link, nothing=nothing)


def course(
    title: str,
    description: str,
    *queries: Query,
    unit: str = COUNT,
    stacked: bool = False,
    bars: bool = False,
    limit: float | None = None,
    span: int = 12,
) -> timeseries.Panel:
    """Return series over time; *limit* is drawn as a line."""
    panel = (
        _begun(timeseries.Panel(), title, description, unit, span, height=8)
        .min(0)
        .fill_opacity(60 if stacked else 10)
        .draw_style(shapes.GraphDrawStyle.BARS if bars else shapes.GraphDrawStyle.LINE)
        .show_points(shapes.VisibilityMode.AUTO)
        .tooltip(common.VizTooltipOptions().mode(shapes.TooltipDisplayMode.MULTI).sort(shapes.SortOrder.DESCENDING))
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(shapes.LegendDisplayMode.TABLE)
            .placement(shapes.LegendPlacement.BOTTOM)
            .calcs(["lastNotNull", "max"])
        )
    )
    if stacked:
        panel.stacking(common.StackingConfig().mode(shapes.StackingMode.NORMAL).group("A"))
    if limit is not None:
        panel.thresholds(thresholds(((None, GREEN), (limit, RED))))
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(shapes.GraphThresholdsStyleMode.DASHED))
    for ref, query in zip("ABCDEFGH", queries, strict=False):
        panel.with_target(_target(ref, query).range())
    return panel


def listing(
    title: str,
    description: str,
    columns: Mapping[str, str],
    *,
    unit: str = COUNT,
    units: Mapping[str, str] | None = None,
    bad: Sequence[str] = (),
    links: Mapping[str, tuple[str, str]] | None = None,
    order: str = "",
    span: int = 24,
) -> table.Panel:
    """
    Return a table: a row for each set of labels, a column for each of *columns* (name to expression).

    Labels are shown as they are: with another unit Grafana reads a ticket's number as seconds, or as thousands.
    Columns in *bad* are coloured from 1 on, those in *units* have another unit; *links* are (title, path) by column.
    """
    refs = dict(zip("ABCDEFGH", columns, strict=False))
    panel = (
        _begun(table.Panel(), title, description, TEXT, span, height=9)
        .no_value("none")
        .filterable(True)
        .min_width(90)  # pixels; by default 150, and half a page would have to be scrolled
        .with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(models.DataTransformerConfig(id_val="organize", options=_organized(refs)))
    )
    for ref, name in refs.items():
        panel.with_target(_target(ref, Query(columns[name])).instant().format(PromQueryFormat.TABLE))
    for name in bad:
        panel.override_by_name(name, _coloured())
    for name in columns:
        panel.override_by_name(name, [models.DynamicConfigValue("unit", (units or {}).get(name, unit))])
    for name, (label, path) in (links or {}).items():
        panel.override_by_name(name, [models.DynamicConfigValue("links", [{"title": label, "url": path}])])
    if order:
        panel.sort_by([common.TableSortByFieldState().display_name(order).desc(order in bad)])
    return panel


def thresholds(steps: Steps) -> builders.ThresholdsConfig:
    """Return where which colour begins; the first begins below everything."""
    return (
        builders.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps([models.Threshold(value, color) for value, color in steps])
    )


def data_link(title: str, path: str) -> builders.DashboardLink:
    """Return a link that a value carries, in this window."""
    return builders.DashboardLink(title).url(path).target_blank(False)


def _begun(panel: _Kind, title: str, description: str, unit: str, span: int, *, height: int) -> _Kind:
    """Return *panel* with what every panel says of itself, whatever its kind."""
    return panel.title(title).description(description).datasource(SOURCE).unit(unit).span(span).height(height)


def _target(ref: str, query: Query) -> Dataquery:
    return Dataquery().ref_id(ref).datasource(SOURCE).expr(query.expr).legend_format(query.legend)


def _organized(refs: Mapping[str, str]) -> dict[str, object]:
    # One query gives a column "Value", several give "Value #A", "Value #B".
    named = {"Value": next(iter(refs.values()))} if len(refs) == 1 else {f"Value #{ref}": refs[ref] for ref in refs}
    return {"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": named}


def _coloured() -> list[models.DynamicConfigValue]:
    steps = [{"color": "text", "value": None}, {"color": RED, "value": 1}]
    return [
        models.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
        models.DynamicConfigValue("thresholds", {"mode": "absolute", "steps": steps}),
    ]
