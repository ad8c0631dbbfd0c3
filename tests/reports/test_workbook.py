"""The workbook as another program opens it; and one report's totals, which are the same in every format."""

from __future__ import annotations

import csv
import datetime
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import duckdb
from openpyxl import load_workbook

from slamon.reports.document import Report
from slamon.reports.formats import Form, files_of, stem_of, write_files
from slamon.reports.formats.workbook import sheet_name
from slamon.reports.samples import sample_report
from tests.reports.hostile import FORMULAS, empty_report, hostile_report
from tests.reports.test_pages import Seen, html_of, pdf_text


def open_book(report: Report) -> Any:
    (file,) = files_of(report, Form.XLSX)
    return load_workbook(io.BytesIO(file.body))


def test_cells_are_typed_and_the_head_stays() -> None:
    book = open_book(sample_report())
    sheet = book["Goals that were missed"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:H13"
    ticket, _summary, _stage, _priority, due, _reached, over, _held = (cell.value for cell in sheet[2])
    assert ticket == "14021"
    assert sheet["A2"].hyperlink.target.startswith("https://psa.example.com/")
    assert due == datetime.datetime(2026, 10, 1, 9, 0)  # noqa: DTZ001  (a cell has no zone)
    assert over == datetime.timedelta(hours=46)
    assert sheet["G2"].number_format == "[h]:mm"
    total = [cell.value for cell in book["By goal"][5]]
    assert total == ["All", 637, 43, 0.936, 637, 680]
    assert book["By priority"]["B6"].value == "n/a"
    assert len(book["Attainment over twelve months"]._charts) == 1


def test_a_workbook_runs_nothing() -> None:
    (file,) = files_of(hostile_report(), Form.XLSX)
    with zipfile.ZipFile(io.BytesIO(file.body)) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/")]
    assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)
    sheet = open_book(hostile_report()).worksheets[1]
    found = [sheet.cell(row, 2).value for row in range(2, 2 + len(FORMULAS))]
    assert found == [formula.strip() for formula in FORMULAS]
    assert all(sheet.cell(row, 2).data_type == "s" for row in range(2, 2 + len(FORMULAS)))
    assert sheet.cell(2, 3).value == "−1 min"


def test_names_of_sheets_are_legal_and_told_apart() -> None:
    taken: set[str] = set()
    names = [sheet_name(wanted, taken) for wanted in ("[a]:*?/\\'", "A", "History", "'", "x" * 99, "x" * 99, "b: c")]
    assert names == ["a", "A 2", "History of goals", "Sheet", "x" * 31, f"{'x' * 29} 2", "b c"]


def test_the_same_report_gives_the_same_workbook() -> None:
    assert files_of(sample_report(), Form.XLSX) == files_of(sample_report(), Form.XLSX)
    assert open_book(empty_report()).sheetnames == ["Summary", "Missed", *open_book(empty_report()).sheetnames[2:]]


def test_T75_the_totals_of_a_report_are_the_same_in_every_format(tmp_path: Path) -> None:
    report = sample_report()
    for text in (Seen(html_of(report)).text, pdf_text(report)):
        assert "93.6 % 637 of 680" in text
    (file,) = files_of(report, Form.JSON)
    total = json.loads(file.body)["sections"][0]["tables"][0]["total"]
    assert total == {
        "stage": "All",
        "met": 637,
        "missed": 43,
        "attainment": {"part": 637, "whole": 680, "percent": "93.6"},
    }
    assert [cell.value for cell in open_book(report)["By goal"][5]] == ["All", 637, 43, 0.936, 637, 680]
    name = f"{stem_of(report)}.attainment.stages"
    write_files([*files_of(report, Form.CSV), *files_of(report, Form.PARQUET)], tmp_path)
    with (tmp_path / f"{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
        *_, last = csv.reader(lines)
    assert last == ["All", "637", "43", "637", "680", "93.6", "true"]
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT met, missed, attainment_part, attainment_whole, attainment_percent::VARCHAR "
            "FROM read_parquet(?) WHERE is_total",
            [str(tmp_path / f"{name}.parquet")],
        ).fetchall()
    assert found == [(637, 43, 637, 680, "93.6")]
