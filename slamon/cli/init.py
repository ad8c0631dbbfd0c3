"""`slamon init`: a first slamon.toml."""

from __future__ import annotations

from pathlib import Path

import click


class _InitError(click.ClickException):
    exit_code = 2


@click.command("init")
@click.option("--force", is_flag=True, help="Replace a file that is already there.")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.pass_context
def init(context: click.Context, path: Path | None, *, force: bool) -> None:
    """Write a commented slamon.toml to PATH (a file or a folder; default: the current folder)."""
    target = path or Path(context.obj.config_path or "slamon.toml")
    if target.is_dir():
        target /= "slamon.toml"
    _write(target, force=force)
    click.echo(f"wrote {target}")
    click.echo("Next: fill in [tenant.main], set SLAMON_TENANT__MAIN__PRIVATE_KEY, then run")
    click.echo(f"  slamon -c {target} check")


def _write(target: Path, *, force: bool) -> None:
    from slamon.config.template import TEMPLATE

    try:
        with target.open("w" if force else "x", encoding="utf-8") as file:
            file.write(TEMPLATE)
    except FileExistsError:
        raise _InitError(f"{target} is already there; --force replaces it") from None
    except OSError as error:
        raise _InitError(f"{target} cannot be written ({error.strerror}); name another PATH") from None
