"""`python -m slamon`, and the `slamon` command."""

from __future__ import annotations

import sys
import zoneinfo

import click

from slamon.cli.app import cli
from slamon.errors import SlamonError


def main() -> None:
    """Run the command line; errors slamon knows become one line and their exit status."""
    # The zone rules are those of the pinned tzdata, not of the machine: two machines must agree.
    zoneinfo.reset_tzpath(())
    try:
        status = cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SlamonError as error:
        click.echo(f"slamon: {error}", err=True)
        sys.exit(error.exit_status)
    except BrokenPipeError:
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
