"""A list of the API as a value, and the request for one of its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

import msgspec

from slamon.connectwise.query import Condition, ListQuery, all_of
from slamon.connectwise.request import Request
from slamon.errors import InputError

T = TypeVar("T")

LONGEST_TARGET = 1900  # with the API's own address in front it stays below the 2000 that ConnectWise advises

FORWARD_ONLY = {"pagination-type": "forward-only"}


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """The rows of *kind* at *endpoint* (a template filled from *ids*) that *query* selects.

    *params* stand in every address besides. *search* names the endpoint that
    takes a selection too long for an address as the body of a POST; with
    *always_search* any selection. *count* names the endpoint that counts them.
    """

    kind: type[T]
    endpoint: str
    ids: Mapping[str, object] = field(default_factory=dict)
    query: ListQuery = field(default_factory=ListQuery)
    params: Mapping[str, str | int] = field(default_factory=dict)
    search: str = ""
    count: str = ""
    always_search: bool = False

    def where(self, condition: Condition | None) -> Listing[T]:
        """Return the listing of those rows that *condition* selects as well."""
        return replace(self, query=replace(self.query, conditions=all_of(self.query.conditions, condition)))

    def request(self, query: ListQuery, *, forward_only: bool = False) -> Request:
        """Return the request for the page that *query* names: GET, or POST of a search where GET is too long.

        Raises:
            InputError: It is too long and this list has no search.
        """
        if query.fields and "id" not in query.fields:
            query = replace(query, fields=("id", *query.fields))  # pages are told apart by it
        headers = FORWARD_ONLY if forward_only else {}
        get = Request("GET", self.endpoint, self.ids, {**self.params, **query.params()}, headers=headers)
        if not self.always_search and len(get.target) <= LONGEST_TARGET:
            return get
        post = Request(
            *("POST", self.search, {}, query.window()),
            body=msgspec.json.encode(query.selection()),
            headers=headers,
        )
        if not self.search or len(post.target) > LONGEST_TARGET:
            raise InputError(
                f"{get}: the address would have {len(get.target)} characters, more than {LONGEST_TARGET};"
                " ask for fewer fields, or in several requests with shorter conditions"
            )
        return post

    def count_request(self) -> Request:
        """Return the request that counts the rows."""
        selection = replace(self.query, order_by=()).selection()
        request = Request("GET", self.count or f"{self.endpoint}/count", self.ids, {**self.params, **selection})
        if len(request.target) > LONGEST_TARGET:
            raise InputError(f"{request}: the conditions are too long to count by; count in several requests")
        return request
