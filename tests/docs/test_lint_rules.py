"""docs/how-to/check.md names every rule of the lint, and no other."""

from __future__ import annotations

from slamon.core.lint import RULES, Severity
from tests.docs.pages import ROOT, rows, sections

PAGE = ROOT / "docs" / "how-to" / "check.md"


def test_every_rule_has_a_row_in_order_and_no_other_has() -> None:
    documented = rows(sections(PAGE)["Rules"])

    assert list(documented) == [rule.name for rule in RULES]
    for name, (severities, found_when) in documented.items():
        assert {word.strip() for word in severities.split(",")} <= set(Severity), name
        assert found_when, name
