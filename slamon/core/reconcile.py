"""Reconcile: every difference between ConnectWise and slamon, and the one assumption that would make it go away.

An assumption fits a difference if the clock, under it, agrees with that very
figure. Of those that fit, one is named that explains most differences of its
ticket. Hours and half hours coincide easily on one ticket, seldom on hundreds:
so of several such, those are left that explain at least half as many figures of
the desk as the best of them. Of these the first in the order of causes is named.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from slamon.core.assumptions import CALENDAR, Assumption, Case, assume, poll_gap_lives
from slamon.core.desk_facts import DeskFacts
from slamon.core.figures import Figures, Life, Shelf, read_figures
from slamon.core.ticket import Kind
from slamon.core.witness import CAUSES, Cause, Comparison, Difference, Evidence, Key, compare

SAMPLE = 200  # tickets of one round, on which every assumption is tried
ROUNDS = 3
PROMISING = 8  # assumptions at most that are tried on all tickets, the best of each round
PART = 20  # one with a twentieth of the best one's figures may be more than chance,
CHANCE = 6  # but not one with so few figures
NOT_TRIED = "tried with what explains others only: too many tickets differ without a common cause"
LIVES_AT_ONCE = 20_000  # enough for columns to pay, few enough to stay small


@dataclass(frozen=True, slots=True)
class Findings:
    """What was compared, in tickets, and what differs, by ticket, witness and stage."""

    compared: int = 0
    without_witness: int = 0  # ConnectWise shows no figure of its own, or slamon none
    not_measured: int = 0  # slamon says itself that it does not know their history
    differences: tuple[Difference, ...] = ()

    def plus(self, other: Findings) -> Findings:
        """Return the findings of both; the other's tickets are others."""
        return Findings(
            self.compared + other.compared,
            self.without_witness + other.without_witness,
            self.not_measured + other.not_measured,
            self.differences + other.differences,
        )

    def count_causes(self) -> dict[Cause, int]:
        """Return the number of differences by cause, all causes in their order."""
        counts = Counter(difference.cause for difference in self.differences)
        return {cause: counts[cause] for cause in CAUSES}


@dataclass(frozen=True, slots=True)
class Bench:
    """What the trying works with. `goal_tolerance_seconds` is how far goal dates may be apart."""

    desk: DeskFacts
    shelf: Shelf
    as_of: int  # epoch seconds
    goal_tolerance_seconds: int = 0

    def compare(self, told: Sequence[Evidence], lives: Sequence[Life]) -> list[Comparison]:
        """Return each piece of evidence compared with the life at its side."""
        return [
            _NOTHING if ours is None else compare(each, ours, goal_tolerance_seconds=self.goal_tolerance_seconds)
            for each, ours in zip(told, self._figures(lives), strict=True)
        ]

    def _figures(self, lives: Sequence[Life]) -> list[Figures | None]:
        return read_figures(lives, self.shelf, self.as_of)


_NOTHING = Comparison()


def find_differences(told: Sequence[Evidence], bench: Bench) -> Findings:
    """Return what differs; the causes are still unknown."""
    measured = [each for each in told if all(row.kind != Kind.NOT_MEASURED for row in each.life.rows)]
    results = bench.compare(measured, [each.life for each in measured])
    compared = sum(bool(result.agreed or result.differences) for result in results)
    return Findings(
        compared=compared,
        without_witness=len(measured) - compared,
        not_measured=len(told) - len(measured),
        differences=tuple(difference for result in results for difference in result.differences),
    )


def explain(findings: Findings, cases: Sequence[Case], bench: Bench) -> Findings:
    """Return *findings* with the causes found by trying; *cases* are the tickets that differ."""
    open_ones: dict[int, list[Difference]] = defaultdict(list)
    for difference in findings.differences:
        if difference.cause is Cause.UNKNOWN:
            open_ones[difference.ticket_id].append(difference)
    cases = [case for case in cases if case.ticket.id in open_ones]
    fits = _Fits()
    _try_gaps(cases, open_ones, bench, fits)
    left = _try_in_rounds(cases, open_ones, bench, fits)
    chosen = _choose(fits, open_ones)
    calendars = {case.ticket.id: case.calendar_name(bench.shelf) for case in cases}
    named = (_named(each, chosen, calendars, left) for each in findings.differences)
    return replace(findings, differences=tuple(named))


