"""Ticket arguments: `[TENANT/]ID`."""

from __future__ import annotations

import click

from slamon.config.models import Config

MOST_DIGITS = 18  # what a database keeps as a number


def parse_ticket(config: Config, text: str) -> tuple[str, int]:
    """Return (tenant, id) of `[TENANT/]ID`; the tenant may be left out where there is only one.

    Raises:
        click.UsageError: No such form, or no such tenant.
    """
    tenant, slash, number = text.rpartition("/")
    known = ", ".join(config.tenant)
    if not number.isascii() or not number.isdigit() or len(number) > MOST_DIGITS:
        raise click.UsageError(f"{text!r} is not a ticket; write its number, or TENANT/NUMBER")
    if not slash:
        if len(config.tenant) != 1:
            raise click.UsageError(f"which tenant? write TENANT/{number} with one of: {known}")
        return next(iter(config.tenant)), int(number)
    if tenant not in config.tenant:
        raise click.UsageError(f"no tenant {tenant!r} in {config.path}; there is: {known}")
    return tenant, int(number)


def chosen_tenants(config: Config, tenant: str | None) -> list[str]:
    """Return the tenant named, or all.

    Raises:
        click.UsageError: No such tenant.
    """
    if tenant is None:
        return list(config.tenant)
    if tenant not in config.tenant:
        raise click.UsageError(f"no tenant {tenant!r} in {config.path}; there is: {', '.join(config.tenant)}")
    return [tenant]
