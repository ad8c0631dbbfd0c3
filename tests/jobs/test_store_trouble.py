"""What is due while the database is away is done once it is back."""

from __future__ import annotations

import asyncio

import pytest

from slamon.errors import SlamonError, StoreError, StoreUnavailableError
from slamon.store_trouble import once_stored


def test_a_report_due_on_a_full_disk_is_made_once_there_is_room(caplog: pytest.LogCaptureFixture) -> None:
    left: list[Exception] = [StoreUnavailableError("disk is full"), StoreUnavailableError("disk is full")]

    async def report() -> int:
        if left:
            raise left.pop()
        return 7

    assert asyncio.run(once_stored(report, 0.001)) == 7
    assert len(caplog.records) == 1  # not one for each try


@pytest.mark.parametrize("error", [StoreError("another schema"), SlamonError("a template is wrong")])
def test_what_does_not_pass_is_not_tried_again(error: SlamonError) -> None:
    async def report() -> int:
        raise error

    with pytest.raises(type(error), match=str(error)):
        asyncio.run(once_stored(report, 0.001))
