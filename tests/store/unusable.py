"""Databases that cannot be used, and commands that are run on them as they are typed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Literal

import pytest

from slamon.__main__ import main

CONFIG = """\
[web]
listen = "127.0.0.1:0"
[tenant.acme]
url = "http://127.0.0.1:9"
company = "training"
public_key = "public"
client_id = "0000"
private_key_file = "key"
"""
# Everything that opens the store, as it is typed.
LOOKING = (
    ("status",),
    ("explain", "1"),
    ("reconcile",),
    ("db", "check"),
    ("db", "backup", "copy.slamon"),
)
CHANGING = (
    ("run",),
    ("poll",),
    ("db", "upgrade"),
    ("db", "downgrade", "0001"),
    ("db", "restore", "sound.slamon", "--force"),
)
COMMANDS = (*LOOKING, *CHANGING)


def slamon(
    folder: Path,
    url: str,
    *arguments: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    rights: bool = True,
    stream: Literal["both", "err"] = "err",
) -> tuple[int, str]:
    """Run a command on the database at *url*; return its status, and what it said on *stream*."""
    (folder / "slamon.toml").write_text(CONFIG)
    (folder / "key").write_text("private")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SLAMON_STORE__URL", url)
    monkeypatch.setattr(sys, "argv", ["slamon", *arguments])
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended, nullcontext() if rights else without_rights():
        main()
    assert isinstance(ended.value.code, int)
    said = capsys.readouterr()
    return ended.value.code, said.err if stream == "err" else said.out + said.err


@contextmanager
def without_rights() -> Iterator[None]:
    """Be nobody, for whom the bits of files count: root may write whatever they say."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
