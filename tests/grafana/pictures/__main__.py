"""`make pictures`: draw every dashboard with Grafana's panel components, and keep the pictures in `docs/pictures`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests import tools
from tests.docs.pages import ROOT
from tests.grafana.pictures.answers import collect

HERE = Path(__file__).parent
PICTURES = ROOT / "docs" / "pictures"
WIDTH, GRID_ROW = 1500, 38  # pixels; the latter with its gap
PAGE = """<!doctype html><meta charset="utf-8"><style>{style}</style><body><div id="root"></div>
<script>window.DASHBOARD = {dashboard}</script><script>{script}</script>"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="slamon-pictures-") as name:
        folder = Path(name)
        script, style = _bundle(folder)
        PICTURES.mkdir(exist_ok=True)
        for dashboard in collect():
            path = PICTURES / f"{dashboard['uid']}.png"
            _draw(folder, dashboard, script, style, path)
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")


def _bundle(folder: Path) -> tuple[str, str]:
    """Return script and style of `draw.jsx` with all that it imports, as one piece each."""
    command = [
        *(str(HERE / "node_modules" / ".bin" / "esbuild"), str(HERE / "draw.jsx"), "--bundle", "--minify"),
        *("--log-level=error", "--loader:.svg=dataurl", "--loader:.ttf=dataurl", "--define:global=window"),
        *('--define:process.env.NODE_ENV="production"', f"--outfile={folder / 'draw.js'}"),
    ]
    subprocess.run(command, check=True)
    script, style = ((folder / name).read_text("utf-8") for name in ("draw.js", "draw.css"))
    return script.replace("</script", "<\\/script"), style


def _draw(folder: Path, dashboard: dict[str, Any], script: str, style: str, path: Path) -> None:
    page = folder / f"{dashboard['uid']}.html"
    data = json.dumps(dashboard).replace("<", "\\u003c")
    page.write_text(PAGE.format(style=style, dashboard=data, script=script), "utf-8")
    height = 16 + GRID_ROW * max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"])
    command = [
        *(tools.program("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
        *(f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=8000", f"--window-size={WIDTH},{height}"),
        *(f"--screenshot={path}", page.as_uri()),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


if __name__ == "__main__":
    main()
