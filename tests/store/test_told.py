"""What became of the messages about one ticket, on both databases."""

from __future__ import annotations

from datetime import timedelta

from slamon.ports import Store
from tests.store.samples import HOUR, NOW, note


def test_the_newest_come_first_and_those_about_others_not_at_all(store: Store) -> None:
    keys = ("main/1/2/near_breach/1/a@example.com", "main/1/2/breached/1/a@example.com")
    store.enqueue([note(keys[0], ticket_id=1, subject="near"), note(keys[1], ticket_id=1, subject="broke")])
    store.enqueue(
        [note("main/2/2/breached/1/a@example.com", ticket_id=2), note("other/1/x", tenant="other", ticket_id=1)]
    )
    while (claimed := store.claim_notification("mail", NOW, lease=timedelta(minutes=1), furthest=HOUR)) is not None:
        if claimed.subject == "near":
            store.mark_sent(claimed, NOW)

    told = store.load_told("main", 1, 10)

    assert [(each.subject, each.state) for each in told] == [("broke", "claimed"), ("near", "sent")]
    assert (told[1].finished_at, told[0].finished_at) == (NOW, None)
    assert [each.subject for each in store.load_told("main", 1, 1)] == ["broke"]
