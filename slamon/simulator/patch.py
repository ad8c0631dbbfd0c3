"""JSON-Patch as ConnectWise takes it: an array of add, replace and remove on whole fields."""

from slamon.simulator.errors import bad_argument, invalid
from slamon.simulator.model import fields_of
from slamon.simulator.world import Row

OPERATIONS = ("add", "replace", "remove")


def changes(record: str, resource: str, body: object) -> Row:
    """
    Return what a patch sets: fields and their new values, None for a field that is taken away.

    A path is case-sensitive and may begin with a slash. One that leads into a field (`status/id`) is let
    through without effect: ConnectWise answers it as if it had worked.

    Raises:
        ApiError: 400, no array of operations, or a path that begins with no field of the record.
    """
    if not isinstance(body, list):
        raise bad_argument("The body must be an array of patch operations.")
    found: Row = {}
    for operation in body:
        name, inside, value = _read(operation)
        if name not in fields_of(record):
            raise invalid(resource, "InvalidField", f"The field {name} does not exist.", name)
        if not inside:
            found[name] = value
    return found


def _read(operation: object) -> tuple[str, str, object]:
    if not isinstance(operation, dict) or operation.get("op") not in OPERATIONS:
        raise bad_argument(f"Each operation needs a path, a value and an op of {', '.join(OPERATIONS)}.")
    path = operation.get("path")
    if not isinstance(path, str) or not path.strip("/"):
        raise bad_argument("Each operation needs a path.")
    name, _, inside = path.removeprefix("/").partition("/")
    return name, inside, None if operation["op"] == "remove" else operation.get("value")
