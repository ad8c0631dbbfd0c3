"""`/health`: can I trust this? What slamon knows of itself, tenant by tenant, and what to do where it is not well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from slamon.core.lint import Severity
from slamon.documents.sight import sight_line
from slamon.errors import StoreError
from slamon.holder import shown
from slamon.pages.frame import page
from slamon.pages.house import House, Room
from slamon.reporting.words import local_instant, plural, wall_time

Standing = Literal["good", "bad", "unknown"]
MOST = 10  # of what one check names
LATE = timedelta(minutes=10)  # a message that waits for longer


class Check(Struct, frozen=True):
    """One thing looked at: how it stands, what is the case, and what to do about it."""

    name: str
    standing: Standing
    says: str
    remedy: str = ""
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HealthPage:
    """The handler."""

    house: House

    def show(self, _: Request) -> Response:
        groups = list(check_house(self.house).items())
        bad = sum(check.standing == "bad" for _, checks in groups for check in checks)
        return page("health.html", self.house, root="", groups=groups, bad=bad)


def check_house(house: House) -> Mapping[str, list[Check]]:
    """Return what was looked at, under the tenant it is about; what is about all stands under `slamon`."""
    rooms = house.rooms()
    try:
        common, found = list(_of_all(house)), {name: list(_of_room(house, room)) for name, room in rooms.items()}
    except StoreError as error:
        remedy = "Look at the database and its disk; nothing is lost meanwhile, but nothing is told either."
        return {"slamon": [Check("database", "bad", str(error), remedy)]}
    return {"slamon": common, **{f"Tenant {name}": checks for name, checks in found.items()}}


def _of_all(house: House) -> Iterator[Check]:
    reasons = house.reasons()
    yield Check("ready", "bad" if reasons else "good", "; ".join(reasons) or "it does its work")
    yield Check("database", "good", "it answers")
    state, now = house.store.outbox_state(), house.wall.now()
    late = state.oldest_at is not None and now - state.oldest_at > LATE
    waits = f"{plural(state.waiting, 'message')} on the way"
    if late and state.oldest_at is not None:
        waits += f", the oldest for {wall_time(now - state.oldest_at)}"
    remedy = "See `slamon outbox list`, and the log for what the mail server says." if late else ""
    yield Check("messages", "bad" if late else "good", waits, remedy)
    if state.held:
        held = f"{plural(state.held, 'message')} may have arrived or not"
        yield Check("messages held", "bad", held, "See whether they arrived, then `slamon outbox release` or `drop`.")


def _of_room(house: House, room: Room) -> Iterator[Check]:
    name, sight = room.settings.name, room.sight
    line = "; ".join(part for part in (sight_line(name, sight, room.zone), room.trouble) if part)
    seen = "" if sight.seen_at is None else f"last seen {local_instant(sight.seen_at, room.zone)}"
    remedy = "Run `slamon check --live`: it says what ConnectWise answers." if line else ""
    yield Check("polls", "bad" if line else "good", line or seen, remedy)
    holder = house.store.load_holder(name)
    yield Check("watched by", "good" if holder else "unknown", shown(holder) if holder else "nobody at this moment")
    trails = house.store.count_unread_trails(name)
    yield Check("audit trails", "good", f"{plural(trails, 'trail')} still to be read")
    yield _unmapped(room)
    yield _unpromised(room)
    yield _set_up(room)


_ELSEWHERE = "known to the daemon that watches the tenant"


def _unmapped(room: Room) -> Check:
    if room.unmapped is None:
        return Check("statuses", "unknown", _ELSEWHERE)
    if not room.unmapped:
        return Check("statuses", "good", "every status says what it means to the clock")
    found = Counter(room.unmapped.values()).most_common(MOST)
    says = f"{plural(len(room.unmapped), 'ticket')} in a status that says nothing to the clock: it counts as open"
    remedy = "Say what it means with [[status_level]], or in ConnectWise."
    return Check("statuses", "bad", says, remedy, tuple(f"{status}: {plural(n, 'ticket')}" for status, n in found))


def _unpromised(room: Room) -> Check:
    if room.unpromised is None:
        return Check("promises", "unknown", _ELSEWHERE)
    if not room.unpromised:
        return Check("promises", "good", "every ticket has a promise")
    says = f"{plural(len(room.unpromised), 'ticket')} without a promise"
    remedy = "Mend what each line names, or add a [[policy]] that takes them."
    found = islice(room.unpromised.items(), MOST)
    return Check("promises", "bad", says, remedy, tuple(f"#{number}: {why}" for number, why in found))


def _set_up(room: Room) -> Check:
    if room.findings is None:
        return Check("set-up", "unknown", _ELSEWHERE)
    serious = [each for each in room.findings if each.severity is not Severity.NOTICE]
    if not serious:
        return Check("set-up", "good", "nothing in boards, SLAs and calendars contradicts itself")
    says = f"{plural(len(serious), 'finding')} in boards, SLAs or calendars"
    remedy = f"`slamon check --live --tenant {room.settings.name}` says what to do about each."
    return Check("set-up", "bad", says, remedy, tuple(f"{each.subject}: {each.problem}" for each in serious[:MOST]))
