"""What the name of a status seems to say. Only ever used to ask a question, never to decide a level."""

from __future__ import annotations

import re
from typing import Literal


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WAITING = _set(
    "await awaiting deferred hold holding onhold parked pause paused pending postponed snoozed suspended wait waiting"
)
# Waiting for ourselves is usually work that is late, not a pause.
_OURS = _set(
    "assignment dispatch dispatcher engineer engineering escalation internal schedule scheduling staff team tech"
    " technician triage us"
)
# Names made of nothing but these seem to wait for somebody or something outside.
_OUTSIDE = _set("client customer delivery manufacturer part parts party rma scheduled supplier user vendor")
_FILLING = _set(
    "3rd action and approval at by end for from in info information input is needed needs of on order ordered required"
    " response sent the third to with"
)
_ACTIVE = _set(
    "accepted acknowledged active assigned investigating new open opened progress reopened responded started triage"
    " working"
)
_DONE = _set("cancelled canceled closed complete completed done finished resolved solved")
_DENIED = _set("almost never not partially ready")

Waiting = Literal["outside", "ours", "maybe"]


def seems_to_wait(name: str) -> Waiting | None:
    """Return for whom a status of that name seems to wait: `maybe` where only a noun says so."""
    words = _words(name)
    if words & _DENIED:
        return None
    if words & _WAITING:
        return "ours" if words & _OURS else "outside"
    return "maybe" if words & _OUTSIDE and words <= _OUTSIDE | _FILLING else None


def seems_active(name: str) -> bool:
    """Return whether a status of that name seems to be one in which somebody works, or should."""
    words = _words(name)
    return bool(words & _ACTIVE) and not words & (_WAITING | _DONE | _DENIED) and seems_to_wait(name) is None


def seems_done(name: str) -> bool:
    """Return whether a status of that name seems to be the end of the work."""
    words = _words(name)
    return bool(words & _DONE) and not words & (_WAITING | _DENIED | {"reopened"})


def _words(name: str) -> frozenset[str]:
    text = re.sub(r"\bno longer\b", "not", name.casefold())
    text = re.sub(r"\bre-opened\b", "reopened", text)
    return frozenset(re.findall(r"[a-z0-9]+", text))
