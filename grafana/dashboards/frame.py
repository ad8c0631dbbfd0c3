"""What all dashboards share: data source, variables, sections, links, annotations, and how they are written down."""

from __future__ import annotations

import json

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.common import DataSourceRef

TAG = "slamon"
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")


def dashboard(uid: str, title: str, description: str, since: str = "now-24h") -> builders.Dashboard:
    """Return an empty dashboard with the data source and `$tenant`."""
    return (
        builders.Dashboard(f"slamon: {title}")
        .uid(f"slamon-{uid}")
        .description(description)
        .tags([TAG])
        .readonly()
        .timezone("browser")
        .time(since, "now")
        .refresh("1m")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .link(_siblings())
        .annotation(_deploys())
        .annotation(_reloads())
        .with_variable(builders.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(choice("tenant", "slamon_up"))
    )


def section(frame: builders.Dashboard, title: str, *panels: Builder[models.Panel]) -> None:
    """Put a row with *title* on the dashboard and *panels* below it, from left to right."""
    frame.with_row(builders.Row(title))
    for panel in panels:
        frame.with_panel(panel)


def choice(label: str, metric: str) -> builders.QueryVariable:
    """Return a variable over the values of *label*: any number of them, at first all."""
    query = f"label_values({metric}, {label})"
    return (
        builders.QueryVariable(label)
        .label(label.capitalize())
        .datasource(SOURCE)
        .query({"query": query, "refId": f"variable-{label}"})
        .definition(query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(models.VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


def board_choice() -> builders.QueryVariable:
    return choice("board", 'slamon_tickets{tenant=~"$tenant"}')


def priority_choice() -> builders.QueryVariable:
    return choice("priority", 'slamon_tickets_by_priority{tenant=~"$tenant"}')


def stage_choice() -> builders.CustomVariable:
    """Return `$stage`: one at a time, since each ticket stands in all three."""
    return (
        builders.CustomVariable("stage")
        .label("Stage")
        .values("respond,plan,resolve")
        .options([models.VariableOption(name == "resolve", name, name) for name in ("respond", "plan", "resolve")])
        .current(models.VariableOption(selected=True, text="resolve", value="resolve"))
    )


def text(built: models.Dashboard) -> str:
    """Return the JSON of a dashboard, its panels numbered and its keys sorted, so that a change is seen as one."""
    for number, panel in enumerate(built.panels or [], 1):
        panel.id_val = number
    document = json.loads(json.dumps(built, cls=JSONEncoder))
    return json.dumps(_for_grafana_10(document), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _for_grafana_10(node: object) -> object:
    """Return *node* without the one key that only newer ones know; they would hide links and annotations in a menu."""
    if isinstance(node, dict):
        kept = {key for key in node if key != "placement" or "displayMode" in node}  # a legend has a place too
        return {key: _for_grafana_10(value) for key, value in node.items() if key in kept}
    return [_for_grafana_10(value) for value in node] if isinstance(node, list) else node


def _siblings() -> builders.DashboardLink:
    return (
        builders.DashboardLink("slamon")
        .type(models.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )


def _deploys() -> builders.AnnotationQuery:
    version = "max by (version) (slamon_build_info)"
    return _annotation("Version", "blue", f"{version} unless {version.replace('info', 'info offset 1m')}").title_format(
        "slamon {{version}}"
    )


def _reloads() -> builders.AnnotationQuery:
    at = "max by (job) (slamon_config_last_reload_success_timestamp_seconds > 0) * 1000"
    return _annotation("Settings", "purple", at).title_format("new settings").use_value_for_time(True)


def _annotation(name: str, color: str, expr: str) -> builders.AnnotationQuery:
    return (
        builders.AnnotationQuery().name(name).datasource(SOURCE).enable(True).icon_color(color).expr(expr).step("60s")
    )
