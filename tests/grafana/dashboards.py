"""The committed dashboards, taken apart: panels, queries, variables and links."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from grafana.dashboards import FOLDER


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One file. `panels` are without rows, which group them only."""

    name: str
    model: dict[str, Any]

    @property
    def panels(self) -> list[dict[str, Any]]:
        return [panel for panel in self.model["panels"] if panel["type"] != "row"]

    @property
    def variables(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.model["templating"]["list"]
        return found

    @property
    def queries(self) -> list[str]:
        """Return all expressions: of panels and of annotations."""
        panels = [target["expr"] for panel in self.panels for target in panel["targets"]]
        return panels + [annotation["expr"] for annotation in self.model["annotations"]["list"]]

    @property
    def links(self) -> list[str]:
        """Return the addresses that values lead to."""
        found = []
        for panel in self.panels:
            found += [link["url"] for link in panel["fieldConfig"]["defaults"].get("links", [])]
            for override in panel["fieldConfig"]["overrides"]:
                found += [link["url"] for it in override["properties"] if it["id"] == "links" for link in it["value"]]
        return found


def committed() -> list[Dashboard]:
    """Return the dashboards that are shipped."""
    return [Dashboard(path.stem, json.loads(path.read_text("utf-8"))) for path in sorted(FOLDER.glob("*.json"))]
