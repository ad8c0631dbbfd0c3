"""Charts of reports, drawn by matplotlib, which is imported where one is drawn."""

from __future__ import annotations

from slamon.reports.charts.draw import png_of, svg_of

__all__ = ["png_of", "svg_of"]
