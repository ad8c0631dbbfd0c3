"""`slamon cluster`: many tenants over many nodes, with jobs of procrastinate on the same Postgres."""

from __future__ import annotations

import click


@click.group("cluster")
def cluster() -> None:
    """Share many tenants among many nodes. Needs Postgres and the extra `cluster`."""


@cluster.command("install")
@click.pass_context
def install(context: click.Context) -> None:
    """Create the queue's schema in the database, or renew it for another version of the library."""
    _require_extra()
    from slamon.cluster.schema import SCHEMA
    from slamon.cluster.schema import install as create
    from slamon.store.database import Database

    database = Database(context.obj.config.store.url.get_secret_value(), pooled=False)
    try:
        created = create(database)
    finally:
        database.close()
    click.echo(f"{database.name}: schema {SCHEMA} {'created' if created else 'was there already'}")


@cluster.command("worker")
@click.pass_context
def worker(context: click.Context) -> None:
    """Run one node: polls from the queue, `/metrics`, mail and reports, until told to stop as `slamon run` is."""
    _require_extra()
    from slamon.cli.run import serve
    from slamon.cluster.node import Node
    from slamon.cluster.schema import check
    from slamon.store.database import Database

    database = Database(context.obj.config.store.url.get_secret_value(), pooled=False)
    try:
        check(database)
    finally:
        database.close()
    serve(context.obj.config, Node)


def _require_extra() -> None:
    """
    Raises:
        InputError: The extra is not installed.
    """
    from slamon.errors import InputError

    try:
        import procrastinate  # noqa: F401
    except ModuleNotFoundError:
        raise InputError("slamon cluster needs its extra: pip install 'slamon[cluster]'") from None
