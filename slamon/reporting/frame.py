"""Frames: the only module that knows pandas. It imports it when called, for the daemon does without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from slamon.core.ticket import STAGES
from slamon.reporting.context import BreachRow, GroupCount

if TYPE_CHECKING:
    import pandas

NONE_NAMED = "(none)"


def breach_frame(rows: Sequence[BreachRow]) -> pandas.DataFrame:
    """Return one line per broken goal: company_id, board_id (int64), company, board, stage (str); order kept.

    A ticket without a company has company_id 0 and the company `(none)`.
    """
    import pandas

    columns = {
        "company_id": [row.ticket.company.id if row.ticket.company else 0 for row in rows],
        "company": [row.ticket.company.name if row.ticket.company else NONE_NAMED for row in rows],
        "board_id": [row.ticket.board.id for row in rows],
        "board": [row.ticket.board.name for row in rows],
        "stage": [row.stage.label for row in rows],
    }
    return pandas.DataFrame(columns).astype({"company_id": "int64", "board_id": "int64"})


def count_groups(frame: pandas.DataFrame, by: Literal["company", "board"]) -> tuple[GroupCount, ...]:
    """Return the broken goals per company or board, the most first, then by name.

    Grouped by id: two companies may share a name. The name is the last one seen.
    """
    import pandas

    key = f"{by}_id"
    counts = pandas.crosstab(frame[key], frame["stage"]).reindex(
        columns=[stage.label for stage in STAGES], fill_value=0
    )
    names = frame.groupby(key)[by].last()
    groups = [
        GroupCount(str(names[group]), *(int(counts.at[group, stage.label]) for stage in STAGES))
        for group in counts.index
    ]
    return tuple(sorted(groups, key=lambda group: (-group.total, group.name)))
