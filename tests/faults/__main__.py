"""`make chaos`: every fault, section by section, and a table at the end; ends with 1 if a target was missed.

`python -m tests.faults NAME [--help]` runs one section alone.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from tests.faults.section import Row, Section

SECTIONS = {
    "bad": "tests.faults.bad",
    "points": "tests.faults.kills.points",
    "kills": "tests.faults.kills.chance",
    "pauses": "tests.faults.kills.pauses",
    "postgres": "tests.faults.outages.postgres",
    "disk": "tests.faults.outages.disk",
    "mailfuzz": "tests.faults.mailfuzz",
    "mail": "tests.faults.outages.mail",
    "clock": "tests.faults.moved.clock",
    "machine": "tests.faults.machine.long",
}
"""Each name's module has a `main`, which is a Section."""


def main(arguments: Sequence[str]) -> int:
    """Run the section named first, or all of them; print what came of it and return the exit status."""
    name, *rest = arguments or [""]
    if name and name not in SECTIONS:
        sys.stderr.write(f"usage: python -m tests.faults [{'|'.join(SECTIONS)}] [--help]\n")
        return 2
    rows = [row for each in ([name] if name else SECTIONS) for row in _run(each, rest)]
    sys.stdout.write("\n")
    for row in rows:
        sys.stdout.write(
            f"{'ok    ' if row.is_met else 'MISSED'}  {row.fault}: {row.measured} (target: {row.target})\n"
        )
    return int(not all(row.is_met for row in rows))


def _run(name: str, arguments: Sequence[str]) -> list[Row]:
    sys.stdout.write(f"\n== {name}\n")
    sys.stdout.flush()
    section: Section = import_module(SECTIONS[name]).main
    return section(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
