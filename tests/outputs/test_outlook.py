"""The HTML of every mail keeps to what Outlook's engine, Word's, lays out; what it ignores may only decorate."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from slamon.reporting.render import Renderer
from slamon.reporting.samples import SAMPLES
from slamon.resources import folder

RENDERER = Renderer(folder("reports"))
PAGES = [(kind, name) for kind, samples in SAMPLES.items() for name in samples]

TAGS = {
    *("html", "head", "meta", "title", "style", "body", "div", "table", "tbody", "tr", "td", "th"),
    *("h1", "h2", "p", "span", "strong", "a", "br"),
}
# Word reads these; padding and widths only where `BOXED` says.
READ = {
    *("background-color", "color", "font-family", "font-size", "font-weight", "line-height", "text-align"),
    *("text-decoration", "vertical-align", "white-space", "margin", "margin-top", "padding", "padding-top"),
    *("padding-left", "padding-right", "width", "height", "border", "border-top", "border-bottom"),
    *("border-collapse", "border-spacing", "display", "mso-hide", "mso-line-height-rule"),
}
# Word ignores these, and the mail reads as well without them. `max-width` has a table of 600 px around it there.
DECORATION = {"border-radius", "max-width", "max-height", "overflow", "overflow-wrap", "word-break"}
BODY_ONLY = {"-webkit-text-size-adjust"}
BOXED = {"padding": {"td", "th", "body"}, "width": {"table", "td", "th"}, "height": {"td", "th"}}
VOID = {"meta", "br"}


class Lint(HTMLParser):
    """What Word's engine would lay out otherwise than meant, a line each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        if self.open:
            self.found.append(f"never closed: {self.open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in TAGS:
            self.found.append(f"<{tag}>")
        if tag not in VOID:
            self.open.append(tag)
        styles = dict(_declarations(given.get("style", "")))
        for name, value in styles.items():
            self._check(tag, name, value, given)
        if tag == "table":
            self._check_table(given, styles)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.found.append(f"</{tag}> closes nothing")

    def _check(self, tag: str, name: str, value: str, given: dict[str, str]) -> None:
        if name not in READ | DECORATION and not (tag == "body" and name in BODY_ONLY):
            self.found.append(f"<{tag}> {name}")
        boxes = BOXED.get(name.partition("-")[0] if name.startswith("padding") else name)
        if boxes and tag not in boxes and value not in ("0", "auto"):
            self.found.append(f"<{tag}> {name}: {value}")
        if name == "display" and value != "none":
            self.found.append(f"<{tag}> display: {value}")
        if name.startswith("margin") and tag in ("td", "th") and value != "0":
            self.found.append(f"<{tag}> {name}: {value}")
        if re.search(r"\d(rem|em|vw|vh|ch)\b|calc\(|var\(|rgba?\(|hsla?\(|url\(", value):
            self.found.append(f"<{tag}> {name}: {value}")
        if name in ("width", "height") and value.endswith(("px", "%")) and name not in given:
            self.found.append(f"<{tag}> has no attribute {name} for {value}")

    def _check_table(self, given: dict[str, str], styles: dict[str, str]) -> None:
        if "width" not in given and given.get("class") != "button":
            self.found.append("<table> without a width")
        if given.get("role") != "presentation" and given.get("class") not in ("facts", "rows", "counts", "lines"):
            self.found.append("<table> that lays out is read as one of data")
        if "margin" in styles:
            self.found.append("<table> margin: centre it by its attribute")


def _declarations(style: str) -> list[tuple[str, str]]:
    return [
        (name.strip(), value.strip()) for name, colon, value in (d.partition(":") for d in style.split(";")) if colon
    ]


def html_of(kind: str, name: str) -> str:
    return RENDERER.render(kind, **SAMPLES[kind][name]()).html


@pytest.mark.parametrize(("kind", "name"), PAGES)
def test_no_mail_needs_what_word_does_not_lay_out(kind: str, name: str) -> None:
    html = html_of(kind, name)

    assert Lint(html).found == []
    assert html.count("<!--[if mso]>") == html.count("<![endif]-->") == 2
    assert len(html) < 100_000  # some mail programs cut what is longer


@pytest.mark.parametrize(
    "wrong",
    [
        '<div style="display: flex">x</div>',
        '<span style="padding: 4px">x</span>',
        '<td style="width: 40px">x</td>',
        '<table role="presentation"><tr></tr></table>',
        '<table width="9">x</table>',
        '<a style="position: absolute">x</a>',
        '<td style="color: rgba(1, 2, 3, 0.5)">x</td>',
        '<img src="https://example.com/x.png">',
        "<div>",
    ],
)
def test_the_lint_finds_what_word_ignores(wrong: str) -> None:
    assert Lint(wrong).found


def test_every_mail_has_a_calm_and_a_hostile_sample() -> None:
    kinds = {path.name.removesuffix(".subject.j2") for path in folder("reports").glob("*.subject.j2")}

    assert set(SAMPLES) == kinds
    assert all({"calm", "hostile"} <= set(samples) for samples in SAMPLES.values())
