"""Compare a document with what it must say, and add up what it does say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from slamon.verify.values import show


def differences(place: str, got: object, want: object) -> list[str]:
    """Return one line for each place where *got* is not *want*; a tuple in *want* holds alternatives."""
    return list(_differences(place, got, want))


def _differences(place: str, got: object, want: object) -> Iterator[str]:
    if isinstance(want, dict) and isinstance(got, dict):
        for key in want:
            yield from _differences(f"{place}.{key}".lstrip("."), got.get(key, _Missing), want[key])
        for key in got:
            if key not in want:
                yield f"{place}[{show(key)}]: {show(got[key])}, expected no such key"
    elif isinstance(want, list) and isinstance(got, list):
        for i, (one, other) in enumerate(zip(got, want, strict=False)):
            yield from _differences(f"{place}[{i}]", one, other)
        if len(got) != len(want):
            first = min(len(got), len(want))
            here = got[first] if len(got) > first else want[first]
            yield f"{place}: {len(got)} entries, expected {len(want)}; from {place}[{first}] on: {show(here)}"
    elif not any(type(got) is type(one) and got == one for one in (want if isinstance(want, tuple) else (want,))):
        expected = " or ".join(show(one) for one in (want if isinstance(want, tuple) else (want,)))
        yield f"{place}: {'missing' if got is _Missing else show(got)}, expected {expected}"


class _Missing:
    """Stands for the value of a key that is not there."""


def find_bad_digest(document: dict[str, Any]) -> list[str]:
    """Return a finding if `digest` is not the SHA-256 of the rest in canonical JSON."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    try:
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    except (ValueError, TypeError, RecursionError) as error:
        return [f"digest: cannot be computed: {type(error).__name__}"]
    return differences("digest", document.get("digest"), hashlib.sha256(text.encode("ascii")).hexdigest())


def find_bad_sums(document: dict[str, Any]) -> list[str]:
    """Return what does not add up in the document itself: the counted seconds, and one interval after the other."""
    intervals = document.get("intervals")
    clock = document.get("clock")
    if not isinstance(intervals, list) or not all(isinstance(one, dict) for one in intervals):
        return []  # the comparison says so
    findings = [
        f"intervals[{i}].from: {show(later.get('from'))}, expected the end of the one before, {show(one.get('to'))}"
        for i, (one, later) in enumerate(pairwise(intervals), start=1)
        if one.get("to") != later.get("from")
    ]
    shown = clock.get("elapsed_seconds") if isinstance(clock, dict) else None
    total = 0
    for one in intervals:
        if not isinstance(counted := one.get("counted_seconds"), int):
            return findings
        total += counted
    if total != shown:
        findings.append(f"clock.elapsed_seconds: {show(shown)}, but the counted_seconds add up to {show(total)}")
    return findings
