"""`slamon [-c FILE] COMMAND`: finds the command's module by name, so that `--help` imports next to nothing."""

from __future__ import annotations

import importlib
import os
from functools import cached_property
from typing import TYPE_CHECKING

import click

from slamon import __version__

if TYPE_CHECKING:
    from slamon.config import Config
    from slamon.store.sql import SqlStore

# name: (module, attribute, what `slamon --help` says of it)
COMMANDS = {
    "run": ("slamon.cli.run", "run", "Watch the tenants until told to stop."),
    "poll": ("slamon.cli.poll", "poll", "Poll and evaluate once, by hand."),
    "status": ("slamon.cli.status", "status", "List the open tickets most at risk."),
    "slo": ("slamon.cli.slo", "slo", "Hold the month's goals against what is promised of many."),
    "report": ("slamon.cli.report", "report", "Make a report by hand, or list those that were sent."),
    "explain": ("slamon.cli.explain", "explain", "Print the ledger of one ticket."),
    "ack": ("slamon.cli.intervene", "ack", "Acknowledge a ticket: no more warnings of this deadline."),
    "snooze": ("slamon.cli.intervene", "snooze", "Tell nothing of a ticket for a while."),
    "exempt": ("slamon.cli.intervene", "exempt", "Excuse a ticket, with a reason that reports show."),
    "backtest": ("slamon.cli.backtest", "backtest", "Read the past again under other rules."),
    "recompute": ("slamon.cli.recompute", "recompute", "Put closed tickets right after a calendar was corrected."),
    "evaluate": ("slamon.cli.evaluate", "evaluate", "Answer questions about calendars and clocks from a file."),
    "reconcile": (
        "slamon.cli.reconcile",
        "reconcile",
        "Hold ConnectWise's own deadlines against slamon's.",
    ),
    "verify": ("slamon.cli.verify", "verify", "Check ledgers by deriving them again, independently."),
    "calendar": ("slamon.cli.calendar", "calendar", "Show what a calendar opens, or what another would change."),
    "check": ("slamon.cli.check", "check", "Check the configuration; list all problems at once."),
    "callbacks": ("slamon.cli.callbacks", "callbacks", "List, register and remove callbacks in ConnectWise."),
    "outbox": ("slamon.cli.outbox", "outbox", "Look at what waits to be sent; release or drop what is held."),
    "init": ("slamon.cli.init", "init", "Write a commented slamon.toml."),
    "preview": ("slamon.cli.preview", "preview", "Write one mail to a file, of a ticket or of sample data."),
    "test-mail": ("slamon.cli.test_mail", "test_mail", "Send a test mail with the configured server."),
    "test-channel": ("slamon.cli.test_channel", "test_channel", "Send a test event to a configured channel."),
    "db": ("slamon.cli.db", "db", "Look after the database's schema."),
    "cluster": ("slamon.cli.cluster", "cluster", "Share many tenants among many nodes."),
    "demo": ("slamon.cli.demo", "demo", "Run all of slamon on a simulated service desk."),
    "simulate": ("slamon.simulator.cli", "simulate", "Serve a simulated ConnectWise PSA."),
}


class App:
    """What the commands share: the path given with -c, and the configuration, read when first asked for."""

    def __init__(self, config_path: str | None) -> None:
        self.config_path = config_path

    @cached_property
    def config(self) -> Config:
        """
        Return the configuration; the log masks its secrets from here on.

        Raises:
            ConfigError: Lists every problem.
        """
        from slamon.config import load_config

        return load_config(self.config_path, os.environ)

    def open_store(self) -> SqlStore:
        from slamon.store.migrate import open_store

        return open_store(self.config.store.url.get_secret_value())

    def open_to_read(self) -> SqlStore:
        """Return the store for a command that only looks: it needs no rights but to read, and migrates nothing."""
        from slamon.store.migrate import open_to_read

        return open_to_read(self.config.store.url.get_secret_value())


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-c", "--config", "config_path", metavar="FILE", help="The configuration [default: slamon.toml].")
@click.version_option(__version__, prog_name="slamon")
@click.pass_context
def cli(context: click.Context, config_path: str | None) -> None:
    """Watch the service-level agreements of ConnectWise PSA tickets."""
    context.obj = App(config_path)
