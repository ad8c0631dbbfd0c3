"""Making reports by hand: what `slamon report KIND` does once it knows what is asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from slamon.cli.report_asked import Wanted
from slamon.core.instants import format_instant
from slamon.errors import InputError, ReportFormatError
from slamon.jobs.make_report import make_report
from slamon.jobs.reissue import Reissued, reissue, renew
from slamon.ports import Store
from slamon.reports.document import Section
from slamon.reports.formats import Form, ReportFile, files_of, write_files

Step = Callable[[str], None]


@contextmanager
def progress(steps: int) -> Iterator[Step]:
    """Yield what is called before each of so many steps, with its name; a terminal shows a bar."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=steps)
        began = False

        def step(what: str) -> None:
            nonlocal began
            bar.update(task, description=what, advance=1 if began else 0)
            began = True

        yield step


class Hand:
    """Makes reports and writes them as files of *forms* into *out*; says on the terminal what it did."""

    def __init__(self, store: Store, forms: Sequence[str], out: Path, step: Step, *, as_known: str | None) -> None:
        self._store = store
        self._forms = forms
        self._out = out
        self._step = step
        self._as_known = as_known

    def write_all(self, wanted: Sequence[Wanted]) -> int:
        """
        Return the exit status: 1 if a file could not be made or written; the others are there.

        Raises:
            InputError: No tenant knows what the report is to be about.
        """
        unknown: list[InputError] = []
        status = 0
        for settings, asked in wanted:
            self._step(f"{asked.kind} {asked.period.name}")
            try:
                found, changes = self._make((settings, asked))
            except InputError as error:
                unknown.append(error)
                continue
            self._tell(found, changes)
            status |= self._write(found)
        if len(unknown) == len(wanted):
            raise unknown[0]
        return status

    def _make(self, wanted: Wanted) -> tuple[Reissued, Section | None]:
        if self._as_known is None:
            return Reissued(make_report(self._store, *wanted)), None
        if self._as_known == "now":
            report, changes = renew(self._store, *wanted)
            return Reissued(report), changes
        return reissue(self._store, *wanted), None

    def _tell(self, found: Reissued, changes: Section | None) -> None:
        if found.archived is not None:
            sent = found.archived
            click.echo(f"as it was sent: {sent.key}, known at {format_instant(sent.known_at)}, SHA-256 {sent.sha256}")
        elif self._as_known not in (None, "now"):
            click.echo("none was sent that was known by then; made as of then")
        if changes is not None:
            click.echo("\n".join([changes.title, *(f"  {line}" for line in changes.words)]))
        elif self._as_known == "now":
            click.echo("none was sent yet, so there is nothing to compare with")

    def _write(self, found: Reissued) -> int:
        """Write the files; return 1 if one of them is not there."""
        status = 0
        for form in self._forms:
            self._step(form)
            try:
                for path in write_files(self._files(found, form), self._out):
                    click.echo(path)
            except ReportFormatError as error:
                click.echo(f"slamon: {form}: {error}", err=True)
                status = 1
        return status

    def _files(self, found: Reissued, form: str) -> tuple[ReportFile, ...]:
        """Return the files as they were sent, else made of the report."""
        sent = [file for file in found.files if file.name.endswith(f".{form}")]
        if sent:
            return tuple(ReportFile(file.name, file.media_type, file.body) for file in sent)
        return files_of(found.report, Form(form))
