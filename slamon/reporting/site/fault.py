"""What can be wrong with a site's template."""

from __future__ import annotations

from slamon.log import get_logger
from slamon.ports import Observer

log = get_logger(__name__)


class TemplateFault(Exception):  # noqa: N818  (no error of slamon's: the mail is made without the template)
    """A mail could not be made with the site's templates; the message says where and why. *costly*: it took long."""

    def __init__(self, message: str, *, costly: bool = False) -> None:
        super().__init__(message)
        self.costly = costly


class FaultTeller:
    """Counts the mails that were made without the site's templates, and logs each mail's fault once."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._told: dict[str, str] = {}

    def __call__(self, mail: str, fault: TemplateFault) -> None:
        self._observer.count("slamon_template_faults_total")
        if self._told.get(mail) != str(fault):
            self._told[mail] = str(fault)
            log.error("a site's template failed; slamon's own is used", mail=mail, error=str(fault))
