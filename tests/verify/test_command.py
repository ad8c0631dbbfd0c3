"""`slamon verify`: what it takes, what it prints, how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from slamon.cli.app import cli
from slamon.cli.verify import verify
from tests.verify.builder import Document, seal
from tests.verify.hand import CASES


def _run(content: Any, *options: str) -> Result:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return CliRunner().invoke(verify, ["-", *options], input=raw)


def _wrong() -> Document:
    document = CASES["pause"]()
    document["intervals"][0]["counted_seconds"] += 1
    return seal(document)


def test_one_ledger_that_agrees(tmp_path: Path) -> None:
    file = tmp_path / "ledger.json"
    file.write_text(json.dumps(CASES["plain"](), indent=2), "utf-8")

    result = CliRunner().invoke(verify, [str(file)])

    assert (result.exit_code, result.output) == (0, "1 ledger: 1 agree, 0 do not\n")


def test_a_list_of_which_one_does_not_agree() -> None:
    result = _run([CASES["plain"](), _wrong()])

    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "[1] main/123: does not agree",
        "  clock.elapsed_seconds: 21600, but the counted_seconds add up to 21601",
        "  intervals[0].counted_seconds: 21601, expected 21600",
        "2 ledgers: 1 agree, 1 do not",
    ]


def test_the_output_of_evaluate() -> None:
    results = [{"id": "a", "ledger": CASES["grace"]()}, {"id": "b", "error": "no"}, {"ledger": _wrong()}, {"answer": 5}]

    result = _run({"results": results}, "--json")

    assert result.exit_code == 1
    document = json.loads(result.output)
    assert (document["ledgers"], document["agree"]) == (2, 1)
    assert [one["ledger"] for one in document["failed"]] == ["results[2] main/123"]
    assert len(document["failed"][0]["findings"]) == 2


def test_a_case_is_named_by_its_id() -> None:
    result = _run({"results": [{"id": "over lunch \ud800", "ledger": _wrong()}]})

    assert result.output.startswith('case "over lunch \\ud800" main/123: does not agree\n')


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "-: not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"\xff\xfe\xfa", "-: not JSON: "),
        (b'{"format": NaN}', "-: not JSON: NaN is not a number of JSON"),
        (b'{"format": 1, "format": 2}', "-: not JSON: an object has the same key twice"),
        (b"[" * 100_000, "-: not a ledger: nested too deeply"),
        (b'{"format": ' + b"9" * 5000 + b"}", "-: not JSON: "),
        (b"[]", "-: no ledger in it"),
        (b"5", "-: the document: expected a ledger"),
        (b"{}", "-: the document: expected a ledger"),
        (b"[5]", "-: [0]: expected a ledger"),
        (b'{"results": 5}', "-: results: expected a list"),
        (b'{"results": [5]}', "-: results[0]: expected an object"),
        (b'{"results": [{"answer": 1}]}', "-: no ledger in it"),
        (b'{"results": [{"id": 7, "ledger": []}]}', "-: case 7: expected a ledger"),
    ],
)
def test_what_is_not_of_the_form_ends_with_two(content: bytes, line: str) -> None:
    result = _run(content)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(line)
    assert result.stderr.count("\n") == 1


def test_a_ledger_that_lacks_almost_everything_does_not_agree() -> None:
    result = _run({"format": 1})

    assert result.exit_code == 1
    assert "does not agree" in result.output


def test_a_file_that_is_not_there_ends_with_two(tmp_path: Path) -> None:
    assert CliRunner().invoke(verify, [str(tmp_path / "none.json")]).exit_code == 2


def test_what_explain_and_evaluate_print_is_accepted(tmp_path: Path) -> None:
    case = {
        "id": "both",
        "calendar": {"timezone": "UTC", "hours": {"mon": [["08:00", "17:00"]]}},
        "created": "2026-11-02T09:00:00Z",
        "status": "Waiting",
        "targets": {"respond": 3600, "resolve": 7200},
        "pause_statuses": ["Waiting"],
        "stop_statuses": ["Closed"],
        "pauses_apply_to": ["resolve"],
        "events": [{"at": "2026-11-02T10:00:00Z", "status": "Open"}],
        "as_of": "2026-11-02T15:00:00Z",
    }
    (tmp_path / "cases.json").write_text(json.dumps({"cases": [case]}))
    printed = CliRunner().invoke(cli, ["evaluate", "--ledger", str(tmp_path / "cases.json")])
    (tmp_path / "ledgers.json").write_text(printed.stdout)

    checked = CliRunner().invoke(cli, ["verify", str(tmp_path / "ledgers.json")])

    assert (checked.exit_code, checked.output) == (0, "2 ledgers: 2 agree, 0 do not\n")
