"""The dashboards are what their source makes, and keep the rules that make them work anywhere."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from typing import Any

import pytest

from grafana.dashboards import FOLDER, files
from tests.docs.pages import REFERENCE, rows, sections
from tests.grafana.dashboards import Dashboard, committed

DASHBOARDS = committed()
each = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.name)
METRICS = {name: cells for text in sections(REFERENCE / "metrics.md").values() for name, cells in rows(text).items()}
SHARED = {name for title in ("Clocks", "Objectives") for name in rows(sections(REFERENCE / "metrics.md")[title])}
NAME = re.compile(r"slamon_\w+")
BUILT_IN = {"__range", "__rate_interval", "__url_time_range", "__data.fields"}


def test_what_is_committed_is_what_the_source_makes() -> None:
    """`make grafana` writes them anew."""
    assert {path.name: path.read_text("utf-8") for path in FOLDER.iterdir()} == files()


@each
def test_it_can_be_provisioned_and_is_not_edited(dashboard: Dashboard) -> None:
    model = dashboard.model

    assert model["uid"] == dashboard.name
    assert re.fullmatch(r"slamon-[a-z]{1,33}", dashboard.name)
    assert model["title"].startswith("slamon: ")
    assert (model["editable"], model["timezone"], model["tags"]) == (False, "browser", ["slamon"])
    assert "id" not in model
    assert "__inputs" not in model


@each
def test_every_panel_says_what_it_shows_and_in_which_unit(dashboard: Dashboard) -> None:
    for panel in dashboard.panels:
        assert panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["targets"], panel["title"]


@each
def test_a_label_in_a_table_is_text_and_a_number_has_its_unit(dashboard: Dashboard) -> None:
    """Grafana formats what looks like a number: ticket 11902 of a table in seconds is 3.31 hours."""
    for panel in (panel for panel in dashboard.panels if panel["type"] == "table"):
        assert panel["fieldConfig"]["defaults"]["unit"] == "string"
        (names,) = [it["options"]["renameByName"] for it in panel["transformations"] if it["id"] == "organize"]
        properties = [
            (it["matcher"]["options"], each) for it in panel["fieldConfig"]["overrides"] for each in it["properties"]
        ]
        united = {name for name, each in properties if each["id"] == "unit" and each["value"] != "string"}
        assert united == set(names.values()), panel["title"]


@each
def test_the_data_source_is_the_readers_choice_everywhere(dashboard: Dashboard) -> None:
    asked = [*dashboard.panels, *(target for panel in dashboard.panels for target in panel["targets"])]
    asked += dashboard.model["annotations"]["list"]
    asked += [variable for variable in dashboard.variables if variable["type"] == "query"]

    assert {(it["datasource"]["type"], it["datasource"]["uid"]) for it in asked} == {("prometheus", "${datasource}")}
    assert dashboard.variables[0]["type"] == "datasource"
    assert dashboard.variables[0]["query"] == "prometheus"


@each
def test_panels_have_numbers_of_their_own_and_do_not_overlap(dashboard: Dashboard) -> None:
    every = dashboard.model["panels"]

    assert [number for number, times in Counter(panel["id"] for panel in every).items() if times > 1] == []
    assert [
        (one["title"], two["title"]) for one, two in combinations(every, 2) if _overlap(one["gridPos"], two["gridPos"])
    ] == []
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in every)


def _overlap(one: dict[str, int], two: dict[str, int]) -> bool:
    return (
        one["x"] < two["x"] + two["w"]
        and two["x"] < one["x"] + one["w"]
        and one["y"] < two["y"] + two["h"]
        and two["y"] < one["y"] + one["h"]
    )


@each
def test_variables_offer_several_and_all_and_are_renewed(dashboard: Dashboard) -> None:
    for variable in dashboard.variables:
        if variable["type"] == "query":
            assert (variable["multi"], variable["includeAll"], variable["allValue"]) == (True, True, ".*")
            assert variable["refresh"] == 2  # with the time shown
            assert variable["query"]["query"] == variable["definition"]
            assert variable["current"]["value"] == ["$__all"]


@each
def test_every_variable_named_exists_and_every_one_that_exists_is_used(dashboard: Dashboard) -> None:
    names = {variable["name"] for variable in dashboard.variables}
    texts = [
        *dashboard.queries,
        *dashboard.links,
        *(variable.get("definition", "") for variable in dashboard.variables),
    ]
    texts += [panel["title"] for panel in dashboard.model["panels"]]
    named = {name for text in texts for name in re.findall(r"\$\{?([A-Za-z_]+(?:\.fields)?)", text)} - BUILT_IN

    assert named - names == set()
    assert names - named - {"datasource"} == set()


@each
def test_queries_name_only_metrics_and_labels_that_exist(dashboard: Dashboard) -> None:
    definitions = [variable["definition"] for variable in dashboard.variables if variable["type"] == "query"]

    for query in [*dashboard.queries, *definitions]:
        for name, labels in re.findall(r"(slamon_\w+)(?:\{([^}]*)\})?", query):
            known = re.findall(r"`(\w+)`", METRICS[_base(name)][1])
            assert set(re.findall(r"(\w+)[=!]~?\"", labels)) <= set(known), query


@each
def test_what_all_daemons_show_alike_is_taken_once(dashboard: Dashboard) -> None:
    """Two daemons on one database show the same figures; a sum over both would double them."""
    once = re.compile(r"max (?:without \(instance\)|by \([^)]*\)) \((?:increase\()?(slamon_\w+)")

    for query in dashboard.queries:
        shared = Counter(name for name in NAME.findall(query) if _base(name) in SHARED)
        assert shared - Counter(once.findall(query)) == Counter(), query
        assert re.search(r"\b(by|without) \(", query), query


@each
def test_stages_are_never_added_up(dashboard: Dashboard) -> None:
    """A ticket stands in all three."""
    for query in dashboard.queries:
        for aggregation, inner in re.findall(r"sum by \(([^)]*)\) \((.*?)\)\)?", query):
            for name, labels in re.findall(r"(slamon_\w+)(?:\{([^}]*)\})?", inner):
                if "stage" in METRICS[_base(name)][1]:
                    assert "stage" in aggregation or "stage=" in labels, query


@each
def test_counters_are_asked_for_their_growth_in_steps_that_fit(dashboard: Dashboard) -> None:
    for query in dashboard.queries:
        for name in NAME.findall(query):
            counter = METRICS[_base(name)][0] in {"counter", "histogram"}
            grown = re.search(rf"(rate|increase)\({name}(\{{[^}}]*\}})?\[\$__(rate_interval|range)\]\)", query)
            assert counter == (grown is not None), query


@each
def test_links_lead_to_dashboards_that_exist_and_keep_the_choice(dashboard: Dashboard) -> None:
    for link in dashboard.links:
        if link.startswith("/d/"):
            uid = link.removeprefix("/d/").partition("?")[0]
            (other,) = [it for it in DASHBOARDS if it.name == uid]
            assert "${datasource:queryparam}&${__url_time_range}" in link
            carried = set(re.findall(r"\$\{(\w+):queryparam\}|var-(\w+)=", link))
            names = {variable["name"] for variable in other.variables}
            assert {name for pair in carried for name in pair if name} <= names, link


@each
def test_a_colour_never_stands_alone(dashboard: Dashboard) -> None:
    """Numbers stay to be read, and what is yes or no is said in words."""
    for panel in dashboard.panels:
        if panel["type"] == "stat":
            assert panel["options"]["textMode"] == "auto"
            assert panel["fieldConfig"]["defaults"]["noValue"], panel["title"]
            if re.search(r"slamon_(up|db_up|canary_ok|config_last_reload_successful)\b", panel["targets"][0]["expr"]):
                assert panel["title"] == "Blind for" or _words(panel).keys() == {"0", "1"}, panel["title"]


def test_what_two_dashboards_ask_alike_they_show_alike() -> None:
    """A number that is red on one of them is not black on the other."""
    shown: dict[tuple[str, ...], list[Any]] = {}
    for panel in (panel for dashboard in DASHBOARDS for panel in dashboard.panels):
        defaults = panel["fieldConfig"]["defaults"]
        asked = (panel["type"], *(target["expr"] for target in panel["targets"]))
        looks = [panel["title"], *(defaults.get(key) for key in ("unit", "thresholds", "mappings", "noValue"))]
        shown.setdefault(asked, []).append(looks)

    repeated = {asked: looks for asked, looks in shown.items() if len(looks) > 1}
    assert {looks[0][0] for looks in repeated.values()} >= {"Breached", "Seen", "Age of the data"}
    for looks in repeated.values():
        assert looks == looks[:1] * len(looks), looks[0][0]


def _words(panel: dict[str, Any]) -> dict[str, Any]:
    (mapping,) = panel["fieldConfig"]["defaults"]["mappings"]
    words: dict[str, Any] = mapping["options"]
    return words


def _base(name: str) -> str:
    """Return the name that the reference has: a histogram stands there once."""
    return re.sub("_(bucket|sum|count)$", "", name)
