"""The files of a folder of templates: which count, and whether nobody but the operator can have written them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from jinja2 import BaseLoader, Environment, TemplateNotFound

from slamon.clean import clean_line

ENDING = ".j2"
LARGEST = 256 * 1024  # bytes of one template


class UntrustedFileError(Exception):
    """A template that someone else may have written, or that is none."""


def template_names(folder: Path) -> list[str]:
    """Return the names of the templates in *folder*, in order; what does not end in .j2 is no template.

    Raises:
        OSError: The folder cannot be read.
    """
    return sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(ENDING))


def stranger(state: os.stat_result) -> str:
    """Return why this file or folder may be another's work: '' if only this user, or root, can have written it."""
    if state.st_uid not in (0, os.geteuid()):
        return f"belongs to user {state.st_uid}; it has to belong to slamon's user or to root"
    if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "others may write to it; take that away with chmod go-w"
    return ""


class OperatorsLoader(BaseLoader):
    """Loads the templates of a folder, each only if it, and the folder, are the operator's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:  # noqa: ARG002
        if "/" in template or "\\" in template or not template.endswith(ENDING):
            raise TemplateNotFound(template)
        path = self._folder / template
        try:
            text, state = _read(path)
            why = stranger(self._folder.stat())
        except FileNotFoundError:
            raise TemplateNotFound(template) from None
        except (OSError, ValueError) as error:
            raise UntrustedFileError(f"{clean_line(template)}: {_reason(error)}") from None
        if why:
            raise UntrustedFileError(f"{self._folder}: {why}")
        return text, str(path), lambda: _is_same(path, state)


def find_strangers(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield each template, and the folder itself, that someone else may have written or that cannot be read."""
    if why := stranger(folder.stat()):
        yield folder, why
    for name in template_names(folder):
        try:
            _read(folder / name)
        except (OSError, ValueError) as error:
            yield folder / name, _reason(error)


def _read(path: Path) -> tuple[str, os.stat_result]:
    # Opened before it is looked at: what is judged is what is read. A pipe must not hold us up.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise ValueError("is no plain file")
        if why := stranger(state):
            raise ValueError(why)
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"is larger than {LARGEST // 1024} KiB")
    try:
        return content.decode("utf-8"), state
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 at byte {error.start}; save it as UTF-8") from None


def _reason(error: Exception) -> str:
    return f"cannot be read ({error.strerror})" if isinstance(error, OSError) else str(error)


def _is_same(path: Path, state: os.stat_result) -> bool:
    try:
        now = path.stat()
    except OSError:
        return False
    kept = ("st_ino", "st_mtime_ns", "st_size", "st_uid", "st_mode")
    return all(getattr(now, name) == getattr(state, name) for name in kept)
