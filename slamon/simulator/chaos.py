"""
Chaos: which answers go wrong, and how, decided by a seed and the number of the request alone.

This is the plan only: `spoil` makes bad answers, `delivery` sends answers badly, `proxy` does both before a server.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """One way in which an answer goes wrong."""

    LATENCY = "latency"  # the right answer, late
    DRIP = "drip"  # the right answer, a byte at a time
    THROTTLE = "throttle"  # 429 with Retry-After
    ERROR = "error"  # 500 with a JSON body
    GATEWAY = "gateway"  # 502 with a web page, as a proxy before the server gives it
    RESET = "reset"  # the connection is reset before the answer
    RESET_WITHIN = "reset_within"  # ... in the middle of the body
    CUT_LENGTH = "cut_length"  # Content-Length promises more than comes
    CUT_CHUNK = "cut_chunk"  # a chunked body ends in the middle of a chunk
    CUT_CLOSE = "cut_close"  # 200 and half the JSON, ended by closing the connection, which HTTP takes for whole
    CUT_GZIP = "cut_gzip"  # the compressed body ends too early, its length is right
    HTML = "html"  # a login page with status 200
    GARBAGE = "garbage"  # bytes that are no JSON
    EMPTY = "empty"  # an empty list with status 200
    TYPES = "types"  # a field of a row holds something of another type
    TWICE = "twice"  # a row stands twice
    REPEAT = "repeat"  # another page of the same list, given once before
    LEFT_OUT = "left_out"  # a row is missing
    MOVED = "moved"  # a row is missing, and stands at the head of the list's next page
    STALE = "stale"  # what the same address answered earlier
    LAG = "lag"  # rows as they were given earlier, whatever the list: a replica that lags behind
    SKEW = "skew"  # Date and every lastUpdated by a clock that is off
    FUTURE = "future"  # one row's lastUpdated lies years ahead


UNASKED = frozenset({Fault.THROTTLE, Fault.ERROR, Fault.GATEWAY, Fault.RESET})
"""Here the request never reaches the server: a write that ends so has not been done."""

EQUAL: Mapping[Fault, float] = dict.fromkeys(Fault, 1.0)


@dataclass(frozen=True, slots=True)
class Chaos:
    """
    Which share of the answers goes wrong (*rate*), in which ways (*weights*; 0 or absent: never), and by how much.

    *skew_seconds* is how far a wrong clock is off, before or behind.
    """

    seed: int = 7
    rate: float = 0.3
    weights: Mapping[Fault, float] = field(default_factory=lambda: EQUAL)
    latency_seconds: float = 2.0
    drip_seconds: float = 0.05
    retry_after_seconds: int = 2
    skew_seconds: int = 90

    def __post_init__(self) -> None:
        """Refuse what can mean nothing."""
        if not 0 <= self.rate <= 1:
            raise ValueError(f"the rate is a share between 0 and 1, not {self.rate}")
        if any(weight < 0 for weight in self.weights.values()):
            raise ValueError("a weight must not be negative")

    def random(self, number: int) -> Random:
        """Return the random stream of request *number*; always the same one."""
        return Random(f"{self.seed}/{number}")

    def faults(self, number: int) -> list[Fault]:
        """
        Return what may happen to request *number*: the first that fits its answer does; none for a good answer.

        Not every fault fits every answer: a single record has no row to leave out.
        """
        random = self.random(number)
        if random.random() >= self.rate:
            return []
        likely = {kind: weight for kind, weight in sorted(self.weights.items()) if weight}
        # Drawing without replacement, by weight: Efraimidis and Spirakis, 2006.
        drawn = {kind: random.random() ** (1 / weight) for kind, weight in likely.items()}
        return sorted(likely, key=lambda kind: drawn[kind], reverse=True)


def read_weights(spec: str) -> dict[Fault, float]:
    """
    Return the weights of *spec*: `KIND[=WEIGHT],...`, where `all` names every kind and later words overrule earlier.

    Raises:
        ValueError: An unknown kind, a weight that is none, or nothing left; the message says what to write.
    """
    weights: dict[Fault, float] = {}
    for word in filter(None, (part.strip() for part in spec.split(","))):
        name, _, text = word.partition("=")
        if name != "all" and name not in set(Fault):
            raise ValueError(f"{name!r} is no fault; there are: all, {', '.join(Fault)}")
        try:
            weight = float(text or 1)
        except ValueError:
            weight = -1.0
        if not 0 <= weight < float("inf"):
            raise ValueError(f"{word!r}: a weight is a number from 0 on")
        weights |= dict.fromkeys(Fault if name == "all" else [Fault(name)], weight)
    if not any(weights.values()):
        raise ValueError("no fault is left; write `all`, or the kinds that are wanted")
    return weights
