"""`fields=id,status/name,_info/lastUpdated`: only these members are sent; `_info` only when it is asked for."""

from typing import Any

from slamon.simulator.world import Row

Tree = dict[str, "Tree"]
"""Names in lower case; an empty tree below a name means all of it."""


def tree(text: str) -> Tree:
    """Return the wanted members as a tree."""
    root: Tree = {}
    for path in filter(None, (part.strip().lower() for part in text.split(","))):
        branch = root
        for name in path.split("/"):
            branch = branch.setdefault(name, {})
    return root


def pick(row: Row, wanted: Tree) -> Row:
    """Return the members of *row* that are *wanted*; unknown names are ignored, missing values stay missing."""
    picked: Row = {}
    for key, value in row.items():
        branch = wanted.get(key.lower())
        if branch is not None:
            picked[key] = _inside(value, branch) if branch else value
    return picked


def _inside(value: object, branch: Tree) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return pick(value, branch)
    if isinstance(value, list):
        return [_inside(item, branch) for item in value]
    return value
