"""`slamon evaluate`: questions about calendars and clocks, answered from a document alone."""

from __future__ import annotations

import json
import sys
from typing import BinaryIO

import click


@click.command("evaluate")
@click.argument("file", type=click.File("rb"))
@click.option("--ledger", "ledgers", is_flag=True, help="Add to each ticket the ledger that its result rests on.")
@click.pass_context
def evaluate(context: click.Context, *, file: BinaryIO, ledgers: bool) -> None:
    """Answer the cases of FILE (- for standard input) as one JSON document.

    The exit status is 1 if a case could not be answered, 2 if FILE is not of
    the form.
    """
    from slamon.evaluate import answer_document, read_document

    results, complete = answer_document(read_document(file.read()), ledgers=ledgers)
    json.dump({"results": results}, sys.stdout, indent=1)
    click.echo()
    context.exit(0 if complete else 1)
