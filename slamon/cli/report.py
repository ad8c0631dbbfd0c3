"""`slamon report`: one report by hand, as it is known now or as it was, and what was sent."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slamon.cli.report_list import FOLDER, list_, show
from slamon.reports.forms import FORMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from slamon.config.models import Config

KINDS = {
    "breach": "What broke, worst first, why, and who held the time.",
    "daily": "A day for the team: what ended, what broke, what is next.",
    "weekly": "A week for the team.",
    "monthly": "How goals were kept in a month, of all or of one company, board ...",
    "review": "A quarter of one company, for a review with the customer.",
    "pauses": "Whether waiting was waiting: pauses by status and owner.",
}
SCOPES = ("company", "board", "team", "technician", "priority", "agreement", "type")
DENOMINATORS = ("concluded", "due", "started")


class _Reports(click.Group):
    """Each kind of report is a command, all with the same options."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return ["list", "show", *KINDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, "KIND" if cmd_name in KINDS else cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        told = [(name, self.commands[name].get_short_help_str()) for name in ("list", "show")]
        with formatter.section("Commands"):
            formatter.write_dl([*told, *KINDS.items()])


@click.group("report", cls=_Reports)
def report() -> None:
    """Make one report by hand, or list those that were sent."""


report.add_command(list_)
report.add_command(show)


def _forms(_context: click.Context, _option: click.Parameter, value: str) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(part.strip() for part in value.split(",")))
    if wanted == ("all",):
        return FORMS
    for form in wanted:
        if form not in FORMS:
            raise click.BadParameter(f"{form!r} is none; there are {', '.join(FORMS)}, or all")
    return wanted


def _of_scopes(command: Callable[..., None]) -> Callable[..., None]:
    for by in reversed(SCOPES):
        command = click.option(f"--{by}", metavar="NAME", help=f"Only of this {by}.")(command)
    return command


@report.command("KIND")
@_of_scopes
@click.option("--period", "period_name", metavar="PERIOD", help="Such as 2026-10; default: the one that ended last.")
@click.option("--format", "forms", default="html", show_default=True, callback=_forms, help="Or html,pdf ..., or all.")
@click.option("--out", default=".", show_default=True, type=FOLDER, help="The folder to write into.")
@click.option("--tenant", help="Only this tenant.")
@click.option("--zone", "zone_name", help="Zone of the period and the times; default: that of the kind's [[report]].")
@click.option("--denominator", type=click.Choice(DENOMINATORS), help="Which goals count.")
@click.option("--as-known", metavar="INSTANT", help="As it was known then; now: what changed since it was sent.")
@click.pass_context
def kind(
    context: click.Context,
    /,
    *,
    period_name: str | None,
    forms: tuple[str, ...],
    out: Path,
    tenant: str | None,
    zone_name: str | None,
    denominator: str | None,
    as_known: str | None,
    **scopes: str | None,
) -> None:
    """Make a report of this kind and write it into files.

    With --as-known the one that was sent by then is written again, byte by byte; was none sent, it is made as of
    then. With --as-known now it is made anew, and what changed since it was sent, and why, is listed.
    """
    from slamon.cli.report_asked import Options, choose
    from slamon.cli.report_hand import Hand, progress

    assert context.info_name is not None
    config: Config = context.obj.config
    options = Options(context.info_name, tenant, scopes, period_name, zone_name, denominator, as_known)
    with closing(context.obj.open_to_read()) as store:
        wanted = choose(config, store, options)
        with progress(len(wanted) * (1 + len(forms))) as step:
            hand = Hand(store, forms, out, step, as_known=as_known)
            status = hand.write_all(wanted)
    context.exit(status)
