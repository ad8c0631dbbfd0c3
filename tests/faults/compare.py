"""Two watched lives of one desk beside each other: what must be equal, and what bounds allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec import structs

from slamon.core.reading import Reading, StageReading
from slamon.core.ticket import Event, Kind, Origin, Witness
from slamon.simulator import Chaos
from tests.faults.life import Life

BOUNDED = (Kind.PRIORITY, Kind.SLA, Kind.BOARD, Kind.COMPANY, Kind.AGREEMENT, Kind.TERMS)
"""Known by comparing two sights; through a gap one change may stand for several."""

EXACT = (Kind.ENTERED, Kind.STARTED, Kind.STATUS, Kind.RESPONDED, Kind.PLANNED, Kind.RESOLVED)
SKEW = timedelta(seconds=Chaos().skew_seconds)
"""How far a node's clock may be off: its stamps, and bounds made of them, are no better."""

UNSURE = (Kind.CANCELLED, Kind.RESTORED, Kind.NOT_MEASURED)


@dataclass
class Verdicts:
    """What a run through chaos got wrong, beside a calm run. `bounded`: readings that differ within known bounds."""

    lost: list[int] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    readings: list[str] = field(default_factory=list)
    bounded: list[str] = field(default_factory=list)
    false_closes: list[str] = field(default_factory=list)
    false_deletes: list[int] = field(default_factory=list)
    false_breaches: list[str] = field(default_factory=list)
    blind_breaches: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        """Everything that must not be."""
        named = (
            ("lost", self.lost),
            ("facts", self.facts),
            ("events", self.events),
            ("reading", self.readings),
            ("false close", self.false_closes),
            ("false delete", self.false_deletes),
            ("false breach", self.false_breaches),
            ("told blind", self.blind_breaches),
        )
        return [f"{name}: {each}" for name, found in named for each in found]


def compare(calm: Life, rough: Life) -> Verdicts:
    """Return what *rough* got wrong."""
    found = Verdicts()
    found.lost = sorted(set(calm.tickets) - set(rough.tickets))
    found.false_deletes = sorted(rough.deleted - calm.deleted)
    for number in sorted(set(calm.tickets) & set(rough.tickets)):
        found.facts += _facts(calm, rough, number)
        differ = list(_events(calm.events[number], rough.events[number]))
        found.events += [f"{number} {each}" for each in differ]
        loose = any(not _is_exact(event) for event in (*calm.events[number], *rough.events[number]))
        said = _reading(calm.readings.get(number), rough.readings.get(number))
        (found.bounded if loose and not differ else found.readings).extend(said)
    found.false_closes = _false_closes(calm, rough)
    _judge_breaches(calm, rough, found)
    return found


def _facts(calm: Life, rough: Life, number: int) -> Iterator[str]:
    one, other = calm.tickets[number], rough.tickets[number]
    for name in type(one).__struct_fields__:
        if name == "last_updated_at" and abs(one.last_updated_at - other.last_updated_at) <= SKEW:
            continue
        if name == "witness" and _is_part(other.witness, one.witness):
            continue  # a witness never decides, so what cannot be read of it is absent
        if getattr(one, name) != getattr(other, name):
            yield f"{number} {name}: {getattr(one, name)!r} became {getattr(other, name)!r}"


def _is_part(part: Witness, whole: Witness) -> bool:
    """Whether everything *part* says is said by *whole*."""
    said = {name: value for name, value in structs.asdict(part).items() if value not in (None, "")}
    return said.items() <= structs.asdict(whole).items()


def _events(calm: Sequence[Event], rough: Sequence[Event]) -> Iterator[str]:
    for kind in (*EXACT, *UNSURE):
        ours, theirs = ([e for e in some if e.kind is kind] for some in (calm, rough))
        if len(ours) != len(theirs):
            yield f"{kind}: {_shown(ours)} became {_shown(theirs)}"
            continue
        for one, other in zip(ours, theirs, strict=True):
            if (one.name, one.level) != (other.name, other.level) or not _overlap(one, other):
                yield f"{kind}: {_shown([one])} became {_shown([other])}"
    for kind in BOUNDED:
        ours, theirs = ([e for e in some if e.kind is kind] for some in (calm, rough))
        if [_value(e) for e in ours[-1:]] != [_value(e) for e in theirs[-1:]]:
            yield f"{kind}: {_shown(ours)} became {_shown(theirs)}"


def _value(event: Event) -> tuple[object, ...]:
    return event.id, event.terms


def _overlap(one: Event, other: Event) -> bool:
    """Whether one instant can be both: exact ones must be equal, bounds are as good as the clock they come from."""
    if _is_exact(one) and _is_exact(other):
        return one.at == other.at
    return max(one.not_before, other.not_before) <= min(one.at, other.at) + SKEW


def _is_exact(event: Event) -> bool:
    return event.origin is not Origin.POLL and event.not_before == event.at


def _shown(events: Sequence[Event]) -> str:
    return str([f"{_span(e)} {e.name} {e.origin}" for e in events])


def _span(event: Event) -> str:
    return (
        f"{event.at:%d %H:%M:%S}"
        if event.not_before == event.at
        else f"{event.not_before:%H:%M:%S}-{event.at:%H:%M:%S}"
    )


def _reading(calm: Reading | None, rough: Reading | None) -> Iterator[str]:
    if calm is None or rough is None:
        if calm is not rough:
            yield f"{calm or rough}: only one run has it"
        return
    for one, other in zip(calm.stages, rough.stages, strict=True):
        if _told(one) != _told(other):
            yield f"{calm.ticket_id} {_told(one)} became {_told(other)}"


def _told(stage: StageReading) -> str:
    return f"{stage.verdict} {stage.elapsed_seconds} s, breached {_at(stage.breached_at)}"


def _at(moment: datetime | None) -> str:
    return f"{moment:%d %H:%M:%S}" if moment else "never"


def _false_closes(calm: Life, rough: Life) -> list[str]:
    ever: set[int] = set()
    found = []
    for cycle, (right, told) in enumerate(zip(calm.closed, rough.closed, strict=True)):
        ever |= right
        found += [f"{number} after cycle {cycle}" for number in sorted(told - ever)]
    return found


def _judge_breaches(calm: Life, rough: Life, found: Verdicts) -> None:
    right = {(breach.ticket_id, breach.stage) for breach in calm.breaches}
    for breach in rough.breaches:
        text = f"{breach.ticket_id} {breach.stage.label} due {_at(breach.due_at)}, told {_at(breach.seen_at)}"
        if breach.blind:
            found.blind_breaches.append(text)
        if (breach.ticket_id, breach.stage) not in right:
            found.false_breaches.append(text)
