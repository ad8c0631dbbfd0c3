"""Wall time: the real one, and a simulated one that runs faster, for demonstrations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class RealTime:
    """The machine's wall time."""

    def now(self) -> datetime:
        """Return the current instant: aware, UTC, whole seconds."""
        return datetime.now(UTC).replace(microsecond=0)

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds()


class SimulatedTime:
    """Time that stands at *starts_at* when the real one stands at *anchor*, and runs *speed* times as fast.

    Two processes with the same three values agree on the simulated now.
    """

    def __init__(self, anchor: datetime, speed: float, starts_at: datetime | None = None) -> None:
        self._anchor = anchor
        self._speed = speed
        self._starts_at = starts_at or anchor

    def now(self) -> datetime:
        """Return the simulated instant: aware, UTC, whole seconds."""
        since = datetime.now(UTC) - self._anchor
        return (self._starts_at + since * self._speed).replace(microsecond=0)

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds() / self._speed
