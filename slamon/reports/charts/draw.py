"""A chart as a picture. The same chart gives the same bytes."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from slamon.reports.charts.shapes import draw_heat, draw_holders, draw_spread, draw_trend
from slamon.reports.charts.style import INK, LINE, SOFT, STYLE
from slamon.reports.document import Chart, Heat, Holders, Spread, Trend

WIDTH_INCHES = 7.2
_INKS = {INK: "--ink", SOFT: "--soft", LINE: "--line"}


def svg_of(chart: Chart, *, themed: bool = False) -> str:
    """Return the chart as an element `<svg>` that needs nothing from outside: letters are paths.

    *themed*: ink and lines take the colours of the page they stand in, from its `--ink`, `--soft` and `--line`.
    """
    text = _picture(chart, "svg", {"Date": None, "Creator": None, "Format": None, "Type": None}).decode("utf-8")
    svg = _apart(text[text.index("<svg") :], chart.key)
    if themed:
        for colour, name in _INKS.items():
            svg = svg.replace(f": {colour}", f": var({name}, {colour})")
    return svg


def png_of(chart: Chart, *, dots_per_inch: int = 144) -> bytes:
    """Return the chart as a PNG on white."""
    return _picture(chart, "png", {"Software": None}, dpi=dots_per_inch, facecolor="white")


def _picture(chart: Chart, form: str, metadata: Mapping[str, None], **options: Any) -> bytes:  # noqa: ANN401
    made = io.BytesIO()
    with mpl.rc_context({**STYLE, "svg.hashsalt": chart.key}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing", category=UserWarning)  # drawn as a box
        figure = Figure(figsize=(WIDTH_INCHES, _height(chart)), layout="constrained")
        axes = figure.add_subplot()
        drawing = chart.drawing
        if isinstance(drawing, Trend):
            draw_trend(axes, drawing)
        elif isinstance(drawing, Spread):
            draw_spread(axes, drawing)
        elif isinstance(drawing, Heat):
            draw_heat(axes, drawing)
        else:
            draw_holders(axes, drawing)
        figure.savefig(made, format=form, metadata=dict(metadata), **options)
    return made.getvalue()


def _height(chart: Chart) -> float:
    """Return inches."""
    if isinstance(chart.drawing, Holders):
        return 0.8 + 0.34 * min(len(chart.drawing.seconds), 11)
    return 2.5 if isinstance(chart.drawing, Heat) else 2.8


def _apart(svg: str, key: str) -> str:
    """Return *svg* with identifiers of its own, so that several stand in one page; its size is the page's affair."""
    prefix = re.sub(r"[^A-Za-z0-9]", "-", key)
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return re.sub(r'^(<svg [^>]*?)width="[^"]*" height="[^"]*" ', r"\1", svg, count=1)
