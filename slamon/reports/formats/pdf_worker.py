"""The process that prints: `python -m slamon.reports.formats.pdf_worker SECONDS MIB`, a page in, a PDF out.

It has the page and nothing else: no database, no settings, no file to write, and it fetches nothing.
"""

from __future__ import annotations

import resource
import signal
import sys

MIB = 1024 * 1024
PATIENCE = 5  # seconds by the clock for each of the processor's: the machine has other things to do
NO_EXTRA, NO_PANGO, NO_MEMORY = 3, 4, 5  # exit statuses


def main(seconds: str, mebibytes: str) -> int:
    """Return one of the statuses above, or 0."""
    html = sys.stdin.buffer.read().decode("utf-8")
    signal.alarm(PATIENCE * int(seconds))  # should whoever asked be gone
    try:
        import weasyprint
    except ImportError:
        return NO_EXTRA
    except OSError:  # Pango is looked for when it is imported
        return NO_PANGO
    _confine(int(mebibytes) * MIB, int(seconds))
    try:
        made = weasyprint.HTML(string=html, url_fetcher=_nothing()).write_pdf(pdf_tags=True)
    except MemoryError:
        return NO_MEMORY
    sys.stdout.buffer.write(made)
    return 0


def _confine(memory: int, seconds: int) -> None:
    limits = (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for what, most in limits:
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, hard))


def _nothing() -> object:
    """Return what refuses every address: a report has all that it shows."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class Nothing(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: object = None) -> object:  # noqa: ARG002
            raise FatalURLFetchingError("a report fetches nothing")

    return Nothing()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
