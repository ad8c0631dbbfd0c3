"""What a write sends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from slamon.connectwise.changes import Patch, by_id, by_identifier, by_name, patch_of, plain, plain_body
from slamon.connectwise.drafts import NewCallback, NewCompany, NewNote, NewTicket
from slamon.errors import InputError


def test_a_patch_is_an_array_of_operations() -> None:
    patch = Patch().replace("status", by_id(5)).add("/notes", "x").remove("owner").replace("requiredDate", None)

    assert patch.document() == [
        {"op": "replace", "path": "status", "value": {"id": 5}},
        {"op": "add", "path": "notes", "value": "x"},
        {"op": "remove", "path": "owner"},
        {"op": "replace", "path": "requiredDate", "value": None},
    ]
    assert patch.values == {"status": {"id": 5}, "notes": "x", "owner": None, "requiredDate": None}
    assert not patch.repeatable
    assert Patch().replace("summary", "x").repeatable


def test_a_mapping_replaces_each_field_it_names() -> None:
    assert patch_of({"summary": "x", "owner": by_identifier("jdoe")}).document() == [
        {"op": "replace", "path": "summary", "value": "x"},
        {"op": "replace", "path": "owner", "value": {"identifier": "jdoe"}},
    ]


@pytest.mark.parametrize("path", ["company/identifier", "/status/id", "customFields/0/value", "", "a b", "_info/x"])
def test_a_path_inside_a_reference_is_refused(path: str) -> None:
    with pytest.raises(InputError, match="names one whole field"):
        Patch().replace(path, 1)


def test_an_empty_patch_is_refused() -> None:
    with pytest.raises(InputError, match="holds no operation"):
        Patch().document()


def test_new_records_send_what_is_set_in_the_servers_spelling() -> None:
    ticket = NewTicket(
        summary="Printer",
        board=by_name("Help Desk"),
        company=by_identifier("ACME"),
        initial_description="jams",
        required_date=datetime(2026, 3, 1, 9, 0, 0, 5, tzinfo=timezone(timedelta(hours=-5))),
    )
    assert plain_body(ticket) == {
        "summary": "Printer",
        "board": {"name": "Help Desk"},
        "company": {"identifier": "ACME"},
        "initialDescription": "jams",
        "requiredDate": "2026-03-01T14:00:00Z",
    }
    assert plain_body(NewNote(text="x", internal_analysis_flag=True)) == {"text": "x", "internalAnalysisFlag": True}
    company = NewCompany(identifier="A", name="B", types=(by_id(1),), address_line1="1 High St")
    assert plain_body(company) == {"identifier": "A", "name": "B", "types": [{"id": 1}], "addressLine1": "1 High St"}
    callback = NewCallback(url="https://h/x?recordId=", object_id=1, type="ticket", level="owner")
    assert plain_body(callback)["objectId"] == 1


def test_dates_are_written_as_the_server_reads_them() -> None:
    assert plain({"at": datetime(2026, 1, 1, tzinfo=UTC), "on": date(2026, 1, 2), "list": (1, None, True)}) == {
        "at": "2026-01-01T00:00:00Z",
        "on": "2026-01-02",
        "list": [1, None, True],
    }


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (datetime(2026, 1, 1), "has no offset"),  # noqa: DTZ001  (what is refused)
        (float("nan"), "not a number that JSON can hold"),
        ({1, 2}, "type set cannot be written"),
    ],
)
def test_what_the_server_could_misread_is_refused(value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        plain({"x": [value]})


def test_a_body_is_an_object() -> None:
    with pytest.raises(InputError, match="the body is list"):
        plain_body([1])  # type: ignore[arg-type]
