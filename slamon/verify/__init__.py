"""Check a ledger: derive it again from its own calendar, terms and events, and compare every value.

A ledger says how a clock came to its reading. This package reads the same facts and computes the
reading in another way: it looks at the wall clock of the calendar's zone at each edge a day may
have, and goes through the ticket's life in plain loops. It imports nothing of slamon and nothing
outside the standard library, so that one wrong cannot agree with itself.

How it reads a ledger where the form leaves a choice:

Calendar
- The zone's rules are those of the package `tzdata` if it is installed, else of the machine.
- An interval of reason `holiday` ends where its rule ends: two whole-day holidays in a row are two
  intervals, each with its own date. Where two holidays cover an instant, the first listed is named.
- A holiday or an opening without `from` begins at 00:00, one without `to` ends at 24:00.

Events
- There is one `entered`; no event that sets a level stands before it; there is at least one `terms`.
  Of events of one second the earlier in the list has the smaller number.
- What the level of `resolved` and `cancelled` events says is not looked at. A `restored` without a level brings
  back the level from before the cancellation; an `entered` or `status` without one is refused.
- Between `cancelled` and `restored`, `status` and `resolved` change neither level nor status nor number;
  a second `cancelled` has a number of its own.
- The status shown in a cancelled interval is the name of the `cancelled` event. It is not handed on: an unnamed
  event later shows the status from before.
- A level held for no time at all was held: it reaches milestones, and leaving Resolved within the second of
  the resolve is a reopening.
- A resolve forgiven by the grace leaves level and milestones alone; its interval still names its event and status.
- The first `started` of the list holds. It cannot bring the start before the entry, and says nothing of a new
  cycle, which starts at the reopening.
- Of the second of the reopening, ConnectWise's own dates told after it are of the new cycle, those before it are not.

Terms
- The terms in force at `as_of` decide `change`, `reopen`, the grace and `waiting_responds` for the whole life.
- Terms replaced within their own second never were in force. They are a change all the same, for the deadline's
  version and for `forward`. The first terms hold from the entry.
- Terms of the milestone's own second are in force at the milestone.
- `strictest` passes over terms without a goal; there is no goal only if none of them has one.
- `forward` begins with the terms in force at the cycle's beginning.

Clock and stages
- Before its start a clock that would run is `outside_hours`, whatever the calendar says.
- `cycle` is 0 unless the terms say `new_cycle`.
- `paused_seconds` are the business seconds of the intervals of reason `waiting`.
- `due_if_resumed_at` is given while waiting, for a goal that is neither reached nor shown by the clock.
- `elapsed`, `remaining`, `due_at` and `reached_at` are given for every verdict, `breached_at` for `missed` and
  `breached` only. A goal of nothing is shown from the start on, be it over or not, by a clock that stands too.
- A deadline more than ten years after the start and after `as_of` may be null.
- An interval `not started` has the open seconds of the calendar as its business seconds.
"""

from __future__ import annotations

from slamon.verify.compare import differences, find_bad_digest, find_bad_sums
from slamon.verify.derive import derive
from slamon.verify.document import read_ledger
from slamon.verify.wall import TooLargeError

__all__ = ["check"]

MOST_FINDINGS = 50


def check(document: object) -> list[str]:
    """Return what is wrong with a ledger, one line each with place, value and expected value; empty if it agrees.

    Takes anything that JSON can hold and never raises for it.
    """
    if not isinstance(document, dict):
        return ["ledger: expected an object"]
    ledger, findings = read_ledger(document)
    findings += find_bad_digest(document)
    if ledger is not None:
        findings += find_bad_sums(document)
        try:
            findings += differences(
                "", {key: document.get(key) for key in ("clock", "stages", "intervals")}, derive(ledger)
            )
        except TooLargeError as error:
            findings.append(f"calendar: {error}")
    more = len(findings) - MOST_FINDINGS
    return [*findings[:MOST_FINDINGS], f"and {more} more"] if more > 0 else findings
