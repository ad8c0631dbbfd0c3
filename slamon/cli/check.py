"""`slamon check`: everything that is wrong with the configuration, at once; with `--live` also with ConnectWise."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from slamon.config import Config
    from slamon.errors import ConfigError


@click.command("check")
@click.option("--live", is_flag=True, help="Ask ConnectWise too: what may be read, and whether its set-up is sound.")
@click.option("--tenant", help="With --live: only this tenant.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def check(context: click.Context, *, live: bool, tenant: str | None, as_json: bool) -> None:
    """Check the configuration; list all problems and how to mend them.

    The exit status is 2 if there is a problem. With --live it is 1 if
    slamon cannot work with what ConnectWise allows or has, 75 if
    ConnectWise does not answer; warnings and notices do not count.
    """
    # Imported here: pydantic takes longer to load than `slamon --help` may.
    from slamon.config import load_config
    from slamon.errors import ConfigError

    if tenant is not None and not live:
        raise click.UsageError("--tenant goes with --live")
    try:
        config = load_config(context.obj.config_path, os.environ)
    except ConfigError as error:
        click.echo(json.dumps(_problems_document(error), indent=2) if as_json else _problems_text(error))
        context.exit(error.exit_status)
    _check_templates(context, config, as_json=as_json)
    if live:
        _check_live(context, config, tenant, as_json=as_json)
    click.echo(json.dumps(_document(config), indent=2) if as_json else _text(config))


def _check_templates(context: click.Context, config: Config, *, as_json: bool) -> None:
    """Try the site's templates on every sample; end with 2 if one of them will not do."""
    from pathlib import Path

    from slamon.errors import ConfigError

    if config.mail is None or not config.mail.templates:
        return
    from slamon.reporting.site.check import check_site
    from slamon.reporting.site.templates import open_site
    from slamon.resources import folder

    problems = check_site(open_site(Path(config.mail.templates), folder("reports")))
    if problems:
        error = ConfigError(str(config.path), problems)
        click.echo(json.dumps(_problems_document(error), indent=2) if as_json else _problems_text(error))
        context.exit(error.exit_status)


def _check_live(context: click.Context, config: Config, tenant: str | None, *, as_json: bool) -> None:
    """Check the tenants against ConnectWise, print it all, and end with the worst status."""
    import asyncio
    import sys

    from slamon import log
    from slamon.cli.live import check_tenants
    from slamon.cli.live_text import format_check
    from slamon.cli.tickets import chosen_tenants

    names = chosen_tenants(config, tenant)
    log.configure("error", config.log.format, sys.stderr)
    checks = asyncio.run(check_tenants(config, names))
    if as_json:
        live = {check.tenant: check.document() for check in checks}
        ok = not any(check.exit_status for check in checks)
        click.echo(json.dumps({**_document(config), "ok": ok, "live": live}, indent=2))
    else:
        click.echo("\n\n".join([_text(config), *(format_check(check) for check in checks)]))
    statuses = {check.exit_status for check in checks}
    context.exit(1 if 1 in statuses else max(statuses))


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
        "reports": {name: report.schedule for name, report in config.reports.items()},
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
