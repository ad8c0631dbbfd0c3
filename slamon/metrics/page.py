"""The page that Prometheus scrapes: rendered once per change, and kept."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Literal, Protocol

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

Format = Literal["text", "openmetrics"]
CONTENT_TYPES: dict[Format, str] = {"text": CONTENT_TYPE_PLAIN_0_0_4, "openmetrics": CONTENT_TYPE_LATEST}
_END = b"# EOF\n"


class Part(Protocol):
    """Some families, and a number that grows whenever one of them changes."""

    version: int

    def collect(self) -> Iterator[Metric]: ...


class Page:
    """All parts one after the other, each rendered anew only when it changed; the clocks, the large part, rarely do."""

    def __init__(self, *parts: Part) -> None:
        self._parts = parts
        self._kept: dict[tuple[int, Format], tuple[int, bytes]] = {}
        self._lock = Lock()

    def render(self, form: Format) -> bytes:
        """Return the page in the wanted format, UTF-8."""
        with self._lock:
            body = b"".join(self._render_part(number, form) for number in range(len(self._parts)))
        return body + _END if form == "openmetrics" else body

    def _render_part(self, number: int, form: Format) -> bytes:
        part = self._parts[number]
        version = part.version  # read first: a change while rendering makes the next scrape render again
        kept = self._kept.get((number, form))
        if kept is not None and kept[0] == version:
            return kept[1]
        body = generate_latest(part) if form == "text" else _openmetrics(part)
        self._kept[number, form] = version, body
        return body


def _openmetrics(part: Part) -> bytes:
    body: bytes = generate_openmetrics(part)  # type: ignore[no-untyped-call]  # the library has no types here
    return body.removesuffix(_END)


def choose_format(accept: str) -> Format:
    """Return the format for an Accept header: OpenMetrics where it is named, else text."""
    named = (entry.split(";")[0].strip().lower() for entry in accept.split(","))
    return "openmetrics" if "application/openmetrics-text" in named else "text"
