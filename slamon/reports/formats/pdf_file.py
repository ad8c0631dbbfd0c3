"""PDF: the page printed by WeasyPrint (extra `pdf`) in a process of its own, with limits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from slamon.clean import clean_line
from slamon.errors import ReportFormatError
from slamon.reports.document import Report
from slamon.reports.formats import pdf_worker
from slamon.reports.formats.files import ReportFile, stem_of
from slamon.reports.formats.html_page import html_of
from slamon.reports.view import Room

PAPER = Room(rows=2_000, letters=300)  # more than anybody reads on paper
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "HOME", "XDG_CACHE_HOME")


@dataclass(frozen=True, slots=True)
class Limits:
    """What printing one report may take."""

    seconds: int = 120  # of the processor
    memory_mebibytes: int = 1_536  # of addresses, which is more than what is used


_TOO_LONG = "PDF took longer than {seconds} s and was given up; narrow the report, or take HTML or XLSX"
_WHY = {
    pdf_worker.NO_EXTRA: "PDF needs WeasyPrint: pip install 'slamon[pdf]'",
    pdf_worker.NO_PANGO: f"PDF needs Pango; on Debian: apt install {PACKAGES}",
}


def pdf_file(report: Report, limits: Limits | None = None) -> ReportFile:
    """
    Raises:
        ReportFormatError: WeasyPrint or Pango is missing, or the report takes more than its limits.
    """
    limits = limits or Limits()
    page = html_of(report, paged=True, room=PAPER).encode()
    body = _print(page, limits, {name: os.environ[name] for name in ENVIRONMENT if name in os.environ})
    return ReportFile(f"{stem_of(report)}.pdf", "application/pdf", body)


def _print(page: bytes, limits: Limits, environment: Mapping[str, str]) -> bytes:
    order = [sys.executable, "-m", pdf_worker.__name__, str(limits.seconds), str(limits.memory_mebibytes)]
    try:
        done = subprocess.run(  # noqa: S603  (our own program)
            order,
            input=page,
            capture_output=True,
            timeout=pdf_worker.PATIENCE * limits.seconds,
            env=dict(environment),
            start_new_session=True,  # Ctrl-C is for the daemon
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ReportFormatError(_TOO_LONG.format(seconds=pdf_worker.PATIENCE * limits.seconds)) from error
    except OSError as error:
        raise ReportFormatError(f"PDF: its process could not be started ({error.strerror}); try again") from error
    if done.returncode == 0 and done.stdout.startswith(b"%PDF-"):
        return done.stdout
    raise ReportFormatError(_why(done.returncode, done.stderr, limits))


def _why(status: int, said: bytes, limits: Limits) -> str:
    if status in _WHY:
        return _WHY[status]
    if status in (-signal.SIGXCPU, -signal.SIGALRM):
        return _TOO_LONG.format(seconds=limits.seconds)
    last = clean_line(said.decode("utf-8", "replace").strip().rpartition("\n")[2])
    if status == pdf_worker.NO_MEMORY or status < 0 or "MemoryError" in last:
        return f"PDF needs more than {limits.memory_mebibytes} MiB; narrow the report, or take HTML or XLSX"
    return f"PDF could not be made ({last or f'status {status}'}); take HTML or XLSX"
