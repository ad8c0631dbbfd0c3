"""How an answer goes over the wire: the bytes, the pauses between them, and how the connection ends."""

from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus

from slamon.simulator.chaos import Chaos, Fault
from slamon.simulator.reply import Reply


class End(Enum):
    """What becomes of the connection once the pieces are sent."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Pieces are sent one by one, *wait_seconds* before the first and *pause_seconds* between two."""

    pieces: tuple[bytes, ...] = ()
    end: End = End.KEEP
    wait_seconds: float = 0.0
    pause_seconds: float = 0.0


def whole(reply: Reply) -> Delivery:
    """Return the delivery of an answer as it should be."""
    # 204 has no body and must not name the length of one.
    framing = "" if reply.status == 204 else f"content-length: {len(reply.body)}"
    return Delivery((_head(reply, framing) + reply.body,))


def badly(kind: Fault, reply: Reply, chaos: Chaos) -> Delivery | None:
    """Return the delivery that shows *kind*, None where it does not fit the answer or is none of delivery."""
    half, length = reply.body[: len(reply.body) // 2], f"content-length: {len(reply.body)}"
    if kind is Fault.LATENCY:
        return Delivery(whole(reply).pieces, wait_seconds=chaos.latency_seconds)
    if len(reply.body) < 2:
        return None
    if kind is Fault.DRIP:
        drops = tuple(bytes([byte]) for byte in reply.body)
        return Delivery((_head(reply, length), *drops), pause_seconds=chaos.drip_seconds)
    if kind is Fault.RESET_WITHIN:
        return Delivery((_head(reply, length) + half,), End.RESET)
    if kind is Fault.CUT_LENGTH:
        return Delivery((_head(reply, length) + half,), End.CLOSE)
    if kind is Fault.CUT_CHUNK:
        chunk = f"{len(reply.body):x}\r\n".encode() + half
        return Delivery((_head(reply, "transfer-encoding: chunked") + chunk,), End.CLOSE)
    if kind is Fault.CUT_CLOSE and not reply.zipped:
        return Delivery((_head(reply, "connection: close") + half,), End.CLOSE)
    return None


def _head(reply: Reply, framing: str) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} {_phrase(reply.status)}"]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    return ("\r\n".join(filter(None, [*lines, framing])) + "\r\n\r\n").encode("latin-1")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Status"
