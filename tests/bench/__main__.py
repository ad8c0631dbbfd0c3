"""`make bench`: every benchmark, one table."""

from __future__ import annotations

import sys

from tests.bench import backtest, core, formats, lag, objectives, page, poll, report, store

for title, rows in (
    ("calendars and clocks", core.rows),
    ("backtest", backtest.rows),
    ("store", store.rows),
    ("objectives", objectives.rows),
    ("reports", report.rows),
    ("metrics page", page.rows),
    ("polls", poll.rows),
    ("formats of reports", formats.rows),
    ("how late marks are told, in real time", lag.rows),
):
    sys.stdout.write(f"\n{title}\n")
    for what, value, unit in rows():
        sys.stdout.write(f"  {what:<66} {value:>14,.2f} {unit}\n")
        sys.stdout.flush()
