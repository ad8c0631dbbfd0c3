"""
Bad answers: what the server said, made wrong in one way. All of it is a function of its arguments.

Each maker returns None where its fault does not fit the answer: a single record has no row to leave out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from random import Random

import msgspec

from slamon.simulator.chaos import Chaos, Fault
from slamon.simulator.memory import Memory
from slamon.simulator.reply import Reply, stamps
from slamon.simulator.world import Row

YEARS = timedelta(days=3_650)
ODD: tuple[object, ...] = ({"id": "none"}, [[]], "not a date", -1, True)
"""What stands in a field instead of its value; always of another type."""
GARBLED = (b"\x00\xff\xfe{]", b'[{"id": 1,, "summary": }]', b"upstream connect error", b"[NaN]", b"")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a maker may use beside the answer: the address, what was answered before, and the request's own chance."""

    target: str
    memory: Memory
    random: Random
    chaos: Chaos


Maker = Callable[[Reply, Asked], Reply | None]


def refusal(kind: Fault, chaos: Chaos) -> Reply:
    """Return the answer to a request that never reaches the server."""
    if kind is Fault.GATEWAY:
        page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
        return Reply(502, (("content-type", "text/html"),), page)
    if kind is Fault.ERROR:
        body = {"code": "ConnectWiseApi", "message": "An internal error has occurred."}
        return _json(500, body)
    wait = chaos.retry_after_seconds
    message = f"Too many requests. Please try again in {wait} seconds."
    return _json(429, {"error": "ConnectWiseAPI", "message": message}).with_headers(retry_after=str(wait))


def _json(status: int, body: Row) -> Reply:
    return Reply(status, (("content-type", "application/json"),), msgspec.json.encode(body))


def _html(reply: Reply, _: Asked) -> Reply | None:
    page = b"<!DOCTYPE html><html><body><form action='/login'>Please sign in</form></body></html>"
    return Reply(200, (("content-type", "text/html; charset=utf-8"),), page) if reply.status == 200 else None


def _garbage(reply: Reply, asked: Asked) -> Reply | None:
    if reply.status != 200:
        return None
    return Reply(200, (("content-type", "application/json"),), asked.random.choice(GARBLED))


def _empty(reply: Reply, _: Asked) -> Reply | None:
    return reply.saying([]).with_headers(link="") if reply.rows() else None


def _types(reply: Reply, asked: Asked) -> Reply | None:
    rows = reply.rows()
    if not rows:
        return None
    place = asked.random.randrange(len(rows))
    field = asked.random.choice(sorted(rows[place]))
    odd = [value for value in ODD if type(value) is not type(rows[place][field])]
    rows[place] = {**rows[place], field: asked.random.choice(odd)}
    return reply.saying(rows)


def _twice(reply: Reply, asked: Asked) -> Reply | None:
    rows = reply.rows()
    if not rows:
        return None
    place = asked.random.randrange(len(rows))
    return reply.saying([*rows[: place + 1], *rows[place:]])


def _left_out(reply: Reply, asked: Asked) -> Reply | None:
    rows = reply.rows()
    if not rows:
        return None
    del rows[asked.random.randrange(len(rows))]
    return reply.saying(rows)


def _moved(reply: Reply, asked: Asked) -> Reply | None:
    rows = reply.rows()
    if len(rows) < 2 or 'rel="next"' not in reply.header("link"):
        return None
    asked.memory.put_off(asked.target, rows.pop(asked.random.randrange(len(rows))))
    return reply.saying(rows)


def _repeat(reply: Reply, asked: Asked) -> Reply | None:
    return asked.memory.other_page(asked.target) if reply.rows() else None


def _stale(reply: Reply, asked: Asked) -> Reply | None:
    return asked.memory.older(asked.target, reply)


def _lag(reply: Reply, asked: Asked) -> Reply | None:
    rows = reply.rows()
    older = [asked.memory.older_row(asked.target, row) or row for row in rows]
    return reply.saying(older) if older != rows else None


def _skew(reply: Reply, asked: Asked) -> Reply | None:
    off = timedelta(seconds=asked.random.choice((-1, 1)) * asked.chaos.skew_seconds)
    document, date = reply.document(), reply.header("date")
    if document is None or not date:
        return None
    for info in stamps(document):
        info["lastUpdated"] = _later(info["lastUpdated"], off)
    shifted = format_datetime(parsedate_to_datetime(date) + off, usegmt=True)
    return reply.saying(document).with_headers(date=shifted)


def _future(reply: Reply, asked: Asked) -> Reply | None:
    document = reply.document()
    found = list(stamps(document))
    if not found:
        return None
    info = asked.random.choice(found)
    info["lastUpdated"] = _later(info["lastUpdated"], YEARS)
    return reply.saying(document)


def _later(stamp: str, by: timedelta) -> str:
    return (datetime.fromisoformat(stamp) + by).isoformat()[:19] + "Z"


def _cut_gzip(reply: Reply, asked: Asked) -> Reply | None:
    if not reply.zipped or reply.status != 200:
        return None
    return replace(reply, body=reply.body[: asked.random.randrange(len(reply.body) // 2, len(reply.body) - 8)])


MAKERS: Mapping[Fault, Maker] = {
    Fault.HTML: _html,
    Fault.GARBAGE: _garbage,
    Fault.EMPTY: _empty,
    Fault.TYPES: _types,
    Fault.TWICE: _twice,
    Fault.LEFT_OUT: _left_out,
    Fault.MOVED: _moved,
    Fault.REPEAT: _repeat,
    Fault.STALE: _stale,
    Fault.LAG: _lag,
    Fault.SKEW: _skew,
    Fault.FUTURE: _future,
    Fault.CUT_GZIP: _cut_gzip,
}
"""The faults that change what is said; the others change how it is sent."""
