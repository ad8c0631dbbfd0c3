"""The document as a whole: its form, the order of results, and one error per case that cannot be answered."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from slamon.core.ticket import STAGES
from slamon.errors import HistoryError, InputError
from slamon.evaluate.calendars import Calendars, answer_calendar
from slamon.evaluate.fields import CaseError
from slamon.evaluate.ledgers import question_ledger
from slamon.evaluate.tickets import Question, answer_tickets, read_ticket

MOST_NESTED = 100  # levels of a document; a case of the form has seven


def read_document(text: str | bytes) -> list[Any]:
    """Return the cases of a document.

    Raises:
        InputError: Not JSON, or not of the form; the message names the place.
    """
    try:
        document = json.loads(text)
    except UnicodeDecodeError as error:
        raise InputError(f"byte {error.start}: the document is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise InputError(f"line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from None
    except ValueError as error:  # a number of thousands of digits
        raise InputError(f"not JSON that can be read: {error}") from None
    except RecursionError:
        raise InputError("the document is nested too deeply") from None
    if _is_deeper(document, MOST_NESTED):
        raise InputError("the document is nested too deeply")
    if not isinstance(document, dict):
        raise InputError('top level: expected an object such as {"cases": [...]}')
    unknown = [key for key in document if key not in ("cases", "format")]
    if unknown:
        raise InputError(f"{unknown[0]}: unknown key; known are cases, format")
    if document.get("format", 1) != 1 or isinstance(document.get("format"), bool):
        raise InputError(f"format: {document['format']!r} is unknown; this slamon reads format 1")
    cases = document.get("cases")
    if not isinstance(cases, list):
        raise InputError("cases: expected a list")
    return cases


def answer_document(cases: list[Any], *, ledgers: bool = False) -> tuple[list[dict[str, Any]], bool]:
    """Return the results in the order of *cases*, and whether every case was answered.

    With *ledgers*, every ticket's result carries the ledger it rests on, and
    where a stage ignores pauses, the one without them.
    """
    calendars = Calendars()
    results: list[dict[str, Any]] = [{} for _ in cases]
    batches: dict[str, list[tuple[int, Question]]] = defaultdict(list)
    for index, case in enumerate(cases):
        try:
            if not isinstance(case, Mapping):
                raise CaseError("expected an object")
            if "op" in case:
                results[index] = {"answer": answer_calendar(case, calendars)}
            else:
                question = read_ticket(case, calendars)
                batches[question.calendar_key].append((index, question))
        except (CaseError, HistoryError) as error:
            results[index] = {"error": str(error)}
    for batch in batches.values():
        for (index, _), answer in zip(batch, answer_tickets([q for _, q in batch]), strict=True):
            results[index] = {"error": str(answer)} if isinstance(answer, CaseError) else answer
    if ledgers:
        for index, question in (each for batch in batches.values() for each in batch):
            if "error" not in results[index]:
                results[index] |= _ledgers(question)
    complete = not any("error" in result for result in results)
    return [_named(case, result) for case, result in zip(cases, results, strict=True)], complete


def _ledgers(question: Question) -> dict[str, Any]:
    found = {"ledger": question_ledger(question)}
    if len(question.pausing) < len(STAGES):
        found["ledger_without_pauses"] = question_ledger(question, pauses=False)
    return found


def _is_deeper(value: object, levels: int) -> bool:
    """Whether *value* nests deeper than *levels*: reading may manage what writing it again does not."""
    layer = [value]
    for _ in range(levels):
        layer = [
            inner
            for each in layer
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(layer)


def _named(case: object, result: dict[str, Any]) -> dict[str, Any]:
    """Put the case's id, as given, in front of its result."""
    return {"id": case["id"], **result} if isinstance(case, Mapping) and "id" in case else result
