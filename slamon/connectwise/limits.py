"""How long, how often, how much: the bounds of every request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how often, how much. A deadline holds for one try from first to last byte."""

    deadline_seconds: float = 60.0
    connect_seconds: float = 10.0
    tries: int = 5
    total_seconds: float = 180.0  # no new try starts later than this after the first
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0
    jitter_seconds: float = 1.0
    body_bytes: int = 64 * 2**20
    sent_bytes: int = 8 * 2**20
    parallel: int = 8
    requests_per_minute: int = 600  # ConnectWise slows clients down from about 1000 on


DEFAULT_LIMITS = Limits()
