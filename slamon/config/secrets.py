"""Secrets that lie in files, and what reading the settings brings to light."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from slamon.config.problems import shown
from slamon.errors import Problem

UNREADABLE = SecretStr("unreadable")  # stands in, so that a bad file is not reported as a missing secret


@dataclass(slots=True)
class Findings:
    """Problems and warnings of the layers, and the variable behind a dotted key; paths start at *folder*."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)

    def refuse(self, key: str, value: str, remedy: str) -> None:
        self.problems.append(Problem(key, value, remedy))


def read_secret(key: str, file: object, findings: Findings) -> SecretStr:
    """Return what *file* holds without the line end that editors add; what is wrong goes to *findings*."""
    if not isinstance(file, str) or not file:
        findings.refuse(key, shown(("file",), file), "write the path of a file in quotes")
        return UNREADABLE
    try:
        path = findings.folder / Path(file).expanduser()
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
        public = path.stat().st_mode & stat.S_IROTH
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path, or not UTF-8 text"
        findings.refuse(key, repr(file), f"cannot be read ({reason}); name a file slamon may read")
        return UNREADABLE
    if not text.strip():
        findings.refuse(key, repr(file), "is empty; write the secret into it")
        return UNREADABLE
    if public:
        findings.warnings.append(f"{key}: every user of this machine can read {path}; chmod 600 it")
    return SecretStr(text)
