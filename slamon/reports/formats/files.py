"""Files of reports: their formats, their names, and writing them whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from slamon.errors import ReportFormatError
from slamon.reports.document import Report


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file of a report; its name is safe in any folder."""

    name: str
    media_type: str
    body: bytes


def stem_of(report: Report) -> str:
    """Return what the names of the report's files begin with, such as `monthly-main-company-acme-2026-10`."""
    scope = report.scope
    parts = (report.kind, scope.tenant, scope.by, scope.name, report.period.replace("..", "-to-"))
    return "-".join(_slug(part) for part in parts if part)


def _slug(text: str) -> str:
    """Return *text* in letters that every file system takes; where that loses some, a digest tells two apart."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-")
    if slug == text.lower().replace(" ", "-"):
        return slug
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:6]
    return f"{slug}-{digest}" if slug else digest


def write_files(files: Iterable[ReportFile], folder: Path) -> tuple[Path, ...]:
    """Write *files* into *folder*, which is made if it is not there, and return their paths.

    Each is there whole or not at all; one of the same name is replaced.

    Raises:
        ReportFormatError: One could not be written; those before it are there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportFormatError(f"{folder}: cannot be made ({error.strerror}); name another folder") from error
    return tuple(_write(file, folder) for file in files)


def _write(file: ReportFile, folder: Path) -> Path:
    path = folder / file.name
    half = folder / f".{secrets.token_hex(8)}.half"
    try:
        try:
            with half.open("xb") as target:
                target.write(file.body)
                target.flush()
                os.fsync(target.fileno())
            half.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                half.unlink()
            raise
    except OSError as error:
        raise ReportFormatError(f"{path}: not written ({error.strerror}); make room or name another folder") from error
    return path
