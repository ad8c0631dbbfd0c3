"""slamon's dashboards, as code. `make grafana` writes them to the folder `json`, which Grafana reads."""

from __future__ import annotations

from pathlib import Path

from grafana.dashboards import board, breaches, company, overview, pipeline
from grafana.dashboards.frame import text

FOLDER = Path(__file__).parent / "json"
BUILDERS = (overview.build, company.build, board.build, breaches.build, pipeline.build)


def files() -> dict[str, str]:
    """Return the text of each dashboard by the name of its file."""
    built = [build().build() for build in BUILDERS]
    return {f"{dashboard.uid}.json": text(dashboard) for dashboard in built}
