"""`slamon preview`: one mail into a file, of a ticket or of sample data. It never sends."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from slamon.cli.app import App
    from slamon.reporting.render import Rendered
    from slamon.reporting.samples import Values

FORMATS = ("html", "txt", "eml")
STAGE_NAMES = ("respond", "plan", "resolve")
OF_TICKETS = ("near_breach", "breach")


@click.command("preview")
@click.argument("mail", required=False)
@click.option("--list", "listing", is_flag=True, help="List the mails and their samples.")
@click.option("--sample", metavar="NAME", help="The sample data to show; without --ticket: calm.")
@click.option("--ticket", metavar="[TENANT/]ID", help="A stored ticket, as it stands now.")
@click.option("--tenant", help="The tenant of --ticket.")
@click.option("--stage", type=click.Choice(STAGE_NAMES), help="With --ticket: which goal; else the most urgent.")
@click.option("--format", "form", default="html", show_default=True, type=click.Choice(FORMATS), help="What to write.")
@click.option("--out", metavar="FILE", default="-", show_default=True, help="Where to; - is standard output.")
@click.pass_context
def preview(
    context: click.Context,
    *,
    mail: str | None,
    listing: bool,
    sample: str | None,
    ticket: str | None,
    tenant: str | None,
    stage: str | None,
    form: str,
    out: str,
) -> None:
    """Write one MAIL, rendered from a stored ticket or from sample data. Nothing is sent."""
    from slamon.reporting.samples import SAMPLES

    if listing:
        click.echo("\n".join(f"{kind:<15}{', '.join(samples)}" for kind, samples in SAMPLES.items()))
        return
    if mail is None or mail not in SAMPLES:
        raise click.UsageError(f"{'no MAIL' if mail is None else f'no mail {mail!r}'}; there is: {', '.join(SAMPLES)}")
    if ticket is None and (tenant or stage):
        raise click.UsageError("--tenant and --stage go with --ticket")
    if ticket is not None and sample:
        raise click.UsageError("give --ticket or --sample, not both")
    if ticket is not None and mail not in OF_TICKETS:
        raise click.UsageError(f"--ticket goes with {' and '.join(OF_TICKETS)}; show others with --sample")
    if ticket is None and (sample or "calm") not in SAMPLES[mail]:
        raise click.UsageError(f"{mail} has no sample {sample!r}; there is: {', '.join(SAMPLES[mail])}")
    app: App = context.obj
    values = _of_ticket(app, mail, ticket, tenant, stage) if ticket else SAMPLES[mail][sample or "calm"]()
    _write(_in_form(_render(app, mail, values), form), out)


def _of_ticket(app: App, mail: str, ticket: str, tenant: str | None, stage: str | None) -> Values:
    from contextlib import closing

    from slamon.cli.tickets import parse_ticket
    from slamon.core.ticket import Stage
    from slamon.core.transition import Change
    from slamon.jobs.compose import compose_preview
    from slamon.jobs.ledgers import load_ledger
    from slamon.reporting.samples import ticket_values
    from slamon.wiring import tenant_settings, wall_time

    name, number = parse_ticket(app.config, f"{tenant}/{ticket}" if tenant else ticket)
    change = Change.NEAR_BREACH if mail == "near_breach" else Change.BREACHED
    with closing(app.open_to_read()) as store:
        ledger = load_ledger(store, name, number, wall_time(app.config).now())
        about = Stage[stage.upper()] if stage else None
        return ticket_values(compose_preview(store, tenant_settings(app.config, name), ledger, change, about))


def _render(app: App, mail: str, values: Values) -> Rendered:
    """Render as the daemon would; where there is no configuration, with slamon's own templates."""
    from slamon import log
    from slamon.config.load import is_configured
    from slamon.wiring import open_renderer, templates_of

    log.configure("error", "text", sys.stderr)  # says if a template failed
    templates = templates_of(app.config) if is_configured(app.config_path, os.environ) else ""
    return open_renderer(templates).render(mail, **values)


def _in_form(rendered: Rendered, form: str) -> bytes:
    from datetime import UTC, datetime
    from email.headerregistry import Address

    from slamon.mail.message import build_message
    from slamon.ports import Notification

    if form == "html":
        return rendered.html.encode()
    if form == "txt":
        return f"{rendered.subject}\n\n{rendered.text}".encode()
    someone = Address("", "slamon", "example.org")
    note = Notification(
        key="preview",
        tenant="",
        kind="preview",
        recipient="you@example.org",
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        message_id="",
        created_at=datetime.now(UTC),
    )
    return bytes(build_message(note, someone))


def _write(content: bytes, out: str) -> None:
    from slamon.errors import SlamonError

    if out == "-":
        sys.stdout.buffer.write(content)
        return
    try:
        with open(out, "wb") as file:  # noqa: PTH123  (the path is the user's, as given)
            file.write(content)
    except OSError as error:
        raise SlamonError(f"{out} cannot be written ({error.strerror}); name another file with --out") from None
    click.echo(out)
