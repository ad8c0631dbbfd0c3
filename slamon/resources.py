"""Folders that ship with slamon: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent


def folder(name: Literal["migrations", "reports", "grafana"]) -> Path:
    """Return the folder *name*: `slamon/_bundle/<name>` if present, else the sibling next to `pyproject.toml`.

    Raises:
        FileNotFoundError: Neither is there; the installation is incomplete.
    """
    bundled = _PACKAGE / "_bundle" / name
    if bundled.is_dir():
        return bundled
    beside = _PACKAGE.parent / name
    if beside.is_dir() and (_PACKAGE.parent / "pyproject.toml").is_file():
        return beside
    raise FileNotFoundError(f"slamon's folder {name}/ is missing from {_PACKAGE.parent}: install slamon again")
