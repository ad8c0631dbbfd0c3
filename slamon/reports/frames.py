"""Frames: the tables of a report for pandas, which is imported when called; the daemon does without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slamon.reports.document import Report, Table
from slamon.reports.flat import Field, Plain, Value, fields_of, values_of
from slamon.reports.sheets import sheets_of

if TYPE_CHECKING:
    import pandas

_TYPES = {
    Plain.TEXT: "string",
    Plain.WHOLE: "Int64",
    Plain.PERCENT: "Float64",
    Plain.INSTANT: "datetime64[s, UTC]",
    Plain.FLAG: "boolean",
}


def frames_of(report: Report) -> dict[str, pandas.DataFrame]:
    """Return each table of the report by its name: figures, the tables of sections, and what charts draw."""
    return {name: frame_of(table) for name, table in sheets_of(report)}


def frame_of(table: Table) -> pandas.DataFrame:
    """
    Return *table* with a line for each row, in their order.

    A share is three columns, `KEY_part`, `KEY_whole` and `KEY_percent`, a link two, `KEY` and `KEY_link`. Instants are
    aware, UTC; seconds and counts whole numbers; what is not known is NA. With a total there is a column `is_total`,
    and the total is the last line.
    """
    import pandas

    rows = list(values_of(table))
    columns = {field.name: _series(field, [row[place] for row in rows]) for place, field in enumerate(fields_of(table))}
    return pandas.DataFrame(columns)


def _series(field: Field, values: Sequence[Value]) -> pandas.Series:
    import pandas

    if field.plain is Plain.INSTANT:
        return pandas.Series(pandas.to_datetime(values, unit="s", utc=True)).astype(_TYPES[field.plain])
    if field.plain is Plain.PERCENT:
        return pandas.Series([None if value is None else float(value) for value in values], dtype=_TYPES[field.plain])
    return pandas.Series(values, dtype=_TYPES[field.plain])
