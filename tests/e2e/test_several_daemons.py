"""Several `slamon run` on one database: each tenant is watched once, whatever happens to the daemons."""

from __future__ import annotations

import re
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.fleet import PATIENCE, Fleet, Member, fleet
from tests.e2e.processes import slamon, wait_for

pytestmark = pytest.mark.xdist_group("fleet")

ACME, ZENITH = "acme", "zenith"
EQUAL = re.compile(r"slamon_(tickets|tickets_by_priority|breaches_total|next_deadline_timestamp_seconds)\{")


def told(member: Member) -> list[str]:
    """Return the lines of its page that come from the database: they hold on every daemon alike."""
    return [line for line in member.page().splitlines() if EQUAL.match(line)]


def share(one: Member, other: Member) -> None:
    """Wait until each of the two watches one of the two tenants."""
    for tenant in (ACME, ZENITH):
        wait_for("a fair share", lambda t=tenant: one.holds(t) != other.holds(t) or None, PATIENCE)  # type: ignore[misc]
    wait_for("a fair share", lambda: one.holds(ACME) == other.holds(ZENITH) or None, PATIENCE)


def test_T86_killed_paused_and_joining_daemons_watch_each_tenant_once(postgres_url: str, tmp_path: Path) -> None:
    with fleet(postgres_url, tmp_path, tenants=(ACME, ZENITH), speed=60, poll_seconds=300) as desk:
        first, second = desk.start(), desk.start()
        for member in (first.started(), second.started()):
            wait_for("readiness", member.is_ready, PATIENCE)
        share(first, second)
        wait_for("the same counts", lambda: told(first) == told(second) != [] or None, PATIENCE)

        _kill_one(desk, first, second)
        third = desk.start().started()
        share(second, third)
        _pause_one(desk, second, third)

        desk.wait_for_polls(ACME, 1)
        desk.wait_for_polls(ZENITH, 1)
        second.stop()
        third.stop()
        desk.check()
        assert desk.sent()


def _kill_one(desk: Fleet, victim: Member, heir: Member) -> None:
    tenant = ACME if victim.holds(ACME) else ZENITH
    before = heir.requests(tenant)
    desk.wait_for_polls(tenant, 1)
    assert heir.requests(tenant) == before, "who stands by asks nothing"
    victim.process.kill()
    victim.process.wait()
    wait_for("the other to take over", lambda: heir.holds(tenant) or None, PATIENCE)
    desk.wait_for_polls(tenant, 2)


def _pause_one(desk: Fleet, victim: Member, heir: Member) -> None:
    tenant = ACME if victim.holds(ACME) else ZENITH
    victim.process.send_signal(signal.SIGSTOP)
    try:
        wait_for("the lease to run out and be taken", lambda: heir.holds(tenant) or None, PATIENCE)
        desk.wait_for_polls(tenant, 2)
    finally:
        victim.process.send_signal(signal.SIGCONT)
    lost = f'slamon_leases_lost_total{{tenant="{tenant}"}}'
    wait_for("the loss to be seen", lambda: victim.read(lost) or None, PATIENCE)
    assert [e for e in victim.events() if e["event"].startswith("lease lost")]
    share(victim, heir)


def test_T79_on_one_file_tenants_are_apart_and_one_that_fails_delays_no_other(
    sqlite_url: str,
    tmp_path: Path,
) -> None:
    with fleet(sqlite_url, tmp_path, tenants=(ACME, ZENITH), speed=60, poll_seconds=300) as desk:
        watched = dict(desk.desks)
        desk.desks["down"] = "http://127.0.0.1:9"
        one, other = desk.start().started(), desk.start().started()
        for tenant in watched:
            desk.wait_for_polls(tenant, 2)
        wait_for(
            "each tenant's holder", lambda: all(one.holds(t) != other.holds(t) for t in desk.desks) or None, PATIENCE
        )
        assert desk.polls("down") == 0
        for member in (one, other):
            wait_for("the counts", lambda m=member: m.read(f'slamon_up{{tenant="{ZENITH}"}}') or None, PATIENCE)  # type: ignore[misc]
            assert member.read('slamon_up{tenant="down"}') == 0
        refused = poll_by_hand(desk, status=75)
        assert re.search(r"acme: failed: tenant acme is watched by process \d+ on ", refused)

        one.stop()
        wait_for("the other to hold all", lambda: all(map(other.holds, watched)) or None, PATIENCE)
        desk.wait_for_polls(ACME, 1)
        other.stop()
        desk.check()
        assert poll_by_hand(desk).startswith("acme: ok")


def poll_by_hand(desk: Fleet, status: int = 0) -> str:
    command = ("-c", str(desk.write_config()), "poll", "--tenant", ACME)
    return slamon(*command, cwd=desk.folder, status=status, SLAMON_STORE__URL=desk.url)


def test_T86_a_day_with_two_daemons_is_told_once(postgres_url: str, tmp_path: Path) -> None:
    """24 hours in half a minute: every alert and every report goes out once to each recipient."""
    with fleet(postgres_url, tmp_path, tenants=(ACME,), speed=2880, poll_seconds=3600, tickets=40) as desk:
        members = [desk.start(), desk.start()]
        for member in members:
            member.started()
        wait_for("a day", lambda: desk.lived_seconds() >= 86_400 or None, PATIENCE)
        waiting = "SELECT count(*) FROM notifications WHERE state <> 'sent'"
        wait_for("an empty outbox", lambda: desk.rows(waiting)[0][0] == 0 or None, PATIENCE)
        for member in members:
            member.stop()
        desk.check()
        kinds = Counter(desk.rows("SELECT kind, key FROM notifications"))
        assert set(kinds.values()) == {1}
        assert {kind for kind, _ in kinds} >= {"report", "near_breach"}
        assert 0 < len(desk.sent()) <= len(kinds), "a digest may tell of several"
