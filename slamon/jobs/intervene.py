"""Interventions: what a person says of a ticket's goals: acknowledged, snoozed, exempted, or one of them taken back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from slamon.core.intervention import TAKEN_BACK, Intervention, Said, Standing, standing
from slamon.core.reading import Reading, Verdict
from slamon.core.ticket import STAGES, Stage
from slamon.errors import InputError
from slamon.log import get_logger
from slamon.ports import Store

log = get_logger(__name__)


def say(
    store: Store,
    tenant: str,
    ticket_id: int,
    said: Said,
    *,
    now: datetime,
    by: str,
    stages: Collection[Stage] = (),
    until: datetime | None = None,
    reason: str = "",
) -> list[Intervention]:
    """Store *said* of these goals of a ticket and return what was stored; no stage means all that it can be said of.

    An acknowledgement and a snooze are of open goals, an exemption of any that has a target. What is taken back
    must hold.

    Raises:
        InputError: The ticket is not known, or nothing of it can be said.
    """
    reading = store.load_readings(tenant, [ticket_id]).get(ticket_id)
    if reading is None:
        raise InputError(f"ticket {tenant}/{ticket_id} is not known; slamon has not seen it in a poll")
    if until is not None and until <= now:
        raise InputError(f"{until.isoformat()} is past; name an instant to come")
    if said is Said.EXEMPT and not reason.strip():
        raise InputError("an exemption needs a reason: it stands in reports")
    before = store.load_interventions(tenant, [ticket_id]).get(ticket_id, [])
    chosen = [
        stage
        for stage in STAGES
        if (not stages or stage in stages) and _applies(said, reading, stage, standing_of(before, reading, stage, now))
    ]
    if not chosen:
        raise InputError(f"ticket {tenant}/{ticket_id}: {_WHY_NOT[said]}")
    found = [
        Intervention(ticket_id, stage, reading.stage(stage).version, said, now, by, until, reason.strip())
        for stage in chosen
    ]
    store.save_interventions(tenant, found)
    names = [stage.label for stage in chosen]
    log.info("intervention", tenant=tenant, ticket=ticket_id, said=str(said), stages=names, by=by, reason=reason)
    return found


def standing_of(said: Collection[Intervention], reading: Reading, stage: Stage, now: datetime) -> Standing:
    """Return what holds of one goal as it is in *reading*."""
    return standing(said, stage, reading.stage(stage).version, now)


_NOTHING_HOLDS = "nothing of the kind holds"
_WHY_NOT = {
    Said.ACK: "no goal of it is open",
    Said.SNOOZE: "no goal of it is open",
    Said.EXEMPT: "it has no goal to be exempted from",
    Said.UNACK: _NOTHING_HOLDS,
    Said.UNSNOOZE: _NOTHING_HOLDS,
    Said.UNEXEMPT: _NOTHING_HOLDS,
}


def _applies(said: Said, reading: Reading, stage: Stage, holds: Standing) -> bool:
    goal = reading.stage(stage)
    if said in (Said.ACK, Said.SNOOZE):
        return goal.is_open
    if said is Said.EXEMPT:
        return goal.verdict not in (Verdict.NO_TARGET, Verdict.CANCELLED)
    kept = {Said.UNACK: holds.ack, Said.UNSNOOZE: holds.snooze, Said.UNEXEMPT: holds.exempt}
    assert said in TAKEN_BACK.values()
    return kept[said] is not None
