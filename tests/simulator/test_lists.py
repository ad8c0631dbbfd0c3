"""Order, pages and fields, without a server."""

import pytest

from slamon.simulator.errors import ApiError
from slamon.simulator.fields import pick, tree
from slamon.simulator.orderby import ordered
from slamon.simulator.paging import LARGEST_SIZE, Page, cut, link_header, read_page
from slamon.simulator.world import Row

ROWS: list[Row] = [
    {"id": 1, "priority": {"id": 8, "sort": 4}, "closedDate": "2026-01-02T00:00:00Z"},
    {"id": 2, "priority": {"id": 6, "sort": 1}},
    {"id": 3, "priority": {"id": 7, "sort": 4}, "closedDate": "2026-01-01T00:00:00Z"},
]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("id desc", [3, 2, 1]),
        ("priority/sort asc, id desc", [2, 3, 1]),
        ("Priority/Sort", [2, 1, 3]),
        ("closedDate asc", [2, 3, 1]),
        ("closedDate desc", [1, 3, 2]),
    ],
)
def test_order(text: str, ids: list[int]) -> None:
    assert [row["id"] for row in ordered("Ticket", ROWS, text)] == ids


@pytest.mark.parametrize("text", ["nothing asc", "id upwards", "id asc desc", ",", "id,"])
def test_an_order_that_is_none(text: str) -> None:
    with pytest.raises(ApiError, match="recognized"):
        ordered("Ticket", ROWS, text)


def test_page_sizes() -> None:
    assert read_page({}, forward_only=False) == Page(25, 1)
    assert read_page({"pagesize": "5000", "page": "0"}, forward_only=False) == Page(LARGEST_SIZE, 1)
    with pytest.raises(ApiError, match="pagesize must be a number"):
        read_page({"pagesize": "many"}, forward_only=False)
    with pytest.raises(ApiError, match="orderBy"):
        read_page({"orderby": "id"}, forward_only=True)


def test_navigable_links_miss_what_does_not_exist() -> None:
    rels = {
        number: [
            part.split('rel="')[1][:-1] for part in (link_header("u", {}, ROWS, Page(1, number)) or "").split(", ")
        ]
        for number in (1, 2, 3)
    }
    assert rels == {1: ["next", "last"], 2: ["first", "prev", "next", "last"], 3: ["first", "prev"]}
    assert link_header("u", {}, ROWS, Page(25)) is None
    assert cut(ROWS, Page(2, 9)) == []


def test_links_keep_the_rest_of_the_query() -> None:
    link = link_header("http://h/x", {"conditions": "id>0", "Page": "1", "pageSize": "2"}, ROWS, Page(2, 1))
    assert link is not None
    assert link.startswith('<http://h/x?conditions=id%3E0&pageSize=2&page=2>; rel="next"')


def test_forward_only_goes_by_id_and_ends_with_an_empty_link() -> None:
    first = Page(2, after_id=0)
    assert [row["id"] for row in cut(ROWS, first)] == [1, 2]
    assert link_header("u", {}, ROWS, first) == '<u?pageSize=2&pageId=2>; rel="next"'
    rest = Page(2, after_id=2)
    assert [row["id"] for row in cut(ROWS, rest)] == [3]
    assert link_header("u", {}, ROWS, rest) == ""


def test_fields_take_nested_members_and_drop_info() -> None:
    row = {
        "id": 1,
        "status": {"id": 5, "name": "New"},
        "_info": {"lastUpdated": "x"},
        "types": [{"id": 1, "name": "C"}],
    }
    assert pick(row, tree("id,Status/Name")) == {"id": 1, "status": {"name": "New"}}
    assert pick(row, tree("id,_info")) == {"id": 1, "_info": {"lastUpdated": "x"}}
    assert pick(row, tree("types/id, nothing")) == {"types": [{"id": 1}]}
