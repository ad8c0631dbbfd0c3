"""What all open tickets were last judged by: stored, so that a start need not judge them before it shows any."""

from __future__ import annotations

from datetime import datetime

from slamon import __version__
from slamon.core.instants import format_instant
from slamon.core.versions import version_of_judgement
from slamon.jobs.deps import PollDeps


def note_judged(deps: PollDeps, now: datetime) -> None:
    """Note that every open ticket has the level, the scope and the promise that it has by settings and reference."""
    version = _version(deps)
    if _last(deps) != version:
        deps.store.claim_run(_job(deps), f"{format_instant(now)} {version}", now)
    deps.state.judged_by = deps.state.reference_version


def may_wait(deps: PollDeps) -> bool:
    """Say whether to judge the open tickets with the next poll: the first time it is asked, where nothing is new.

    They are judged once in each process all the same: what is wrong with them is only remembered.
    """
    state = deps.state
    if state.judged_by or state.put_off:
        return False
    state.put_off = _last(deps) == _version(deps)
    return state.put_off


def _version(deps: PollDeps) -> str:
    settings, state = deps.settings, deps.state
    by_settings = (settings.promises, settings.levels, settings.boards, settings.start_by_escalation)
    return version_of_judgement(__version__, state.reference_version, state.status_map_version, *by_settings)


def _last(deps: PollDeps) -> str:
    """Return by what the open tickets were judged last, whoever did it; empty if nobody has."""
    newest = max((period for period, _ in deps.store.load_runs(_job(deps))), default="")
    return newest.rpartition(" ")[2]


def _job(deps: PollDeps) -> str:
    return f"judged/{deps.settings.name}"
