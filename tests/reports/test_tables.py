"""Reports for machines: CSV, JSON and Parquet; texts made fit; files written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import resource
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from openapi_schema_validator import OAS31Validator

from slamon.errors import ReportFormatError
from slamon.reports.document import Chart, Column, Holders, Section, Share, Table
from slamon.reports.fit import LONGEST, fit
from slamon.reports.formats import Form, ReportFile, files_of, stem_of, write_files
from slamon.reports.samples import sample_report
from slamon.reports.written import instant_text, percent_text, seconds_text, span_text
from tests.docs.pages import REFERENCE
from tests.reports.hostile import FORMULAS, LONG, empty_report, hostile_report

RIGA = ZoneInfo("Europe/Riga")


def read_csv(file: ReportFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.body.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Share(0, 0), "n/a"),  # not 100 %
        (Share(0, 7), "0.0 %"),
        (Share(7, 7), "100.0 %"),
        (Share(9_999, 10_000), "99.9 %"),  # not all of them
        (Share(9_496, 10_000), "94.9 %"),  # 95 % are not reached
        (Share(29, 100), "29.0 %"),  # 0.29 * 100 is less in binary
    ],
)
def test_T68_percents_come_from_integers_and_are_cut(share: Share, text: str) -> None:
    assert percent_text(share) == text


def test_an_hour_that_is_repeated_says_which_it_is() -> None:
    first = 1_792_888_200  # 25 Oct 2026 00:30 UTC
    assert instant_text(first, RIGA) == "25 Oct 2026 03:30 (UTC+03:00)"
    assert instant_text(first + 3600, RIGA) == "25 Oct 2026 03:30 (UTC+02:00)"
    assert instant_text(first + 7200, RIGA) == "25 Oct 2026 04:30"
    assert instant_text(1_774_746_000, RIGA) == "29 Mar 2026 04:00"  # the hour before it was skipped
    assert seconds_text(-3_900) == "−1 h 05 min"
    assert span_text(sample_report()) == "1 Oct 2026 to 31 Oct 2026"


def test_what_is_fit_stays_as_it_is() -> None:
    assert fit(sample_report()) == sample_report()
    fitted = fit(hostile_report())
    assert fit(fitted) == fitted


def test_ten_megabytes_of_summary_are_cut_and_that_is_said() -> None:
    fitted = fit(hostile_report())
    summary = fitted.sections[0].tables[0].rows[-1][1]
    assert isinstance(summary, str)
    assert len(summary) == LONGEST
    assert summary.endswith(f"… [cut: {len(LONG):,} characters]")
    assert fitted.remarks[-1] == "2 texts were longer than 2,000 characters and cut."


def test_csv_opens_in_a_spreadsheet_and_runs_nothing() -> None:
    files = {
        file.name.removeprefix(f"{stem_of(hostile_report())}."): file for file in files_of(hostile_report(), Form.CSV)
    }
    assert set(files) == {"about.csv", "figures.csv", "worst.csv"}
    assert files["worst.csv"].body.startswith(
        b'\xef\xbb\xbf"ticket","ticket_link","summary","over_seconds","is_total"\r\n'
    )
    rows = read_csv(files["worst.csv"])
    for name in files.values():
        for row in read_csv(name):
            for value in row.values():
                assert not value.startswith(("=", "+", "@", "\t", "\r", "＝")), value
                assert not value.startswith("-") or value == "-65"
    for row, formula in zip(rows, FORMULAS, strict=False):
        assert row["summary"].removeprefix("'") == formula.strip()
    assert {row["ticket_link"] for row in rows} == {""}  # javascript: leads nowhere
    assert [row["is_total"] for row in rows[-2:]] == ["false", "true"]


def test_a_chart_named_like_its_table_has_a_file_of_its_own() -> None:
    table = Table("held", (Column("holder", "Held by"),), (("a",), ("b",)))
    chart = Chart("held", "Held", "Most was held by a.", Holders((("a", 60),)))
    section = Section("held", "Held", (), (table,), (chart,))
    report = msgspec.structs.replace(sample_report(), sections=(section,))

    files = {file.name.removeprefix(f"{stem_of(report)}."): file for file in files_of(report, Form.CSV)}

    assert [row["holder"] for row in read_csv(files["held.csv"])] == ["a", "b"]
    assert read_csv(files["held.chart.csv"]) == [{"holder": "a", "held_seconds": "60"}]


def test_json_is_what_its_schema_says() -> None:
    schema = json.loads((REFERENCE / "report.schema.json").read_text("utf-8"))
    OAS31Validator.check_schema(schema)
    for report in (sample_report(), hostile_report(), empty_report()):
        (file,) = files_of(report, Form.JSON)
        OAS31Validator(schema).validate(json.loads(file.body))


def test_json_tells_instants_and_shares_exactly() -> None:
    (file,) = files_of(sample_report(), Form.JSON)
    found = json.loads(file.body)
    assert found["period"]["ends_at"] == {"utc": "2026-10-31T22:00:00Z", "local": "2026-11-01T00:00:00+02:00"}
    assert found["sections"][0]["tables"][0]["total"]["attainment"] == {"part": 637, "whole": 680, "percent": "93.6"}
    nothing = found["sections"][0]["tables"][1]["rows"][-1]
    assert nothing["attainment"] == {"part": 0, "whole": 0, "percent": None}
    assert nothing["p50_seconds"] is None


@pytest.mark.parametrize("form", [Form.CSV, Form.JSON, Form.PARQUET])
def test_the_same_report_gives_the_same_bytes(form: Form) -> None:
    assert files_of(sample_report(), form) == files_of(sample_report(), form)


def test_parquet_has_types(tmp_path: Path) -> None:
    import duckdb

    write_files(files_of(hostile_report(), Form.PARQUET), tmp_path)
    write_files(files_of(sample_report(), Form.PARQUET), tmp_path)
    with duckdb.connect() as connection:
        worst = str(tmp_path / f"{stem_of(sample_report())}.worst.parquet")
        types = connection.execute(
            "SELECT typeof(ticket), typeof(due_at), typeof(over_seconds) FROM read_parquet(?)", [worst]
        )
        assert types.fetchone() == ("VARCHAR", "TIMESTAMP WITH TIME ZONE", "BIGINT")
        instant = connection.execute("SELECT epoch(due_at) FROM read_parquet(?) LIMIT 1", [worst]).fetchone()
        said = connection.execute("SELECT value FROM parquet_kv_metadata(?) WHERE key = 'period'", [worst]).fetchone()
    assert instant == (sample_report().sections[1].tables[0].rows[0][4],)
    assert said == (b"2026-10",)


def test_names_of_files_are_safe_and_tell_scopes_apart() -> None:
    from msgspec.structs import replace

    from slamon.reports.document import Scope

    names = ["ACME", "../../etc/passwd", "Ā & Ć", "A C", "株式会社", "x" * 300, "a/b", "a\x00b"]
    stems = [stem_of(replace(sample_report(), scope=Scope("main", "company", name))) for name in names]
    assert stems[0] == "monthly-main-company-acme-2026-10"
    assert len(set(stems)) == len(names)
    assert all(set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") and len(stem) < 120 for stem in stems)


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    small, large = (
        ReportFile("a.json", "application/json", b"old"),
        ReportFile("a.json", "application/json", b"x" * 65_536),
    )
    write_files((small,), tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, limits[1]))
    try:
        with pytest.raises(ReportFormatError, match=r"a\.json: not written \(.+\); make room"):
            write_files((large,), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == b"old"
    with pytest.raises(ReportFormatError, match="cannot be made"):
        write_files((small,), tmp_path / "a.json" / "folder")
