"""`slamon db`: the database by hand: its schema, and backups of it. The daemon migrates by itself when it starts."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slamon.cli.db_check import check
from slamon.cli.digest import digest
from slamon.cli.prune import prune

if TYPE_CHECKING:
    from datetime import datetime

    from pydantic import SecretStr

    from slamon.store.backup import Backup
    from slamon.store.migrate import SchemaStatus

_MEANING = {
    "current": "is what this slamon works with",
    "empty": "does not exist yet; `slamon db upgrade` or the first `slamon run` creates it",
    "behind": "is older than this slamon; `slamon db upgrade` or the next `slamon run` brings it up to date",
    "newer": "is of a newer slamon; install that one, or let it run `slamon db downgrade`",
    "incomplete": "lacks tables; restore a backup",
    "foreign": "belongs to another application; name another database",
}


@click.group("db")
def db() -> None:
    """Look after the database: its schema, backups, restoring them."""


@db.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(*, as_json: bool) -> None:
    """Say which schema the database has. Changes nothing; the exit status is 78 unless it can be worked with."""
    # Imported here, as below: SQLAlchemy takes longer to load than `slamon --help` may.
    from slamon.errors import StoreError
    from slamon.store.migrate import schema_status

    found = schema_status(_url())
    click.echo(json.dumps(asdict(found), indent=2) if as_json else _line(found))
    if found.state in ("newer", "foreign", "incomplete"):
        click.get_current_context().exit(StoreError.exit_status)


@db.command("upgrade")
def upgrade() -> None:
    """Create the schema, or bring it up to date."""
    from slamon.store.migrate import upgrade as bring_up

    click.echo(_line(bring_up(_url())))


@db.command("downgrade")
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the schema back to REVISION, such as 0001. What only later revisions hold is deleted; `base` deletes all."""
    from slamon.store.migrate import downgrade as take_back

    click.echo(_line(take_back(_url(), revision)))


@db.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace a file that is already there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def backup(*, file: Path, force: bool, as_json: bool) -> None:
    """Copy the database to FILE, whole and as of one moment; the daemon may go on working.

    The file is of one form, whichever database it was made of.
    """
    from slamon.store.backup import back_up

    _print_backup(back_up(_url(), file, made_at=_now(), force=force), "made", as_json=as_json)


@db.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace what is in the database.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def restore(*, file: Path, force: bool, as_json: bool) -> None:
    """Put the backup FILE in the place of the database, all of it or nothing. Stop the daemon before.

    What happened since the backup was made is told in one mail once the daemon runs
    again; what waited in the outbox is not sent again.
    """
    from slamon.store.backup import restore as put_back

    _print_backup(put_back(_url(), file, now=_now(), force=force), "restored", as_json=as_json)


def _print_backup(found: Backup, what: str, *, as_json: bool) -> None:
    from slamon.core.instants import format_instant

    if as_json:
        click.echo(json.dumps({**asdict(found), "made_at": format_instant(found.made_at)}, indent=2))
        return
    rows = ", ".join(f"{found.rows.get(name, 0)} {name}" for name in ("tickets", "events", "readings", "notifications"))
    made = format_instant(found.made_at)
    click.echo(f"{found.path}: {what}; backup of {made}, schema {found.schema}, of {found.source}: {rows}")


def _now() -> datetime:
    from slamon.wiring import wall_time

    return wall_time(click.get_current_context().obj.config).now().replace(microsecond=0)


def _url() -> str:
    url: SecretStr = click.get_current_context().obj.config.store.url
    return url.get_secret_value()


def _line(found: SchemaStatus) -> str:
    return f"{found.where}: schema {found.current or '(none)'} {_MEANING[found.state]}"


db.add_command(prune)
db.add_command(check)
db.add_command(digest)
