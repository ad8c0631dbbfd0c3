from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from slamon.connectwise.credentials import Credentials
from slamon.connectwise.limits import Limits

CANARY = "canary-PRIVATE-9f3a"
CANARY_PUBLIC = "canary-PUBLIC-77c1"
CANARY_CLIENT = "canary-CLIENT-5d20"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def credentials() -> Credentials:
    return Credentials("acme", CANARY_PUBLIC, CANARY, CANARY_CLIENT, hint="SLAMON_ACME_KEYS")


@pytest.fixture
def quick() -> Limits:
    """Limits that make a failing test end soon; waits are bounded, not asserted, by them."""
    return Limits(deadline_seconds=5, total_seconds=10, tries=3, first_wait_seconds=0.01, jitter_seconds=0.0)


@dataclass
class Counts:
    """An Observer that keeps what it was told."""

    counted: list[tuple[str, float, dict[str, str]]] = field(default_factory=list)
    observed: list[tuple[str, float, dict[str, str]]] = field(default_factory=list)
    gauges: list[tuple[str, float, dict[str, str]]] = field(default_factory=list)

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        self.counted.append((name, value, labels))

    def observe(self, name: str, value: float, **labels: str) -> None:
        self.observed.append((name, value, labels))

    def set(self, name: str, value: float, **labels: str) -> None:
        self.gauges.append((name, value, labels))


@pytest.fixture
def counts() -> Counts:
    return Counts()
