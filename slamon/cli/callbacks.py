"""`slamon callbacks`: the registrations in ConnectWise, by hand. These are the only commands that write there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from slamon.config import Config
    from slamon.connectwise.api.records import CallbackRecord
    from slamon.connectwise.client import Client

T = TypeVar("T")

PATH = "/connectwise/callbacks/"

_tenant = click.option("--tenant", help="Which tenant; may be left out where there is only one.")
_yes = click.option("--yes", is_flag=True, help="Do not ask before ConnectWise is changed.")


@click.group("callbacks")
def callbacks() -> None:
    """List, register and remove callbacks in ConnectWise."""


@callbacks.command("list")
@_tenant
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@click.pass_context
def list_(context: click.Context, *, tenant: str | None, as_json: bool) -> None:
    """List the callbacks that the API member may see, slamon's and others."""
    from slamon.cli.table import format_table, terminal_width

    config = context.obj.config
    found = _with_client(config, _one(config, tenant), lambda client: client.callbacks.all())
    if as_json:
        click.echo(json.dumps([_document(row) for row in found], indent=1))
        return
    rows = [
        (
            str(r.id),
            r.type or "",
            f"{r.level or ''} {r.object_id or ''}",
            "no" if r.inactive_flag else "yes",
            r.url or "",
        )
        for r in found
    ]
    click.echo(format_table(("ID", "TYPE", "LEVEL", "ACTIVE", "URL"), rows, width=terminal_width()))


@callbacks.command("add")
@_tenant
@click.option("--address", metavar="URL", help="How ConnectWise reaches slamon's port [default: base_url of [web]].")
@_yes
@click.pass_context
def add(context: click.Context, *, tenant: str | None, address: str | None, yes: bool) -> None:
    """Register the tenant's callback for all tickets; say what would be registered first."""
    from slamon.connectwise.drafts import NewCallback

    config = context.obj.config
    name = _one(config, tenant)
    url = _callback_url(config, name, address)
    new = NewCallback(url=url, object_id=1, type="ticket", level="owner", description="slamon")

    async def register(client: Client) -> str:
        for known in await client.callbacks.all():
            if known.url == url and (known.type or "").casefold() == "ticket":
                return f"is registered already, as {known.id}{' (inactive)' if known.inactive_flag else ''}"
        click.echo(f"to be registered at {config.tenant[name].url}:")
        click.echo(f"  url    {url}\n  type   {new.type}\n  level  {new.level}, object {new.object_id}: all tickets")
        if not yes:
            click.confirm("Register it?", abort=True)
        return f"registered as {(await client.callbacks.create(new)).id}"

    click.echo(_with_client(config, name, register))


@callbacks.command("remove")
@click.argument("number", metavar="ID", type=int)
@_tenant
@_yes
@click.pass_context
def remove(context: click.Context, *, number: int, tenant: str | None, yes: bool) -> None:
    """Remove a callback of slamon's, by the ID that the list shows; others are left alone."""
    config = context.obj.config
    name = _one(config, tenant)

    async def drop(client: Client) -> str:
        known = await client.callbacks.get(number)
        if PATH not in (known.url or ""):
            raise click.UsageError(f"callback {number} is not slamon's ({known.url}); remove it in ConnectWise")
        click.echo(f"to be removed at {config.tenant[name].url}:\n  url    {known.url}\n  type   {known.type}")
        if not yes:
            click.confirm("Remove it?", abort=True)
        await client.callbacks.delete(number)
        return f"removed {number}"

    click.echo(_with_client(config, name, drop))


def _one(config: Config, tenant: str | None) -> str:
    from slamon.cli.tickets import chosen_tenants

    names = chosen_tenants(config, tenant)
    if len(names) != 1:
        raise click.UsageError(f"which tenant? name it with --tenant; there is: {', '.join(names)}")
    return names[0]


def _callback_url(config: Config, name: str, address: str | None) -> str:
    """Return what ConnectWise is to post to; it appends the ticket's number itself."""
    from slamon.config.values import is_loopback, split_url

    if not config.tenant[name].callbacks.enabled:
        raise click.UsageError(f"tenant {name} takes no callbacks; set callbacks = {{ enabled = true }} for it first")
    base = (address or config.web.base_url).rstrip("/")
    if not base:
        raise click.UsageError("how does ConnectWise reach slamon's port? set base_url of [web], or --address")
    try:
        parts = split_url(base)
    except ValueError as error:
        raise click.UsageError(f"{base}: {error}") from None
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise click.UsageError(f"{base}: use https, or anybody on the way can read and repeat what is posted")
    if parts.query or parts.fragment:
        raise click.UsageError(f"{base}: leave out everything from ? or # on")
    return f"{base}{PATH}{name}?recordId="


def _with_client(config: Config, name: str, work: Callable[[Client], Awaitable[T]]) -> T:
    from slamon.ports import Unobserved
    from slamon.wiring import open_client

    async def run() -> T:
        async with open_client(config, name, Unobserved()) as client:
            return await work(client)

    return asyncio.run(run())


def _document(row: CallbackRecord) -> dict[str, object]:
    return {
        "id": row.id,
        "url": row.url,
        "type": row.type,
        "level": row.level,
        "object_id": row.object_id,
        "inactive": bool(row.inactive_flag),
        "description": row.description,
    }
