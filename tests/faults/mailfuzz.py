"""`python -m tests.faults mailfuzz`: mails of hostile texts, made, put on the wire, read back, parsed by a browser.

Each mail is a sample in which every text that ConnectWise, a person or an error may have written is replaced.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields, is_dataclass, replace
from email import message_from_bytes
from email.header import decode_header, make_header
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from msgspec import Struct, structs

from slamon.clean import clean_line, clean_text
from slamon.core.ticket import Ticket
from slamon.mail.message import build_message, parse_address, wire_bytes
from slamon.ports import Notification
from slamon.reporting.context import TicketMail
from slamon.reporting.render import Renderer
from slamon.reporting.samples import NOW, SAMPLES
from slamon.resources import folder
from tests.faults.browser import find_alive
from tests.faults.hostile import hostile
from tests.faults.section import Row

KINDS = (*("near_breach", "breach") * 6, *SAMPLES)  # those that tell of tickets most often
KEPT = {"state", "now", "mark"}  # words of slamon's own
HEADERS = [
    *("Subject", "From", "To", "Date", "Message-ID"),
    *("Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type"),
]
SENDER = parse_address("slamon@example.com")
CHUNK = 500  # mails that one browser takes apart


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """One mail of hostile texts: what is wrong with it on the wire, and what a browser is to look at."""

    wrong: tuple[str, ...]
    html: str = ""
    shown: str | None = None


def fuzz(seed: int) -> Fuzzed:
    """Make the mail of *seed*, send it over a wire that leads back, and compare."""
    random = Random(seed)
    kind = random.choice(KINDS)
    values = dict(SAMPLES[kind][random.choice(list(SAMPLES[kind]))]())
    try:
        values = {name: spoil(value, random) for name, value in values.items()}
        about = values.get("mail")
        if isinstance(about, TicketMail):
            values["ticket"] = about.ticket
        made = _renderer().render(kind, **values)
        note = Notification(
            key=f"fuzz/{seed}",
            tenant="main",
            kind="breached",
            recipient="lead@example.com",
            subject=made.subject,
            text=made.text,
            html=made.html,
            message_id=f"<{seed}@example.com>",
            created_at=NOW,
        )
        raw = wire_bytes(build_message(note, SENDER), utf8=False)
    except Exception as error:  # whatever it is, the mail would not have gone out
        return Fuzzed((f"dropped: {type(error).__name__}: {clean_line(str(error), 100)}",))
    ticket = values.get("ticket")
    shown = clean_text(clean_line(ticket.summary)) if isinstance(ticket, Ticket) else None
    return Fuzzed(tuple(_differences(note, raw)), made.html, shown)


def spoil(value: Any, random: Random, name: str = "") -> Any:
    """Return *value* with every text in it replaced, but for slamon's own words."""
    if type(value) is str:  # no enumeration
        return value if name in KEPT else _address(random) if name.endswith("_url") else hostile(random)
    if isinstance(value, tuple):
        return tuple(spoil(item, random, name) for item in value)
    if isinstance(value, Struct):
        return structs.replace(value, **{at: spoil(getattr(value, at), random, at) for at in value.__struct_fields__})
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{at.name: spoil(getattr(value, at.name), random, at.name) for at in fields(value)})
    return value


def _address(random: Random) -> str:
    return random.choice(("", "https://psa.example.com/service?recid=1042&b=2", "javascript:alert(1)", hostile(random)))


@cache
def _renderer() -> Renderer:
    return Renderer(folder("reports"))


def _differences(note: Notification, raw: bytes) -> list[str]:
    """Return how what is read back from the wire differs from what was meant."""
    head = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    names = [line.partition(b":")[0].decode("ascii", "replace") for line in head if not line.startswith(b" ")]
    found = [] if names == HEADERS else [f"headers: {names}"]
    if max(map(len, raw.split(b"\r\n"))) > 998:
        found.append("a line is too long")
    # As the server does: a doubled dot is one.
    message = message_from_bytes(raw.replace(b"\r\n..", b"\r\n."))
    if any(part.defects for part in message.walk()):
        found.append("defects")
    if str(make_header(decode_header(message["Subject"].replace("\r\n", "")))) != clean_line(note.subject):
        found.append("another subject")
    parts = {part.get_content_type(): part.get_payload(decode=True) for part in message.walk()}
    for kind, meant in (("text/plain", note.text), ("text/html", note.html)):
        part = parts.get(kind)
        if not isinstance(part, bytes) or _lines(part.decode()) != _lines(clean_text(meant)):
            found.append(f"another part {kind}")
    return found


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip("\n")


def run(first: int, count: int) -> Counter[str]:
    """Fuzz *count* mails from seed *first* on; return how many there were, and of what was wrong with how many."""
    made = [fuzz(seed) for seed in range(first, first + count)]
    found = Counter({"mails": count})
    with tempfile.TemporaryDirectory(prefix="slamon-fuzz-") as place:
        alive = find_alive([(mail.html, mail.shown) for mail in made if mail.html], Path(place))
    whole = [first + at for at, mail in enumerate(made) if mail.html]
    for at, mail in enumerate(made):
        found.update(f"{wrong} (seed {first + at})" for wrong in mail.wrong)
    for number, wrongs in alive.items():
        found.update(f"alive: {wrong} (seed {whole[number]})" for wrong in wrongs)
    return found


def main(arguments: Sequence[str]) -> list[Row]:
    """Print what was wrong, a line each; return it in one row."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults mailfuzz", description=__doc__)
    parser.add_argument("--mails", type=int, default=100_000, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, help="how many processes make them")
    asked = parser.parse_args(arguments)
    chunks = range(asked.first, asked.first + asked.mails, CHUNK)
    total: Counter[str] = Counter()
    with ProcessPoolExecutor(asked.at_once) as pool:
        for done in pool.map(run, chunks, [min(CHUNK, asked.first + asked.mails - at) for at in chunks]):
            total += done
            sys.stdout.write(f"\r{total['mails']:,} mails, {total.total() - total['mails']:,} wrong")
            sys.stdout.flush()
    mails = total.pop("mails")
    sys.stdout.write("\n" + "".join(f"    {wrong}\n" for wrong in total))
    dropped, alive = (sum(wrong.startswith(word) for wrong in total) for word in ("dropped", "alive"))
    other = len(total) - dropped - alive
    measured = f"{mails:,} mails: {dropped} dropped, {other} other than meant, {alive} with something alive in them"
    return [Row("hostile texts in mails", "0 dropped, 0 other than meant, 0 alive", measured, not total)]
