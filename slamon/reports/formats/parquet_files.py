"""Parquet: one file for each table with typed columns, written by DuckDB (extra `replay`)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from slamon.clean import clean_line
from slamon.errors import ReportFormatError
from slamon.reports.document import Report, Table
from slamon.reports.flat import Field, Plain, fields_of
from slamon.reports.formats.files import ReportFile, stem_of
from slamon.reports.frames import frame_of
from slamon.reports.sheets import sheets_of
from slamon.reports.written import utc_rfc3339

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_STORED = {
    Plain.TEXT: "VARCHAR",
    Plain.WHOLE: "BIGINT",
    Plain.PERCENT: "DECIMAL(6, 1)",
    Plain.INSTANT: "TIMESTAMPTZ",
    Plain.FLAG: "BOOLEAN",
}


def parquet_files(report: Report) -> tuple[ReportFile, ...]:
    """
    Raises:
        ReportFormatError: DuckDB is not installed, or there is no room for what it writes.
    """
    try:
        import duckdb
    except ImportError as error:
        raise ReportFormatError("Parquet needs DuckDB: pip install 'slamon[replay]'") from error
    stem = stem_of(report)
    about = _about(report)
    try:
        with tempfile.TemporaryDirectory() as folder, duckdb.connect(config=_CONFIG) as connection:
            return tuple(
                ReportFile(
                    f"{stem}.{name}.parquet",
                    "application/vnd.apache.parquet",
                    _parquet(connection, table, about, Path(folder)),
                )
                for name, table in sheets_of(report)
            )
    except (OSError, duckdb.Error) as error:
        said = clean_line(str(error))
        raise ReportFormatError(f"Parquet not written ({said}); is there room in {tempfile.gettempdir()}?") from error


_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "threads": "1",
}


def _about(report: Report) -> str:
    """Return what each file says of itself, as SQL."""
    said = {
        "title": report.title,
        "period": report.period,
        "zone": report.zone,
        "known_at": utc_rfc3339(report.known_at),
        "denominator": report.denominator,
    }
    return "{" + ", ".join(f"{name}: {_quoted(text)}" for name, text in said.items()) + "}"


def _parquet(connection: DuckDBPyConnection, table: Table, about: str, folder: Path) -> bytes:
    made = folder / "made.parquet"
    connection.register("frame", frame_of(table))
    columns = ", ".join(_column(field) for field in fields_of(table))
    connection.execute(
        f"COPY (SELECT {columns} FROM frame) TO {_quoted(str(made))} "  # noqa: S608
        f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {about})"
    )
    return made.read_bytes()


def _column(field: Field) -> str:
    name = '"' + field.name.replace('"', '""') + '"'
    return f"CAST({name} AS {_STORED[field.plain]}) AS {name}"  # a column of nothing has no type of its own


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