def _try_in_rounds(
    cases: Sequence[Case], open_ones: Mapping[int, Sequence[Difference]], bench: Bench, fits: _Fits
) -> frozenset[int]:
    """Try every assumption on a sample, what explains a good part of it on the others, and so on with what is left.

    A wrong setting moves a whole desk, so few rounds find it. Return the tickets that are left, not tried with all.
    """
    left, everywhere = list(cases), set[Assumption]()
    for _ in range(ROUNDS):
        every = -(-len(left) // SAMPLE) or 1
        _try(left[::every], open_ones, bench, fits)
        others = [case for place, case in enumerate(left) if place % every]
        fresh = fits.promising() - everywhere
        everywhere |= fresh
        if fresh:
            _try(others, open_ones, bench, fits, fresh)
        left = [case for case in others if not fits.explain(case.ticket.id, open_ones)]
    return frozenset(case.ticket.id for case in left)


Place = tuple[int, Key]  # ticket and figure


@dataclass(slots=True)
class _Fits:
    """Which assumptions fit where, in the order of trying; `number` is how many figures one explains at the desk."""

    by_ticket: dict[int, dict[Assumption, frozenset[Key]]] = field(default_factory=lambda: defaultdict(dict))
    number: Counter[Assumption] = field(default_factory=Counter)

    def note(self, ticket_id: int, assumption: Assumption, explained: frozenset[Key]) -> None:
        known = self.by_ticket[ticket_id].get(assumption, frozenset())
        if explained - known:
            self.by_ticket[ticket_id][assumption] = known | explained
            self.number[assumption] += len(explained - known)

    def promising(self) -> frozenset[Assumption]:
        """Return the assumptions that explain a good part of what the best one does, of many the best."""
        best = self.number.most_common(PROMISING)
        return frozenset(each for each, number in best if PART * number >= best[0][1] and number > CHANCE)

    def explain(self, ticket_id: int, open_ones: Mapping[int, Sequence[Difference]]) -> bool:
        """Say whether some assumption explains each figure of the ticket."""
        known = frozenset[Key]().union(*self.by_ticket[ticket_id].values())
        return all(difference.key in known for difference in open_ones[ticket_id])


def _try(
    cases: Sequence[Case],
    open_ones: Mapping[int, Sequence[Difference]],
    bench: Bench,
    fits: _Fits,
    only: frozenset[Assumption] | None = None,
) -> None:
    """Note what each assumption explains, or what each of *only* does."""
    for batch in _batches(cases, bench, only):
        results = bench.compare([case.told for case, _, _ in batch], [life for _, _, life in batch])
        for (case, assumption, _), result in zip(batch, results, strict=True):
            number = case.ticket.id
            fits.note(number, assumption, _explained(result, {difference.key for difference in open_ones[number]}))


def _explained(result: Comparison, differing: set[Key]) -> frozenset[Key]:
    """Return the figures that agree now; where some do and none differs, also those that are shown no more.

    A clock that stands shows no deadline to compare, and that alone proves nothing.
    """
    agreed = result.agreed & differing
    whole = agreed and not differing & {difference.key for difference in result.differences}
    return frozenset(differing) if whole else agreed


def _batches(
    cases: Sequence[Case], bench: Bench, only: frozenset[Assumption] | None
) -> Iterator[list[tuple[Case, Assumption, Life]]]:
    trials = (
        (case, assumption, life) for case in cases for assumption, life in assume(case, bench.desk, bench.shelf, only)
    )
    while batch := list(islice(trials, LIVES_AT_ONCE)):
        yield batch


def _choose(fits: _Fits, open_ones: Mapping[int, Sequence[Difference]]) -> dict[Place, Assumption]:
    """Return the assumption of every figure that one explains."""
    chosen: dict[Place, Assumption] = {}
    for ticket_id, own in fits.by_ticket.items():
        for difference in open_ones[ticket_id]:
            fitting = [assumption for assumption, keys in own.items() if difference.key in keys]
            if fitting:
                chosen[ticket_id, difference.key] = _likeliest(fitting, own, fits)
    return chosen


def _likeliest(fitting: Sequence[Assumption], own: Mapping[Assumption, frozenset[Key]], fits: _Fits) -> Assumption:
    most = max(len(own[assumption]) for assumption in fitting)
    left = [assumption for assumption in fitting if len(own[assumption]) == most]
    best = max(fits.number[assumption] for assumption in left)
    return next(assumption for assumption in left if 2 * fits.number[assumption] >= best)


_GAP = Assumption(Cause.POLL_GAP, "within what polling leaves open: nothing told the instant of a change")


def _try_gaps(cases: Sequence[Case], open_ones: Mapping[int, Sequence[Difference]], bench: Bench, fits: _Fits) -> None:
    """Note what lies within what polling leaves open: some instants give less than theirs, others more."""
    trials = [(case, life) for case in cases for life in poll_gap_lives(case)]
    results = bench.compare([case.told for case, _ in trials], [life for _, life in trials]) if trials else []
    apart: dict[Place, list[int]] = defaultdict(list)
    for (case, _), result in zip(trials, results, strict=True):
        number = case.ticket.id
        fits.note(number, _GAP, result.agreed & {difference.key for difference in open_ones[number]})
        for difference in result.differences:
            if difference.apart_seconds is not None:
                apart[number, difference.key].append(difference.apart_seconds)
    for case in cases:
        for difference in open_ones[case.ticket.id]:
            spread = [*apart[case.ticket.id, difference.key], difference.apart_seconds or 0]
            if min(spread) < 0 < max(spread):
                fits.note(case.ticket.id, _GAP, frozenset({difference.key}))


def _named(
    difference: Difference,
    chosen: Mapping[Place, Assumption],
    calendars: Mapping[int, str],
    not_tried: Collection[int],
) -> Difference:
    assumption = chosen.get((difference.ticket_id, difference.key))
    if assumption is None:
        return replace(difference, words=NOT_TRIED) if difference.ticket_id in not_tried else difference
    words = assumption.words.replace(CALENDAR, repr(calendars[difference.ticket_id]))
    return replace(difference, cause=assumption.cause, words=words)
