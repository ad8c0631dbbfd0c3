"""Where ConnectWise is known to differ from its own description, and what is taken instead.

Nothing else may differ: what is not here has to fit the description to the letter.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

ANY_VALUE = (
    ("CustomFieldValue", "value"),  # a text, number or boolean in every payload seen
    ("PatchOperation", "value"),  # any JSON value in the guide and in every client
)
"""Properties described as objects that hold any JSON value."""

ANSWERS: dict[str, Schema] = {
    "GET /schedule/calendars/count": {"$ref": "#/components/schemas/Count"},
    "GET /schedule/calendars/info/count": {"$ref": "#/components/schemas/Count"},
}
"""Answers described as a record, where every other count is a Count."""

QUERY_OF_WRITES = ("fields", "page", "pageSize", "pageId")
"""Described for GET alone, but a search is paged in the URL and what a write answers can be cut to fields."""

MEDIA_TYPES = ("application/vnd.connectwise.com+json", "application/json")
"""What answers may call themselves, whatever version follows. The description knows the first alone."""

REFUSAL: Schema = {
    "type": "object",
    "required": ["code", "message"],
    "additionalProperties": False,
    "properties": {
        "code": {"type": "string", "minLength": 1},
        "message": {"type": "string", "minLength": 1},
        # Null in an answer of the front door, absent in many.
        "errors": {"type": "array", "nullable": True, "items": {"$ref": "#/components/schemas/ValidationError"}},
    },
}
"""An ErrorResponseMessage: described, but tied to no operation and no status."""

THROTTLED: Schema = {
    "type": "object",
    "required": ["error", "message"],
    "additionalProperties": False,
    "properties": {"error": {"type": "string"}, "message": {"type": "string"}},
}
"""What 429 says, in a form of its own."""

REFUSALS: dict[int, Schema] = dict.fromkeys((400, 401, 403, 404, 405, 409), REFUSAL)
REFUSALS[429] = THROTTLED
