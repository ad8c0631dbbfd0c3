"""`slamon check --live`: what ConnectWise lets a tenant's API member read, and whether its set-up is sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from slamon.config import Config
from slamon.connectwise.client import Client
from slamon.connectwise.probe import Outcome, try_endpoints
from slamon.connectwise.reference import fetch_reference
from slamon.core.lint import Finding, Severity
from slamon.errors import SourceError
from slamon.jobs.lint import find_faults
from slamon.jobs.tenant import TenantSettings
from slamon.ports import Unobserved
from slamon.wiring import open_connection, tenant_settings, wall_time

UNREACHABLE = 75
TRIES = 2  # somebody waits for the answer


@dataclass(frozen=True, slots=True)
class TenantCheck:
    """What one tenant's check brought. `findings` is None where the set-up could not be read; `error` says why.

    `read_as` tells what was odd in the reference data and how it was read.
    """

    tenant: str
    url: str
    outcomes: Sequence[Outcome]
    findings: Sequence[Finding] | None = None
    read_as: Sequence[str] = ()
    error: str = ""
    exit_status: int = 0

    def document(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {
            "ok": not self.exit_status,
            "url": self.url,
            "endpoints": [
                {
                    "endpoint": outcome.probe.endpoint,
                    "needed": outcome.probe.needed,
                    "state": outcome.state,
                    "detail": outcome.detail,
                    "right": outcome.probe.right,
                    "without": outcome.probe.without,
                }
                for outcome in self.outcomes
            ],
            "findings": None if self.findings is None else [asdict(finding) for finding in self.findings],
            "read_as": list(self.read_as),
            "error": self.error,
        }


async def check_tenants(config: Config, names: Sequence[str]) -> list[TenantCheck]:
    """Check the tenants of these names, one after the other."""
    return [await _check(config, name) for name in names]


async def _check(config: Config, name: str) -> TenantCheck:
    url = config.tenant[name].url
    connection = open_connection(config, name, Unobserved(), tries=TRIES)
    async with Client(connection) as client:
        outcomes = await try_endpoints(connection)
        failed = [outcome for outcome in outcomes if outcome.failed]
        if failed:
            away = all(outcome.state == "unreachable" for outcome in failed)
            error = "the set-up was not looked at: something slamon needs could not be read"
            return TenantCheck(name, url, outcomes, error=error, exit_status=UNREACHABLE if away else 1)
        return await _look(client, url, tenant_settings(config, name), outcomes, wall_time(config).now())


async def _look(
    client: Client, url: str, settings: TenantSettings, outcomes: Sequence[Outcome], now: datetime
) -> TenantCheck:
    """Read the reference data as the daemon does, and lint them."""
    try:
        reference = await fetch_reference(client)
    except SourceError as error:
        return TenantCheck(settings.name, url, outcomes, error=str(error), exit_status=error.exit_status)
    findings = find_faults(reference, settings, now)
    bad = any(finding.severity is Severity.ERROR for finding in findings)
    return TenantCheck(settings.name, url, outcomes, findings, reference.warnings, exit_status=int(bad))
