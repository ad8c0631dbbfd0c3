"""The page that Prometheus scrapes: each family rendered once per change, and kept."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Protocol

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST

from slamon.metrics.blocks import Block, Format

CONTENT_TYPES: dict[Format, str] = {"text": CONTENT_TYPE_PLAIN_0_0_4, "openmetrics": CONTENT_TYPE_LATEST}
_END = b"# EOF\n"


class Part(Protocol):
    """Some families, each with a number that grows whenever it changes."""

    def versions(self) -> Mapping[str, int]: ...
    def block(self, name: str) -> Block: ...


class Page:
    """All parts one after the other, each family rendered anew only when it changed."""

    def __init__(self, *parts: Part) -> None:
        self._parts = parts
        self._kept: dict[tuple[str, Format], tuple[int, bytes]] = {}
        self._lock = Lock()

    def render(self, form: Format) -> bytes:
        """Return the page in the wanted format, UTF-8."""
        with self._lock:
            body = b"".join(
                self._family(part, name, version, form)
                for part in self._parts
                for name, version in part.versions().items()  # first: a change while rendering renders again
            )
        return body + _END if form == "openmetrics" else body

    def _family(self, part: Part, name: str, version: int, form: Format) -> bytes:
        kept = self._kept.get((name, form))
        if kept is not None and kept[0] == version:
            return kept[1]
        body = part.block(name).text(form).encode()
        self._kept[name, form] = version, body
        return body


def choose_format(accept: str) -> Format:
    """Return the format for an Accept header: OpenMetrics where it is named, else text."""
    named = (entry.split(";")[0].strip().lower() for entry in accept.split(","))
    return "openmetrics" if "application/openmetrics-text" in named else "text"
