"""Who is told what happened, for the log and the metrics."""

from __future__ import annotations

from typing import Any, Protocol


class Observer(Protocol):
    """Told what happened; counts or logs it, never fails."""

    def count(self, name: str, value: float = 1, **labels: str) -> None: ...
    def observe(self, name: str, value: float, **labels: str) -> None: ...
    def set(self, name: str, value: float, **labels: str) -> None: ...


JsonDocument = dict[str, Any]


class Unobserved:
    """An observer that forgets."""

    def count(self, name: str, value: float = 1, **labels: str) -> None: ...
    def observe(self, name: str, value: float, **labels: str) -> None: ...
    def set(self, name: str, value: float, **labels: str) -> None: ...
