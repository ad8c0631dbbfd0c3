"""The name of an installation: made at its first start, kept in its database, and part of every Message-ID."""

from __future__ import annotations

import secrets
from datetime import datetime

from slamon.ports import Store

JOB = "installed"


def installation_of(store: Store, now: datetime) -> str:
    """Return the name of the installation that *store* belongs to, made at *now* if it has none.

    Two installations whose tenants and senders have the same names would
    otherwise give different mails the same Message-ID. A backup carries it
    along: a restored database makes the same mails under the same IDs.
    """
    if not store.load_runs(JOB):
        store.claim_run(JOB, secrets.token_hex(4), now)
    return min((made_at, name) for name, made_at in store.load_runs(JOB))[1]  # of two daemons' names, the first
