"""A folder of templates that come before slamon's own, file by file."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from slamon.clean import clean_line
from slamon.reporting.environment import PARTS, Rendered
from slamon.reporting.site.fault import TemplateFault
from slamon.reporting.site.files import ENDING, template_names
from slamon.reporting.site.kitchen import Kitchen, Limits

REST_SECONDS = 600.0  # how long a mail whose templates took too much is made without them
SHARED = "_"  # begins the name of a template that others include or extend


def mail_of(name: str) -> str:
    """Return the mail that the template *name* is a part of; '' for one that others include or extend."""
    mail, _, part = name.removesuffix(ENDING).rpartition(".")
    return "" if name.startswith(SHARED) or part not in PARTS else mail


class SiteTemplates:
    """Renders with the templates of *folder* where they have a part in a mail; the files are read when they change."""

    def __init__(self, folder: Path, builtin: Path, limits: Limits | None = None) -> None:
        self.folder = folder
        self._kitchen = Kitchen(folder, builtin, limits or Limits())
        self._resting: dict[str, tuple[float, str]] = {}

    def overrides(self, mail: str) -> bool:
        """Return whether a template of the folder has a part in *mail*; where that cannot be seen, rendering tells."""
        try:
            names = template_names(self.folder)
        except OSError:
            return True
        return any(name.startswith(SHARED) or mail_of(name) == mail for name in names)

    def render(self, mail: str, values: Mapping[str, object]) -> Rendered:
        """
        Raises:
            TemplateFault: The templates are wrong, not the operator's, or take too much; then they rest for a while.
        """
        until, why = self._resting.get(mail, (0.0, ""))
        if time.monotonic() < until:
            raise TemplateFault(why)
        try:
            if not self.folder.is_dir():
                raise TemplateFault(f"there is no folder {self.folder}")
            return self._kitchen.render(mail, values)
        except TemplateFault as fault:
            if fault.costly:
                self._resting[mail] = (time.monotonic() + REST_SECONDS, str(fault))
            raise
        except Exception as error:  # whatever it is: no alert may stay unsent for want of a nicer form
            raise TemplateFault(clean_line(f"{type(error).__name__}: {error}")) from error

    def parse(self, name: str) -> None:
        """
        Raises:
            TemplateFault: The template *name* is none.
        """
        self._kitchen.parse(name)

    def close(self) -> None:
        """End the process that renders; the next mail starts another."""
        self._kitchen.close()


@cache
def open_site(folder: Path, builtin: Path) -> SiteTemplates:
    """Return the templates of *folder*: the same for all of this process that use it, so that one process renders."""
    return SiteTemplates(folder, builtin)
