"""How charts look: colours that colour-blind people tell apart and that stay apart in grey, and a font taken along."""

from __future__ import annotations

from typing import Any, Literal

from matplotlib.axes import Axes

INK = "#1d2731"
SOFT = "#5b6673"
LINE = "#d7dce3"
KEPT = "#0072b2"  # blue and vermilion of Okabe and Ito; the second is hatched as well
BROKEN = "#d55e00"
HATCH = "////"
DASHED = (0, (5, 3))
# From next to nothing to most, lighter to darker: it keeps its order in grey.
HEAT = ("#d6e6f4", "#9cc4e4", "#5a9bd0", "#2a6fae", "#0b3f75")
LIGHT, DARK = "#ffffff", "#12263a"  # numbers on these

STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "hatch.color": "#ffffff",
    "hatch.linewidth": 1.2,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "svg.fonttype": "path",
}


def grid(axes: Axes, axis: Literal["x", "y"]) -> None:
    axes.grid(visible=True, axis=axis)
    axes.tick_params(axis="both", pad=5)


def short(name: str, most: int = 26) -> str:
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"
