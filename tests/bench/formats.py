"""How long each format of a report takes, with 1,000 and 10,000 rows; PDF shows 2,000 of a table at most."""

from __future__ import annotations

import time

from slamon.reports.formats import Form, files_of
from slamon.reports.samples import sample_report


def rows() -> list[tuple[str, float, str]]:
    """Return (what, value, unit)."""
    found = []
    for count in (1_000, 10_000):
        report = sample_report(count)
        for form in Form:
            began = time.perf_counter()
            files_of(report, form)
            found.append((f"report of {count:,} rows as {form}", time.perf_counter() - began, "s"))
    return found
