"""Reports as frames: typed, with what is not known as NA."""

from __future__ import annotations

import pandas

from slamon.reports.document import Column, Share, Table, Unit
from slamon.reports.frames import frame_of, frames_of
from slamon.reports.samples import sample_report

TABLE = Table(
    "by_company",
    columns=(
        Column("company", "Company"),
        Column("attainment", "Attainment", Unit.SHARE),
        Column("worst_at", "Worst", Unit.INSTANT),
    ),
    rows=(("ACME", Share(9, 10), 1_793_487_600), ("Nobody", Share(0, 0), None)),
    total=("All", Share(9, 10), None),
)


def test_each_column_has_a_type_and_nothing_is_na() -> None:
    frame = frame_of(TABLE)

    assert [str(kind) for kind in frame.dtypes] == [
        "string",
        "Int64",
        "Int64",
        "Float64",
        "datetime64[s, UTC]",
        "boolean",
    ]
    assert frame.attainment_percent[0] == 90.0
    assert frame.attainment_percent.isna().tolist() == [False, True, False]
    assert frame.worst_at[0] == pandas.Timestamp("2026-10-31T23:00:00Z")
    assert frame.worst_at.isna().tolist() == [False, True, True]
    assert frame.is_total.tolist() == [False, False, True]


def test_every_table_is_there_and_one_without_rows_keeps_its_columns() -> None:
    frames = frames_of(sample_report())

    assert "figures" in frames
    assert list(frame_of(Table("none", TABLE.columns)).columns) == [
        "company",
        "attainment_part",
        "attainment_whole",
        "attainment_percent",
        "worst_at",
    ]
