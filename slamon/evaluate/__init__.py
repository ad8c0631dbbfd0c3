"""Questions about calendars and clocks, answered from one JSON document alone."""

from slamon.evaluate.document import answer_document, read_document

__all__ = ["answer_document", "read_document"]
