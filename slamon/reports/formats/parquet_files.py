"""Parquet: one file for each table with typed columns, written by DuckDB (extra `replay`)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from slamon.clean import clean_line
from slamon.errors import ReportFormatError
from slamon.reports.document import Report, Table
from slamon.reports.flat import Field, Plain, fields_of, values_of
from slamon.reports.formats.files import ReportFile, stem_of
from slamon.reports.sheets import sheets_of
from slamon.reports.written import utc_rfc3339

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_READ = {
    Plain.TEXT: "VARCHAR",
    Plain.WHOLE: "BIGINT",
    Plain.PERCENT: "DECIMAL(6, 1)",
    Plain.INSTANT: "BIGINT",
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
    rows, made = folder / "rows.json", folder / "made.parquet"
    fields = fields_of(table)
    with rows.open("wb") as target:
        target.writelines(_lines(table, fields))
    types = ", ".join(f"{_quoted(f'c{place}')}: {_quoted(_READ[field.plain])}" for place, field in enumerate(fields))
    columns = ", ".join(_column(place, field) for place, field in enumerate(fields))
    connection.execute(
        f"COPY (SELECT {columns} FROM read_json({_quoted(str(rows))}, format = 'newline_delimited', "  # noqa: S608
        f"columns = {{{types}}})) TO {_quoted(str(made))} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {about})"
    )
    return made.read_bytes()


def _lines(table: Table, fields: tuple[Field, ...]) -> Iterator[bytes]:
    names = [f"c{place}" for place in range(len(fields))]
    for row in values_of(table):
        yield msgspec.json.encode(dict(zip(names, row, strict=True))) + b"\n"


def _column(place: int, field: Field) -> str:
    read = f"to_timestamp(c{place})" if field.plain is Plain.INSTANT else f"c{place}"
    return f'{read} AS "{field.name.replace(chr(34), chr(34) * 2)}"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
