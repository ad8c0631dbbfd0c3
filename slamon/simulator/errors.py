"""
Answers that refuse: ConnectWise's error bodies, as an exception.

`{"code": ..., "message": ..., "errors": [{"code", "message", "resource", "field"}]}`; `errors` is absent
where a real answer was seen without it.
"""

from dataclasses import dataclass, field

from slamon.simulator.world import Row


@dataclass
class ApiError(Exception):
    """One refusal: the HTTP *status* and what the body says."""

    status: int
    code: str
    message: str
    errors: list[Row] | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> Row:
        """Return the JSON body."""
        body: Row = {"code": self.code, "message": self.message}
        return body if self.errors is None else {**body, "errors": self.errors}


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why an object cannot be saved."""

    code: str
    message: str
    field: str  # or several, as ConnectWise writes them


class TooManyError(ApiError):
    """429, whose body differs from all others."""

    def __init__(self, message: str, headers: dict[str, str]) -> None:
        super().__init__(429, "ConnectWiseAPI", message, headers=headers)

    def body(self) -> Row:
        """Return the JSON body."""
        return {"error": self.code, "message": self.message}


def bad_condition(message: str) -> ApiError:
    """Return the answer to a `conditions` or `orderBy` that cannot be understood."""
    return ApiError(400, "ApiFindCondition", message)


def unknown_name(name: str) -> ApiError:
    """Return the answer to a field name the resource does not have."""
    return bad_condition(f"{name} is not a recognized name.")


def not_found(label: str, number: object) -> ApiError:
    """Return the answer to an id that does not exist."""
    return ApiError(404, "NotFound", f"{label} {number} not found")


def no_endpoint() -> ApiError:
    """Return the answer to a path that leads nowhere."""
    return ApiError(404, "ConnectWiseApi", "The endpoint does not exist.")


def invalid(resource: str, code: str, message: str, field: str) -> ApiError:
    """Return the answer to an object that cannot be saved, with its one reason."""
    return unsaved(resource, [Problem(code, message, field)])


def unsaved(resource: str, problems: list[Problem]) -> ApiError:
    """Return the answer to an object that cannot be saved, with all reasons."""
    reasons = [
        {"code": each.code, "message": each.message, "resource": resource, "field": each.field} for each in problems
    ]
    return ApiError(400, "InvalidObject", f"{resource} object is invalid", reasons)


def in_use(label: str, number: int, by: str) -> ApiError:
    """Return the answer to deleting a record that others need; ConnectWise's own wording is not known."""
    return ApiError(409, "ConnectWiseApi", f"{label} {number} cannot be deleted: it is in use by {by}.")


def bad_argument(message: str) -> ApiError:
    """Return the answer to a query parameter or body of the wrong form."""
    return ApiError(400, "InvalidArgument", message)
