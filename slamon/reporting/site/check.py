"""Trying a folder of templates: whose the files are, whether they are templates, and every sample of every mail."""

from __future__ import annotations

from collections.abc import Iterator

from slamon.errors import Problem
from slamon.reporting.samples import SAMPLES
from slamon.reporting.site.fault import TemplateFault
from slamon.reporting.site.files import find_strangers, template_names
from slamon.reporting.site.templates import SHARED, SiteTemplates, mail_of

KEY = "mail.templates"


def check_site(site: SiteTemplates) -> list[Problem]:
    """Return what is wrong with the templates of *site*; files that are not the operator's are not tried."""
    try:
        strangers = [Problem(KEY, str(path), why) for path, why in find_strangers(site.folder)]
        names = template_names(site.folder)
    except OSError as error:
        return [Problem(KEY, str(site.folder), f"cannot be read ({error.strerror}); let slamon's user read it")]
    problems = [*strangers, *_unknown(site, names)]
    return problems if strangers else [*problems, *_wrong(site, names)]


def _unknown(site: SiteTemplates, names: list[str]) -> Iterator[Problem]:
    for name in names:
        if not name.startswith(SHARED) and mail_of(name) not in SAMPLES:
            remedy = (
                "is no part of a mail; write MAIL.subject.j2, MAIL.txt.j2 or MAIL.html.j2 with one of "
                f"{', '.join(SAMPLES)}, or begin its name with {SHARED} if others include it"
            )
            yield Problem(KEY, str(site.folder / name), remedy)


def _wrong(site: SiteTemplates, names: list[str]) -> Iterator[Problem]:
    """Yield what does not parse; if all do, the first sample of each mail that cannot be made."""
    broken = list(_unparsed(site, names))
    yield from broken
    for mail in () if broken else SAMPLES:
        if site.overrides(mail):
            yield from _unmade(site, mail)


def _unparsed(site: SiteTemplates, names: list[str]) -> Iterator[Problem]:
    for name in names:
        try:
            site.parse(name)
        except TemplateFault as fault:
            yield Problem(KEY, str(site.folder / name), f"cannot be used: {fault}")


def _unmade(site: SiteTemplates, mail: str) -> Iterator[Problem]:
    for sample, values in SAMPLES[mail].items():
        try:
            site.render(mail, values())
        except TemplateFault as fault:
            yield Problem(KEY, str(site.folder), f"{mail} cannot be made of the sample {sample}: {fault}")
            return
