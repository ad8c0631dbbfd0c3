"""What a node knew of a tenant is believed by the very next holder alone, and only under the same settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from slamon.cluster.memory import recall, remember
from slamon.cluster.schema import install
from slamon.core.reference import Reference
from slamon.jobs.tenant import TenantState
from slamon.store.database import Database
from slamon.store.migrate import open_store
from tests.jobs.desk import settings_of
from tests.jobs.world import at

EMPTY = Reference({}, {}, {}, {}, {}, {})


def test_the_next_holder_goes_on_where_the_last_one_stopped(postgres_url: str) -> None:
    store, database, settings = open_store(postgres_url), Database(postgres_url), settings_of()
    install(database)
    store.save_reference("v1", EMPTY)
    known = TenantState(reference_version="v1", judged_by="v1", swept_at=at("10:00"), retry_ids={7}, problems={8: "no"})
    remember(database, settings, known, 3, at("09:00"))

    fresh = TenantState(retry_ids={99}, hinted_ids={5})
    memory = recall(database, store, settings, fresh, 4)

    assert memory is not None
    assert memory.read_at == at("09:00")
    assert (fresh.reference, fresh.judged_by, fresh.swept_at) == (EMPTY, "v1", at("10:00"))
    assert (fresh.retry_ids, fresh.problems, fresh.hinted_ids) == ({7}, {8: "no"}, {5})

    other = replace(settings, overlap=timedelta(minutes=7))
    for token, asked in ((5, settings), (3, settings), (4, other)):
        assert recall(database, store, asked, fresh, token) is None
        assert fresh == TenantState(hinted_ids={5}), "nothing is left of what was known before"
    remember(database, settings, TenantState(), 2, at("08:00"))
    assert recall(database, store, settings, fresh, 4) is not None, "an older holder overwrites nothing"
    database.close()
    store.close()
