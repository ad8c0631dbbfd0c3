"""The document as a whole: its form, order, ids, one error per case, and the exit status of the real command."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from slamon.errors import InputError
from slamon.evaluate import answer_document, read_document
from tests.evaluate.samples import ADD, OFFICE, TICKET

SLAMON = Path(sys.executable).parent / "slamon"


def run(document: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [SLAMON, "evaluate", *(arguments or ("-",))], input=document, capture_output=True, check=False
    )


@pytest.mark.parametrize(
    ("case", "document", "problem"),
    [
        ("empty", b"", "line 1, column 1: not JSON"),
        ("half", b'{"cases": [', "line 1, column 12: not JSON"),
        ("a list", b"[]", "top level: expected an object"),
        ("a number", b"1", "top level: expected an object"),
        ("no cases", b"{}", "cases: expected a list"),
        ("cases as an object", b'{"cases": {}}', "cases: expected a list"),
        ("an unknown key", b'{"cases": [], "version": 1}', "version: unknown key; known are cases, format"),
        ("another format", b'{"cases": [], "format": 2}', "format: 2 is unknown"),
        ("a bool for a format", b'{"cases": [], "format": true}', "format: True is unknown"),
        ("Latin-1", '{"cases": [{"id": "Zürich"}]}'.encode("latin-1"), "byte 20: the document is not UTF-8"),
        ("deep", b'{"cases": ' + b"[" * 100_000, "the document is nested too deeply"),
        ("deep, and whole", b'{"cases": [{"id": ' + b"[" * 500 + b"]" * 500 + b"}]}", "nested too deeply"),
        ("a number of many digits", b'{"cases": [{"id": ' + b"9" * 5000 + b"}]}", "not JSON that can be read"),
    ],
)
def test_what_is_no_document(case: str, document: bytes, problem: str) -> None:
    with pytest.raises(InputError) as refused:
        read_document(document)

    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.exit_status == 2


@pytest.mark.parametrize("document", [b'{"cases": [{}]}', b'\xef\xbb\xbf{"cases": [{}], "format": 1}'])
def test_what_is_a_document(document: bytes) -> None:
    assert read_document(document) == [{}]


def test_results_stand_in_the_order_of_the_cases_and_a_bad_one_stops_no_other() -> None:
    cases: list[Any] = [
        ADD | {"id": 1},
        TICKET | {"id": "two"},
        "three",
        ADD | {"id": None, "op": "x"},
        TICKET | {"id": ["five"], "calendar": OFFICE | {"timezone": "Europe/Berlin"}},
        None,
        TICKET | {"id": {"seven": 7}, "targets": {"resolve": 10**15}},
        TICKET | {"id": "two"},
    ]

    results, complete = answer_document(cases)

    assert not complete
    assert [result.get("id", "-") for result in results] == [1, "two", "-", None, ["five"], "-", {"seven": 7}, "two"]
    assert ["error" in result for result in results] == [False, False, True, True, False, True, True, False]
    assert results[2] == results[5] == {"error": "expected an object"}
    assert results[1] == results[7]
    assert results[1]["respond_due"] == "2026-10-19T11:00:00Z"
    assert results[4]["respond_due"] == "2026-10-19T11:00:00Z"
    assert results[4]["clock_start"] == "2026-10-19T09:00:00Z"


def test_a_result_does_not_depend_on_its_neighbours() -> None:
    chance = random.Random(7)
    cases = [
        TICKET
        | {
            "id": index,
            "status": chance.choice(["New", "Waiting", "Closed"]),
            "targets": {"respond": chance.randrange(20_000), "resolve": chance.randrange(400_000)},
            "as_of": f"2026-1{chance.randint(0, 2)}-2{chance.randint(0, 9)}T1{chance.randint(0, 9)}:00:00Z",
            "pauses_apply_to": chance.choice([["resolve"], ["respond", "plan", "resolve"], []]),
        }
        for index in range(200)
    ]
    together, _ = answer_document(cases)
    chance.shuffle(cases)

    for case in cases:
        assert answer_document([case])[0] == [together[case["id"]]]


def test_no_cases_no_results() -> None:
    assert answer_document([]) == ([], True)


def test_the_command_answers_with_status_0(tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"format": 1, "cases": [ADD, TICKET]}))

    done, piped = run(b"", str(file)), run(file.read_bytes())

    assert (done.returncode, done.stderr) == (0, b"")
    assert piped.stdout == done.stdout
    results = json.loads(done.stdout)["results"]
    assert results == answer_document([ADD, TICKET])[0]
    assert results[0] == {"id": "add", "answer": "2026-10-19T11:30:00Z"}


def test_the_command_ends_with_1_where_a_case_has_no_answer() -> None:
    done = run(json.dumps({"cases": [ADD, ADD | {"op": "x"}]}).encode())

    assert (done.returncode, done.stderr) == (1, b"")
    assert [sorted(result) for result in json.loads(done.stdout)["results"]] == [["answer", "id"], ["error", "id"]]


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"cases": [{"id": ' + b"[" * 500 + b"]" * 500 + b"}]}",
        b'{"cases": [' + b"9" * 5000 + b"]}",
    ],
)
def test_the_command_ends_with_2_and_one_line_where_there_is_no_document(document: bytes) -> None:
    done = run(document)

    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"slamon: ")
    assert done.stderr.count(b"\n") == 1


def test_the_command_ends_with_2_where_there_is_no_file(tmp_path: Path) -> None:
    done = run(b"", str(tmp_path / "none.json"))

    assert (done.returncode, done.stdout) == (2, b"")
    assert b"none.json" in done.stderr
    assert b"Traceback" not in done.stderr


# Names that some machines know and IANA does not: the rules come with slamon, not from the machine.
@pytest.mark.parametrize("zone", ["localtime", "posixrules", "right/Europe/Berlin", "posix/Europe/Berlin"])
def test_the_command_knows_no_zone_of_the_machine(zone: str) -> None:
    done = run(json.dumps({"cases": [ADD | {"calendar": OFFICE | {"timezone": zone}}]}).encode())

    assert done.returncode == 1
    assert "is not an IANA time zone" in json.loads(done.stdout)["results"][0]["error"]


def test_a_thousand_calendars_with_ten_cases_each_are_answered() -> None:
    chance = random.Random(1000)
    zones = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]
    cases: list[dict[str, Any]] = []
    for index in range(1000):
        opens, closes = chance.randint(0, 600), chance.randint(700, 1440)
        window = [f"{opens // 60:02}:{opens % 60:02}", f"{closes // 60:02}:{closes % 60:02}"]
        days = chance.sample(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 5)
        rules = {"timezone": zones[index % 5], "hours": {day: [window] for day in days}, "holidays": ["2026-12-25"]}
        cases += [ADD | {"calendar": rules, "amount_seconds": chance.randrange(10**6)} for _ in range(5)]
        cases += [TICKET | {"calendar": rules, "targets": {"resolve": chance.randrange(10**6)}} for _ in range(5)]
    chance.shuffle(cases)

    began = time.perf_counter()
    results, complete = answer_document(cases)
    print(f"10,000 cases on 1,000 calendars: {time.perf_counter() - began:.1f} s")

    assert complete
    assert len(results) == 10_000
    for place in chance.sample(range(10_000), 20):
        assert [results[place]] == answer_document([cases[place]])[0]
