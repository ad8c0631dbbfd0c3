"""Reports for people: HTML, PDF and mail, and the charts in them."""

from __future__ import annotations

import io
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from pypdf import PdfReader

from slamon.errors import ReportFormatError
from slamon.reports.document import Chart, Heat, Holders, Report, Share, Spread, Trend
from slamon.reports.fit import fit
from slamon.reports.formats import Form, files_of
from slamon.reports.formats.pdf_file import Limits, pdf_file
from slamon.reports.samples import sample_report
from tests.reports.hostile import empty_report, hostile_report


class Seen(HTMLParser):
    """The tags of a page with their attributes, and its visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def html_of(report: Report) -> str:
    (file,) = files_of(report, Form.HTML)
    return file.body.decode()


@cache
def pdf_text(report: Report) -> str:
    (file,) = files_of(report, Form.PDF)
    pages = PdfReader(io.BytesIO(file.body)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def test_html_is_one_file_that_needs_nothing_and_runs_nothing() -> None:
    html = html_of(sample_report())
    seen = Seen(html)
    tags = {tag for tag, _ in seen.tags}
    assert not tags & {"script", "img", "link", "iframe", "object", "form", "base"}
    assert "default-src 'none'" in html
    addresses = [value for _, attrs in seen.tags for name, value in attrs.items() if name in ("href", "src")]
    assert addresses
    assert all(str(address).startswith("https://psa.example.com/") for address in addresses)
    assert all(ref.startswith("#") for ref in re.findall(r'xlink:href="([^"]*)"', html))
    assert all(ref.startswith("#") for ref in re.findall(r"url\(([^)]*)\)", html))


def test_html_can_be_read_without_seeing_it() -> None:
    seen = Seen(html_of(sample_report()))
    heads = [attrs for tag, attrs in seen.tags if tag == "th"]
    assert all(attrs.get("scope") in ("col", "row") for attrs in heads)
    charts = [attrs for _, attrs in seen.tags if attrs.get("class") == "chart"]
    assert len(charts) == 4
    assert all(attrs["role"] == "img" and len(attrs["aria-label"] or "") > 30 for attrs in charts)
    names = [str(attrs["id"]) for _, attrs in seen.tags if "id" in attrs]
    assert len(names) == len(set(names))


def test_script_in_a_summary_is_text_on_the_page() -> None:
    seen = Seen(html_of(hostile_report()))
    assert not {tag for tag, _ in seen.tags} & {"script", "img"}
    assert not [value for _, attrs in seen.tags for value in attrs.values() if value and value.startswith("javascript")]
    assert "<script>alert(1)</script>" in seen.text
    assert "{{ 7 * 7 }}" in seen.text


def test_a_report_without_rows_says_so() -> None:
    seen = Seen(html_of(empty_report()))
    assert "No goal was missed." in seen.text
    assert "table" not in {tag for tag, _ in seen.tags}


def test_ten_thousand_rows_are_all_on_the_page() -> None:
    html = html_of(msgspec.structs.replace(sample_report(10_000), sections=sample_report(10_000).sections[1:2]))
    assert html.count("<tr>") == 10_001


def test_pdf_has_numbered_pages_and_what_it_is_about() -> None:
    text = pdf_text(sample_report())
    assert "as known 1 Nov 2026 06:00, Europe/Riga" in text
    assert re.search(r"1 of \d", text)
    assert "637 of 680" in text
    assert "<script>alert(1)</script>" in pdf_text(hostile_report())


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("ImportError('weasyprint')", r"pip install 'slamon\[pdf\]'"),
        (
            "OSError('cannot load library pango-1.0-0')",
            "apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
        ),
    ],
)
def test_without_what_pdf_needs_one_line_says_what_to_install(
    trouble: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weasyprint.py").write_text(f"raise {trouble}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ReportFormatError, match=said) as caught:
        pdf_file(sample_report())
    assert "\n" not in str(caught.value)


def test_pdf_that_takes_too_much_is_given_up() -> None:
    with pytest.raises(ReportFormatError, match="PDF needs more than 1 MiB; narrow the report"):
        pdf_file(sample_report(), Limits(memory_mebibytes=1))


def test_pdf_names_the_rows_that_it_leaves_out() -> None:
    from slamon.reports.formats import html_page
    from slamon.reports.view import Room

    assert "and 7 more rows; XLSX, CSV, JSON and Parquet have them all." in html_page.html_of(
        fit(sample_report(12)), paged=True, room=Room(rows=5)
    )


@pytest.mark.parametrize(
    "drawing",
    [
        Trend(()),
        Trend((("2026-10", Share(0, 0)),), 95),
        Trend((("2026-10", Share(0, 9)), ("2026-11", Share(9, 9)))),
        Spread((), (3,)),
        Spread((50, 100), (0, 0, 0)),
        Heat(((0,) * 24,) * 7),
        Holders(()),
        Holders((("$x^{2$ 株式会社", 0), *((f"{place}", 60 * place) for place in range(30)))),
    ],
    ids=lambda drawing: type(drawing).__name__,
)
def test_charts_of_little_or_of_much_are_drawn(drawing: Trend | Spread | Heat | Holders) -> None:
    from slamon.reports.charts import png_of, svg_of

    chart = Chart("chart", "Chart", "Words", drawing)
    assert svg_of(chart).startswith("<svg ")
    assert svg_of(chart) == svg_of(chart)
    assert png_of(chart).startswith(b"\x89PNG")
