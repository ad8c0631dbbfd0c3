"""Plain tables: columns cut to the terminal, no colour, the same to a file as to a screen."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence


def format_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, width: int | None = None) -> str:
    """Return *rows* under *head*; the last column is cut so that a line fits *width* (None: whole)."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = []
    for row in [head, tuple("-" * w for w in widths), *rows]:
        line = "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        lines.append(line if width is None or len(line) <= width else line[: max(1, width - 1)] + "…")
    return "\n".join(lines)


def terminal_width() -> int | None:
    """Return the width of the terminal, None where the output is not one."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
