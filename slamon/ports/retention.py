"""What is old: how much of it there is, and its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

OldKind = Literal["events", "readings", "notifications", "reports", "polls", "versions"]


@dataclass(frozen=True, slots=True)
class OldRows:
    """How much of a kind is old. `bytes` are those of the values, without indexes: about what is given back."""

    kind: OldKind
    rows: int
    bytes: int


class RetentionStore(Protocol):
    """What is old by kind. Nothing of an open ticket is, nor the newest reading of one that is kept."""

    def measure_old(self, before: Mapping[OldKind, datetime]) -> list[OldRows]:
        """How much there is of each kind that ended before its instant; nothing is changed."""

    def prune(self, kind: OldKind, before: datetime) -> Iterator[int]:
        """Delete what there is, a small transaction at a time; yield how many rows each has deleted."""

    def prepare_months(self, now: datetime) -> int:
        """Give the months ahead of *now* parts of their own, where the database has such; return how many are new."""

    def drop_months(self, before: datetime) -> int:
        """Drop the parts of months that ended before *before* and hold next to nothing; return how many are gone."""
