"""Values and templates in, mails out: a site's own templates where there are some, and slamon's where those fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from jinja2 import FileSystemLoader

from slamon.core.transition import Change
from slamon.reporting.context import TicketMail, TrialMail
from slamon.reporting.environment import Rendered, build_environment, render_parts
from slamon.reporting.site.fault import TemplateFault
from slamon.reporting.site.templates import SiteTemplates

__all__ = ["Rendered", "Renderer"]

NOTICE = "Made with slamon's own template: this site's failed"


class Renderer:
    """Renders the mails from the templates in *folder*; those of *site* come first, file by file.

    A mail whose site templates fail is made without them and says so;
    *on_fault* is told of each, with the mail's name.
    """

    def __init__(
        self,
        folder: Path,
        site: SiteTemplates | None = None,
        on_fault: Callable[[str, TemplateFault], None] = lambda _mail, _fault: None,
    ) -> None:
        self.environment = build_environment(FileSystemLoader(folder))
        self._site = site
        self._on_fault = on_fault

    def render_ticket(self, mail: TicketMail) -> Rendered:
        """Render a ticket's warning, or its breach, whichever the transition is."""
        name = "near_breach" if mail.transition.change is Change.NEAR_BREACH else "breach"
        return self.render(name, mail=mail, ticket=mail.ticket, reading=mail.reading)

    def render_test(self, trial: TrialMail) -> Rendered:
        return self.render("test", trial=trial)

    def render(self, name: str, **values: object) -> Rendered:
        """
        Render the mail *name* with *values*.

        Raises:
            jinja2.TemplateError: A template of slamon's own is missing, wrong, or names a value that is not there.
        """
        if self._site is None or not self._site.overrides(name):
            return render_parts(self.environment, name, values)
        try:
            return self._site.render(name, values)
        except TemplateFault as fault:
            self._on_fault(name, fault)
            notice = f"{NOTICE} ({fault})."
            made = render_parts(self.environment, name, {**values, "notice": notice})
            return replace(made, text=f"{made.text}\n{notice}\n")
