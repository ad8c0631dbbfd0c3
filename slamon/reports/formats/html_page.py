"""HTML: one file that needs nothing from outside and runs nothing, for screens of any width and for paper."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from slamon.reporting.environment import build_environment
from slamon.reports.charts import svg_of
from slamon.reports.document import Chart, Report
from slamon.reports.formats.files import ReportFile, stem_of
from slamon.reports.view import ENDLESS, Room, page_of
from slamon.resources import folder


def html_file(report: Report) -> ReportFile:
    return ReportFile(f"{stem_of(report)}.html", "text/html; charset=utf-8", html_of(report).encode())


def html_of(report: Report, *, paged: bool = False, room: Room = ENDLESS) -> str:
    """Return the page; *paged* is for what prints it: with heads and feet of pages, in the colours of paper."""
    draw = _draw_paged if paged else _draw_themed
    page = page_of(report, room)
    return _environment().get_template("_report_page.html.j2").render(page=page, paged=paged, draw=draw)


def _draw_paged(chart: Chart) -> Markup:
    return Markup(svg_of(chart))  # noqa: S704  (matplotlib's)


def _draw_themed(chart: Chart) -> Markup:
    return Markup(svg_of(chart, themed=True))  # noqa: S704  (matplotlib's)


@cache
def _environment() -> Environment:
    environment = build_environment(FileSystemLoader(folder("reports")))
    environment.finalize = None  # a report is clean before it comes here, and longer than a mail may be
    return environment
