"""`slamon check`: everything that is wrong with the configuration, at once."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from slamon.config import Config
    from slamon.errors import ConfigError


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def check(context: click.Context, *, as_json: bool) -> None:
    """Check the configuration; list all problems and how to mend them.

    The exit status is 2 if there is a problem.
    """
    # Imported here: pydantic takes longer to load than `slamon --help` may.
    from slamon.config import load_config
    from slamon.errors import ConfigError

    try:
        config = load_config(context.obj.config_path, os.environ)
    except ConfigError as error:
        click.echo(json.dumps(_problems_document(error), indent=2) if as_json else _problems_text(error))
        context.exit(error.exit_status)
    click.echo(json.dumps(_document(config), indent=2) if as_json else _text(config))


def _problems_document(error: ConfigError) -> dict[str, Any]:
    problems = [{"key": p.key, "value": p.value, "remedy": p.remedy} for p in error.problems]
    return {"ok": False, "file": error.source, "problems": problems}


def _problems_text(error: ConfigError) -> str:
    number = len(error.problems)
    lines = [f"{error.source}: {number} problem{'s' if number > 1 else ''}"]
    for problem in error.problems:
        lines.append(f"  {problem.key}" + (f" = {problem.value}" if problem.value else ""))
        lines.append(f"      {problem.remedy}")
    return "\n".join(lines)


def _document(config: Config) -> dict[str, Any]:
    return {
        "ok": True,
        "file": str(config.path),
        "store": config.store.shown_url,
        "listen": config.web.listen,
        "tenants": {name: {"url": t.url, "company": t.company} for name, t in config.tenant.items()},
        "calendars": {name: rules.zone for name, rules in config.calendars.items()},
        "policies": [*(policy.name for policy in config.policy), config.default_policy.name],
        "reports": {name: report.cron for name, report in config.reports.items() if report.enabled},
        "warnings": list(config.warnings),
    }


def _text(config: Config) -> str:
    document = _document(config)
    tenants = (f"{name} ({tenant['url']})" for name, tenant in document["tenants"].items())
    calendars = (f"{name} ({zone})" for name, zone in document["calendars"].items())
    reports = (f"{name} ({cron})" for name, cron in document["reports"].items())
    rows = {
        "tenants": ", ".join(tenants),
        "calendars": ", ".join(calendars) or "ConnectWise's own only",
        "policies": ", ".join(document["policies"]),
        "reports": ", ".join(reports) or "none",
        "store": document["store"],
        "web": document["listen"],
    }
    lines = [f"{config.path}: ok", *(f"  {name:<11}{value}" for name, value in rows.items())]
    return "\n".join([*lines, *(f"  warning    {line}" for line in config.warnings)])
