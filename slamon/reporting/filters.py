"""The filters that mails and pages share: durations and instants in words, and text made fit for one line."""

from __future__ import annotations

from slamon.clean import clean_line
from slamon.reporting import words

FILTERS = {
    "business_time": words.business_time,
    "wall_time": words.wall_time,
    "local_instant": words.local_instant,
    "utc_instant": words.utc_instant,
    "both_instants": words.both_instants,
    "short_instant": words.short_instant,
    "short_span": words.short_span,
    "plural": words.plural,
    "line": clean_line,
}
