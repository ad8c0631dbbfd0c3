"""`slamon db`: the database's schema, by hand. The daemon brings it up to date by itself when it starts."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pydantic import SecretStr

    from slamon.store.migrate import SchemaStatus

_MEANING = {
    "current": "is what this slamon works with",
    "empty": "does not exist yet; `slamon db upgrade` or the first `slamon run` creates it",
    "behind": "is older than this slamon; `slamon db upgrade` or the next `slamon run` brings it up to date",
    "newer": "is of a newer slamon; install that one, or let it run `slamon db downgrade`",
    "foreign": "belongs to another application; name another database",
}


@click.group("db")
def db() -> None:
    """Look at the database's schema and change it."""


@db.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(*, as_json: bool) -> None:
    """Say which schema the database has. Changes nothing; the exit status is 78 unless it can be worked with."""
    # Imported here, as below: SQLAlchemy takes longer to load than `slamon --help` may.
    from slamon.errors import StoreError
    from slamon.store.migrate import schema_status

    found = schema_status(_url())
    click.echo(json.dumps(asdict(found), indent=2) if as_json else _line(found))
    if found.state in ("newer", "foreign"):
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


def _url() -> str:
    url: SecretStr = click.get_current_context().obj.config.store.url
    return url.get_secret_value()


def _line(found: SchemaStatus) -> str:
    return f"{found.where}: schema {found.current or '(none)'} {_MEANING[found.state]}"
