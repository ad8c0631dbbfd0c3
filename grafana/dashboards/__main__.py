"""Write every dashboard to the folder `json`: `python -m grafana.dashboards`."""

from __future__ import annotations

from grafana.dashboards import FOLDER, files

for name, content in files().items():
    (FOLDER / name).write_text(content, "utf-8")
