"""The refusals that have a name: what went wrong with a ticket or company, and what to do about it.

SourceRefusedError
└── RecordRefusedError            raised before the call where it can be known (`sent` is False), else
    │                             recognised in the server's answer
    ├── BoardRequiredError
    ├── CompanyRequiredError
    ├── InvalidStatusError            `statuses`: those the board has
    ├── SummaryTooLongError
    ├── IdentifierRequiredError
    ├── NameRequiredError
    ├── IdentifierExistsError
    ├── IdentifierTooLongError
    ├── NameTooLongError
    ├── InvalidCompanyStatusError     `statuses`: those there are
    └── CompanyInUseError             `usages`: what keeps it from being deleted
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from slamon.connectwise.api.records import UsageRecord
from slamon.errors import Fault, SourceRefusedError

SUMMARY_LENGTH = 100
IDENTIFIER_LENGTH = 30
NAME_LENGTH = 50

Choices = tuple[tuple[int, str], ...]


class RecordRefusedError(SourceRefusedError):
    """ConnectWise would not, or did not, take a record as it is; `sent` tells which."""

    remedy = ""

    def __init__(self, what: str, *, cause: SourceRefusedError | None = None) -> None:
        said = f" ({cause})" if cause is not None else ""
        super().__init__(
            f"{what}{said}; {self.remedy}",
            status=cause.status if cause is not None else 400,
            code=cause.code if cause is not None else "",
            faults=cause.faults if cause is not None else (),
        )
        self.sent = cause is not None


class BoardRequiredError(RecordRefusedError):
    """A ticket without a board."""

    remedy = "name its board: board=by_id(...) or by_name(...)"


class CompanyRequiredError(RecordRefusedError):
    """A ticket without a company."""

    remedy = "name its company: company=by_id(...) or by_identifier(...)"


class SummaryTooLongError(RecordRefusedError):
    """A summary of more than 100 characters."""

    remedy = f"shorten it to {SUMMARY_LENGTH} characters and put the rest into a note"


class IdentifierRequiredError(RecordRefusedError):
    """A company without an identifier."""

    remedy = f"give it an identifier of its own, of up to {IDENTIFIER_LENGTH} characters"


class NameRequiredError(RecordRefusedError):
    """A company without a name."""

    remedy = f"give it a name of up to {NAME_LENGTH} characters"


class IdentifierExistsError(RecordRefusedError):
    """A company's identifier that another company has."""

    remedy = 'look for it with equals("identifier", ...): update that company, or choose another identifier'


class IdentifierTooLongError(RecordRefusedError):
    """An identifier of more than 30 characters."""

    remedy = f"shorten it to {IDENTIFIER_LENGTH} characters"


class NameTooLongError(RecordRefusedError):
    """A company's name of more than 50 characters."""

    remedy = f"shorten it to {NAME_LENGTH} characters"


class _ChoiceError(RecordRefusedError):
    def __init__(self, what: str, statuses: Choices, *, cause: SourceRefusedError | None = None) -> None:
        self.statuses = statuses
        names = ", ".join(f"{number} {name}" for number, name in statuses)
        self.remedy = f"choose one of {names}" if names else type(self).remedy
        super().__init__(what, cause=cause)


class InvalidStatusError(_ChoiceError):
    """A ticket's status that its board does not have; statuses belong to one board each."""

    remedy = "ask for the board's statuses first: boards.statuses(...)"


class InvalidCompanyStatusError(_ChoiceError):
    """A company's status that does not exist."""

    remedy = "ask for the statuses first: companies.statuses"


class CompanyInUseError(RecordRefusedError):
    """A company that cannot be deleted: tickets, contacts or other records belong to it."""

    remedy = "set it inactive instead: companies.set_inactive(...)"

    def __init__(self, what: str, usages: tuple[UsageRecord, ...], *, cause: SourceRefusedError) -> None:
        self.usages = usages
        used = ", ".join(f"{usage.count or 1} {usage.type or 'other'}" for usage in usages)
        super().__init__(f"{what}: used by {used}" if used else what, cause=cause)


_MISSING = re.compile(r"required|missing", re.IGNORECASE)
_EXISTS = re.compile(r"ObjectExists|duplicate|already|must be unique|not unique", re.IGNORECASE)
_TOO_LONG = re.compile(r"MaxLength|StringLength|maximum length|too long|exceed|at most", re.IGNORECASE)
_FIELD_IN_WORDS = re.compile(r"\bthe (?:field )?(\w+)(?: field)? (?:is required|must)", re.IGNORECASE)


def check_ticket(fields: Mapping[str, Any], *, whole: bool) -> None:
    """Refuse a ticket that cannot be saved; *whole*: it is a new one or replaces one, so nothing may be missing."""
    for name, kind in (("board", BoardRequiredError), ("company", CompanyRequiredError)):
        if not fields.get(name) and (whole or name in fields):
            raise kind(f"the ticket has no {name}")
    if len(summary := str(fields.get("summary") or "")) > SUMMARY_LENGTH:
        raise SummaryTooLongError(f"the summary has {len(summary)} characters")


def check_company(fields: Mapping[str, Any], *, whole: bool) -> None:
    """Refuse a company that cannot be saved; *whole* as with `check_ticket`."""
    for name, kind in (("identifier", IdentifierRequiredError), ("name", NameRequiredError)):
        if not str(fields.get(name) or "").strip() and (whole or name in fields):
            raise kind(f"the company has no {name}")
    if len(identifier := str(fields.get("identifier", ""))) > IDENTIFIER_LENGTH:
        raise IdentifierTooLongError(f"the identifier has {len(identifier)} characters")
    if len(name := str(fields.get("name", ""))) > NAME_LENGTH:
        raise NameTooLongError(f"the name has {len(name)} characters")


def named_ticket_refusal(error: SourceRefusedError) -> type[RecordRefusedError] | None:
    """Return which named refusal of a ticket the server's answer is, if any."""
    for field, fault in _faults(error):
        if field in ("board", "company") and _says(_MISSING, fault):
            return BoardRequiredError if field == "board" else CompanyRequiredError
        if field == "summary" and _says(_TOO_LONG, fault):
            return SummaryTooLongError
        if field == "status" and not _says(_MISSING, fault):
            return InvalidStatusError
    return None


def named_company_refusal(error: SourceRefusedError) -> type[RecordRefusedError] | None:
    """Return which named refusal of a company the server's answer is, if any."""
    required = {"identifier": IdentifierRequiredError, "name": NameRequiredError}
    too_long = {"identifier": IdentifierTooLongError, "name": NameTooLongError}
    for field, fault in _faults(error):
        if field in required and _says(_MISSING, fault):
            return required[field]
        if field in ("identifier", "") and _says(_EXISTS, fault):
            return IdentifierExistsError
        if field in too_long and _says(_TOO_LONG, fault):
            return too_long[field]
        if field == "status" and not _says(_MISSING, fault):
            return InvalidCompanyStatusError
    return None


def _faults(error: SourceRefusedError) -> Iterator[tuple[str, Fault]]:
    """Yield each fault with the field it is about, named or told in words; without faults the whole answer."""
    if error.status not in (400, 409, 422):
        return
    faults: Iterable[Fault] = error.faults or (Fault(error.code, str(error)),)
    for fault in faults:
        told = _FIELD_IN_WORDS.search(fault.message)
        yield (fault.field or (told[1] if told else "")).lstrip("/").partition("/")[0].casefold(), fault


def _says(pattern: re.Pattern[str], fault: Fault) -> bool:
    return bool(pattern.search(fault.code) or pattern.search(fault.message))
