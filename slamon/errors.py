"""Every error slamon raises on purpose. Each says what the operator does next.

SlamonError
├── ConfigError               edit the file; lists every problem; exit status 2
├── InputError                a document or argument given by hand is not understood; exit status 2
├── CalendarError             a calendar's rules cannot be used; names the calendar
│   └── NeverDueError         the calendar holds no such hour before its horizon
├── HistoryError              a ticket's events cannot be put on a clock; names the ticket
├── SourceError               ConnectWise, as seen from here
│   ├── SourceUnavailableError    try again: time-out, 429 (retry_after), 5xx
│   │   └── OutcomeUnknownError       a write may or may not have been done: look before it is sent again
│   ├── SourceRefusedError        do not try again: 400, 401, 403, 404
│   ├── PayloadError              answered, but not with what we understand
│   └── ClockDisagreesError       its clock and this machine's: put the wrong one right
├── StoreError
│   ├── StoreUnavailableError     the database did not answer; try again
│   ├── LeaseLostError            another daemon watches the tenant; nothing was written
│   ├── KnowledgeGoneError        what was known then is no longer kept; ask for a later instant
│   ├── TenantHeldError           another process watches the tenant: stop it, or wait; exit status 75
│   └── SchemaOutdatedError       run `slamon db upgrade`; exit status 78
├── ReportFormatError         a report cannot be made in one format, or its file not be written; the others can
└── DeliveryError             a message was not accepted; permanent or not
    ├── ChannelDownError          nothing gets through at present; says nothing of the message
    └── DeliveryUnknownError      accepted or not: nobody can tell
"""

from __future__ import annotations

from dataclasses import dataclass


class SlamonError(Exception):
    """The root: what slamon raises on purpose, with a message fit for an operator."""

    exit_status = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a configuration: where, what stands there, what to do."""

    key: str
    value: str
    remedy: str

    def __str__(self) -> str:
        shown = f" = {self.value}" if self.value else ""
        return f"{self.key}{shown}: {self.remedy}"


class ConfigError(SlamonError):
    """The configuration cannot be used; `problems` lists all that is wrong with it."""

    exit_status = 2

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source = source
        self.problems = problems
        super().__init__(
            "\n".join(
                [f"{source}: {len(problems)} problem{'' if len(problems) == 1 else 's'}", *(f"  {p}" for p in problems)]
            )
        )


class InputError(SlamonError):
    """A document or argument given by hand is not of the expected form."""

    exit_status = 2


class CalendarError(SlamonError):
    """A calendar's rules cannot be used; the message names the calendar and the remedy."""


class NeverDueError(CalendarError):
    """The calendar holds less open time than was asked for before its horizon."""


class HistoryError(SlamonError):
    """A ticket's events cannot be put on a clock; the message names the ticket and the event."""


class SourceError(SlamonError):
    """ConnectWise did not give what was asked for."""


class SourceUnavailableError(SourceError):
    """ConnectWise is not there at the moment; the same request may succeed later."""

    exit_status = 75

    def __init__(self, message: str, *, retry_after: float | None = None, surely_not_done: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.surely_not_done = surely_not_done


class OutcomeUnknownError(SourceUnavailableError):
    """A write was sent and no good answer came; it must not be repeated blindly."""

    exit_status = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """One of the `errors` in ConnectWise's answer: its code, words, and the field it is about."""

    code: str
    message: str
    field: str = ""


class SourceRefusedError(SourceError):
    """ConnectWise refused the request; asking again will not help. `code` and `faults` are its own words."""

    def __init__(self, message: str, *, status: int, code: str = "", faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.faults = faults


class PayloadError(SourceError):
    """ConnectWise answered with something slamon does not understand."""

    def __init__(self, message: str, *, reason: str = "payload", ticket_id: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.ticket_id = ticket_id


class ClockDisagreesError(SourceError):
    """ConnectWise's clock and this machine's disagree, so nobody can say what time has done to a ticket."""

    exit_status = 75


class StoreError(SlamonError):
    """The database cannot be used as it is."""

    exit_status = 78


class StoreUnavailableError(StoreError):
    """The database did not answer; the same call may succeed later."""

    exit_status = 75


class LeaseLostError(StoreError):
    """Another daemon watches the tenant, or may by now; nothing was written."""

    exit_status = 75


class TenantHeldError(StoreError):
    """Another process watches the tenant; what was asked for may be done once it does no more."""

    exit_status = 75


class KnowledgeGoneError(StoreError):
    """What was known at an instant is no longer kept; the message says since when it is."""


class SchemaOutdatedError(StoreError):
    """The database's schema is not the one this slamon works with."""


class ReportFormatError(SlamonError):
    """A report cannot be made in one format, or a file of it not be written; says what to do."""


class DeliveryError(SlamonError):
    """A message was not accepted. `closing`: the other side wants no more of them for now, or says for how long."""

    def __init__(
        self, message: str, *, permanent: bool, closing: bool = False, retry_after_seconds: float = 0.0
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.closing = closing
        self.retry_after_seconds = retry_after_seconds


class ChannelDownError(DeliveryError):
    """The channel takes nothing at present; that says nothing of the message."""

    def __init__(self, message: str, *, retry_after_seconds: float = 0.0) -> None:
        super().__init__(message, permanent=False, closing=True, retry_after_seconds=retry_after_seconds)


class DeliveryUnknownError(DeliveryError):
    """The message was handed over and no answer came: it may have been accepted."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=False, closing=True)
