"""Values and templates in, mails out. Ticket text is data here, never a template."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from css_inline import CSSInliner
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from slamon import __version__
from slamon.clean import clean_line, clean_text
from slamon.core.transition import Change
from slamon.reporting import words
from slamon.reporting.advice import advice, headline, paused
from slamon.reporting.context import BreachReport, TicketMail, TrialMail


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail, ready to be put into the outbox. `html` carries its style on every element."""

    subject: str
    text: str
    html: str


class Renderer:
    """Renders the mails from the templates in *folder*; those in *site_folder* come first, file by file."""

    def __init__(self, folder: Path, site_folder: Path | None = None) -> None:
        folders = [folder] if site_folder is None else [site_folder, folder]
        self.environment = _build_environment(folders)

    @cached_property
    def _inliner(self) -> CSSInliner:
        # At-rules stay in <style>: dark mode and phones are asked for there, by the clients that can.
        # Outlook's engine goes by attributes.
        return CSSInliner(
            keep_at_rules=True,
            load_remote_stylesheets=False,
            apply_width_attributes=True,
            apply_height_attributes=True,
        )

    def render_ticket(self, mail: TicketMail) -> Rendered:
        """Render a ticket's warning, or its breach, whichever the transition is."""
        name = "near_breach" if mail.transition.change is Change.NEAR_BREACH else "breach"
        return self.render(name, mail=mail, ticket=mail.ticket, reading=mail.reading)

    def render_breach_report(self, report: BreachReport) -> Rendered:
        return self.render("breach_report", report=report)

    def render_test(self, trial: TrialMail) -> Rendered:
        return self.render("test", trial=trial)

    def render(self, name: str, **values: object) -> Rendered:
        """
        Render `<name>.subject.j2`, `<name>.txt.j2` and `<name>.html.j2`.

        Raises:
            jinja2.TemplateError: A template is missing, wrong, or names a value that is not there.
        """
        subject, text, html = (
            self.environment.get_template(f"{name}.{part}.j2").render(values) for part in ("subject", "txt", "html")
        )
        return Rendered(
            subject=clean_line(subject),
            text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
            html=self._inliner.inline(html),
        )


def _build_environment(folders: list[Path]) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "business_time": words.business_time,
        "wall_time": words.wall_time,
        "local_instant": words.local_instant,
        "utc_instant": words.utc_instant,
        "both_instants": words.both_instants,
        "short_instant": words.short_instant,
        "plural": words.plural,
        "line": clean_line,
    }
    environment.globals |= {
        "headline": headline,
        "advice": advice,
        "paused": paused,
        "notice": "",
        "slamon_version": __version__,
    }
    return environment


def _finalize(value: object) -> object:
    """Clean every string that a template prints; refuse None, which would read "None" in a mail."""
    if value is None:
        raise ValueError("a template prints a value that is None")
    return clean_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value
