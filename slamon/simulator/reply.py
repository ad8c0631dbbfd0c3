"""An answer as it is about to be sent: read, changed and packed again."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import msgspec

from slamon.simulator.world import Row

FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive"})


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers and the body as it goes over the wire, compressed or not; headers are without the framing."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """Return a header's value, empty where there is none."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def zipped(self) -> bool:
        """Whether the body is compressed."""
        return self.header("content-encoding") == "gzip"

    def text(self) -> bytes:
        """Return the body as the client will read it."""
        return gzip.decompress(self.body) if self.zipped else self.body

    def document(self) -> object:
        """Return the JSON of a good answer, None for anything else."""
        if self.status != 200 or "json" not in self.header("content-type"):
            return None
        return msgspec.json.decode(self.text())

    def rows(self) -> list[Row]:
        """Return the rows of a list; none for anything else."""
        document = self.document()
        return document if isinstance(document, list) and all(isinstance(row, dict) for row in document) else []

    def saying(self, document: object) -> Self:
        """Return the same answer with another document in it."""
        body = msgspec.json.encode(document)
        return replace(self, body=gzip.compress(body, 4, mtime=0) if self.zipped else body)

    def with_headers(self, **changes: str) -> Self:
        """Return the same answer with headers replaced or added; `_` in a name stands for `-`."""
        fresh = {name.replace("_", "-"): value for name, value in changes.items()}
        kept = [(name, value) for name, value in self.headers if name.lower() not in fresh]
        return replace(self, headers=(*kept, *fresh.items()))


def stamps(document: object) -> Iterator[Row]:
    """Yield every `_info` that holds a lastUpdated, of a record or of the rows of a list."""
    for row in document if isinstance(document, list) else [document]:
        if isinstance(row, dict) and isinstance(row.get("_info"), dict) and "lastUpdated" in row["_info"]:
            yield row["_info"]
