"""`slamon verify`: check ledgers by deriving them again, independently of what made them."""

from __future__ import annotations

import json
from typing import Any

import click

from slamon.verify import check

_LEDGER_KEYS = ("format", "as_of", "events", "intervals", "digest")


class _NoLedgerError(Exception):
    """The file holds something else than ledgers."""


@click.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def verify(context: click.Context, file: str, *, as_json: bool) -> None:
    """Check the ledgers in FILE (- for standard input).

    FILE holds what `slamon explain --json` or `slamon evaluate --ledger` printed, or a list of
    ledgers. Each is derived again from its own calendar, terms and events, and every value compared.

    The exit status is 1 if a ledger does not agree, 2 if FILE does not hold ledgers.
    """
    with click.open_file(file, "rb") as stream:
        content = stream.read()
    try:
        ledgers = _find_ledgers(_read(content))
    except _NoLedgerError as error:
        click.echo(f"{file}: {error}", err=True)
        context.exit(2)
    results = [(label, check(ledger)) for label, ledger in ledgers]
    click.echo(json.dumps(_document(results), indent=2) if as_json else _text(results))
    context.exit(1 if any(findings for _, findings in results) else 0)


def _read(content: bytes) -> object:
    try:
        return json.loads(content, object_pairs_hook=_unique, parse_constant=_refuse)
    except RecursionError:
        raise _NoLedgerError("not a ledger: nested too deeply") from None
    except ValueError as error:
        raise _NoLedgerError(f"not JSON: {error}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # A key given twice shows a reader one value and a program the other.
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("an object has the same key twice")
    return table


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not a number of JSON")


def _find_ledgers(document: object) -> list[tuple[str, dict[str, Any]]]:
    """Return the ledgers of a document, each with a label that says which it is.

    Raises:
        _NoLedgerError: It is of no form that holds ledgers, or holds none.
    """
    if isinstance(document, dict) and "results" in document:
        found = _of_results(document["results"])
    elif isinstance(document, list):
        found = [_labelled(f"[{i}]", one) for i, one in enumerate(document)]
    else:
        found = [_labelled("", document)]
    if not found:
        raise _NoLedgerError("no ledger in it")
    return found


def _of_results(results: object) -> list[tuple[str, dict[str, Any]]]:
    if not isinstance(results, list):
        raise _NoLedgerError("results: expected a list")
    found = []
    for i, result in enumerate(results):
        if not isinstance(result, dict):
            raise _NoLedgerError(f"results[{i}]: expected an object")
        name = f"case {json.dumps(result['id'])}" if "id" in result else f"results[{i}]"
        # Answers about calendars, and errors, have none; only stages that ignore pauses have the second.
        found += [_labelled(name, result[key]) for key in ("ledger", "ledger_without_pauses") if key in result]
    return found


def _labelled(place: str, ledger: object) -> tuple[str, dict[str, Any]]:
    if not isinstance(ledger, dict) or not any(key in ledger for key in _LEDGER_KEYS):
        raise _NoLedgerError(f"{place or 'the document'}: expected a ledger")
    known = [ledger.get(key) for key in ("tenant", "ticket")]
    ticket = "/".join(json.dumps(value).strip('"') for value in known if isinstance(value, str | int))
    return " ".join(part for part in (place, ticket) if part) or "ledger", ledger


def _document(results: list[tuple[str, list[str]]]) -> dict[str, Any]:
    failed = [{"ledger": label, "findings": findings} for label, findings in results if findings]
    return {"ledgers": len(results), "agree": len(results) - len(failed), "failed": failed}


def _text(results: list[tuple[str, list[str]]]) -> str:
    failed = [(label, findings) for label, findings in results if findings]
    lines = [line for label, findings in failed for line in (f"{label}: does not agree", *(f"  {f}" for f in findings))]
    number = len(results)
    total = f"{number} ledger{'s' if number > 1 else ''}: {number - len(failed)} agree, {len(failed)} do not"
    return "\n".join([*lines, total])
