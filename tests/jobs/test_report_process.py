"""Several daemons whose report is due at once start one process for it; one that dies over it is replaced."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from slamon import report_process
from slamon.jobs.errand import Errand, Sent
from slamon.report_process import ReportOrder, fill_order, report_once
from slamon.store.sql import SqlStore
from tests.jobs.desk import settings_of
from tests.jobs.world import at

HERE, THERE = "machine 1 - - 0a", "machine 2 - - 0b"


def order_of(folder: Path) -> ReportOrder:
    errand = Errand(
        name="breach",
        kind="breach",
        zone="UTC",
        due_at=at("15:00"),
        now=at("15:00"),
        domain="example.org",
        recipients={"main": ("boss@example.org",)},
    )
    return ReportOrder(SecretStr(f"sqlite:///{folder / 'slamon.db'}"), (settings_of(),), errand)


class Kitchen:
    """Makes reports as asked, here and not in a process, and counts them."""

    def __init__(self) -> None:
        self.orders = 0

    async def make(self, order: ReportOrder) -> Sent:
        self.orders += 1
        await asyncio.sleep(0.2)  # the others are at it by now
        return await asyncio.to_thread(fill_order, order)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_process, "CHECK_SECONDS", 0.01)


def test_one_of_several_daemons_makes_the_report(store: SqlStore, tmp_path: Path) -> None:
    kitchen, order = Kitchen(), order_of(tmp_path)

    async def both() -> list[Sent]:
        return await asyncio.gather(*(report_once(store, order, holder, kitchen.make) for holder in (HERE, THERE)))

    assert sorted(sent.messages for sent in asyncio.run(both())) == [0, 1]
    assert kitchen.orders == 1
    assert asyncio.run(report_once(store, order, THERE, kitchen.make)) == Sent()
    assert kitchen.orders == 1
    assert len(store.load_reports(10)) == 1
    assert store.load_holder("~report/breach") is None


def test_a_claim_is_kept_up_while_the_report_is_made(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_process, "CLAIM_SECONDS", 1)

    async def slowly(order: ReportOrder) -> Sent:
        await asyncio.sleep(1.2)
        return fill_order(order)

    assert asyncio.run(report_once(store, order_of(tmp_path), HERE, slowly)).messages == 1
    lease = store.take_lease("~report/breach", THERE, 1, lambda _: False)
    assert lease is not None
    assert lease.token > 1 + 1  # it grows with each claim


def test_who_dies_over_it_or_fails_leaves_it_to_another(store: SqlStore, tmp_path: Path) -> None:
    kitchen, order = Kitchen(), order_of(tmp_path)
    assert store.take_lease("~report/breach", HERE, 1, lambda _: False)  # and is heard of no more

    assert asyncio.run(report_once(store, order, THERE, kitchen.make)).messages == 1

    async def burn(_order: ReportOrder) -> Sent:
        raise ValueError("burnt")

    later = replace(order, errand=replace(order.errand, due_at=at("16:00"), now=at("16:00")))
    with pytest.raises(ValueError, match="burnt"):
        asyncio.run(report_once(store, later, HERE, burn))
    assert asyncio.run(report_once(store, later, THERE, kitchen.make)).messages == 1
