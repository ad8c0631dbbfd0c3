"""ConnectWise PSA: a client to use on its own, and the source of slamon's tickets built on it.

Public is what `__all__` names: the client, what it sends and how it refuses. `docs/how-to/client.md` shows it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slamon.connectwise.changes import Patch, by_id, by_identifier, by_name
    from slamon.connectwise.client import Client
    from slamon.connectwise.credentials import Credentials
    from slamon.connectwise.drafts import NewCallback, NewCompany, NewNote, NewTicket
    from slamon.connectwise.limits import Limits
    from slamon.connectwise.query import (
        all_of,
        any_of,
        compare,
        contains,
        custom_field,
        descending,
        equals,
        is_in,
        is_null,
        like,
    )
    from slamon.connectwise.refusals import (
        BoardRequiredError,
        CompanyInUseError,
        CompanyRequiredError,
        IdentifierExistsError,
        IdentifierRequiredError,
        IdentifierTooLongError,
        InvalidCompanyStatusError,
        InvalidStatusError,
        NameRequiredError,
        NameTooLongError,
        RecordRefusedError,
        SummaryTooLongError,
    )
    from slamon.errors import (
        ConfigError,
        InputError,
        OutcomeUnknownError,
        PayloadError,
        SourceError,
        SourceRefusedError,
        SourceUnavailableError,
    )

__all__ = [
    "BoardRequiredError",
    "Client",
    "CompanyInUseError",
    "CompanyRequiredError",
    "ConfigError",
    "Credentials",
    "IdentifierExistsError",
    "IdentifierRequiredError",
    "IdentifierTooLongError",
    "InputError",
    "InvalidCompanyStatusError",
    "InvalidStatusError",
    "Limits",
    "NameRequiredError",
    "NameTooLongError",
    "NewCallback",
    "NewCompany",
    "NewNote",
    "NewTicket",
    "OutcomeUnknownError",
    "Patch",
    "PayloadError",
    "RecordRefusedError",
    "SourceError",
    "SourceRefusedError",
    "SourceUnavailableError",
    "SummaryTooLongError",
    "all_of",
    "any_of",
    "by_id",
    "by_identifier",
    "by_name",
    "compare",
    "contains",
    "custom_field",
    "descending",
    "equals",
    "is_in",
    "is_null",
    "like",
]

_QUERY = "all_of any_of compare contains custom_field descending equals is_in is_null like"
_SOURCE_ERRORS = (
    "ConfigError InputError OutcomeUnknownError PayloadError SourceError SourceRefusedError SourceUnavailableError"
)
_ELSEWHERE = {
    "slamon.connectwise.client": "Client",
    "slamon.connectwise.credentials": "Credentials",
    "slamon.connectwise.limits": "Limits",
    "slamon.connectwise.changes": "Patch by_id by_identifier by_name",
    "slamon.connectwise.drafts": "NewCallback NewCompany NewNote NewTicket",
    "slamon.connectwise.query": _QUERY,
    "slamon.errors": _SOURCE_ERRORS,
}
_HOMES = {name: home for home, names in _ELSEWHERE.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: the command line must not load httpx to print its help."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "slamon.connectwise.refusals")), name)
