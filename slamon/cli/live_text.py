"""What `slamon check --live` found, for people: a table of endpoints, then the findings, the worst first."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from slamon.cli.live import TenantCheck
from slamon.cli.table import format_table, terminal_width
from slamon.connectwise.probe import Outcome
from slamon.core.lint import Finding, Severity

WIDEST = 110
_PLURAL = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.NOTICE: "notices"}


def format_check(check: TenantCheck) -> str:
    """Return all that was found for one tenant."""
    lines = [f"tenant {check.tenant}: {check.url}", "", *_endpoints(check.outcomes)]
    if check.findings is not None:
        lines += ["", f"set-up: {_summary(check.findings)}"]
        lines += _findings(check.findings)
    if check.read_as:
        lines += ["", "read as:", *(line for told in check.read_as for line in _wrapped("- ", told, indent=2))]
    if check.error:
        lines += ["", *_wrapped("", check.error, indent=0)]
    return "\n".join(lines)


def _endpoints(outcomes: Sequence[Outcome]) -> Iterator[str]:
    rows = [(o.probe.endpoint, "needed" if o.probe.needed else "optional", o.state) for o in outcomes]
    yield format_table(("ENDPOINT", "NEED", "ANSWER"), rows)
    for outcome in outcomes:
        if outcome.state != "ok":
            yield ""
            yield f"{outcome.probe.endpoint}: {outcome.state}"
            yield from _wrapped("says     ", outcome.detail)
            if outcome.state in ("refused", "missing"):
                right = outcome.probe.right or "which right it takes is not documented"
                yield from _wrapped("right    ", right)
            yield from _wrapped("without  ", outcome.probe.without)


def _summary(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    told = [f"{counts[s]} {s if counts[s] == 1 else _PLURAL[s]}" for s in Severity if counts[s]]
    return ", ".join(told) or "nothing found"


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    for (severity, rule), group in groupby(findings, key=lambda finding: (finding.severity, finding.rule)):
        same = list(group)
        yield ""
        yield f"{severity}: {rule}"
        for finding in same:
            yield from _wrapped("- ", f"{finding.subject}: {finding.problem}")
        yield from _wrapped("why    ", same[0].why)
        yield from _wrapped("mend   ", same[0].mend)
        yield from _wrapped("where  ", same[0].where)


def _wrapped(lead: str, text: str, indent: int = 2) -> list[str]:
    width = min(terminal_width() or WIDEST, WIDEST)
    first = " " * indent + lead
    return textwrap.wrap(
        text, max(width, 40), initial_indent=first, subsequent_indent=" " * len(first), break_on_hyphens=False
    )
