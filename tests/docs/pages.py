"""The markdown of the repository: pages, sections, tables, code blocks and links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `line` is where it begins, to name it in a failure."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Return every markdown file that people read."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def blocks(language: str) -> list[Block]:
    """Return the blocks of one language on all pages."""
    found = []
    for page in pages():
        text = page.read_text("utf-8")
        for match in _FENCE.finditer(text):
            if match[2] == language:
                body = re.sub(rf"^{match[1]}", "", match[3], flags=re.MULTILINE)
                found.append(Block(page, text.count("\n", 0, match.start()) + 1, language, body))
    return found


def prose(page: Path) -> str:
    """Return the text of *page* without its code blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def sections(page: Path) -> dict[str, str]:
    """Return the text under each heading, up to the next one of any depth."""
    parts = _HEADING.split(prose(page))
    return dict(zip(parts[2::3], parts[3::3], strict=True))


def rows(text: str) -> dict[str, list[str]]:
    """Return the rows of the tables in *text* whose first cell is code, by that code: the other cells, stripped."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells and (match := re.fullmatch(r"`([^`]+)`", cells[0])):
            found[match[1]] = cells[1:]
    return found


def codes(text: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


def anchors(page: Path) -> set[str]:
    """Return the anchors that headings of *page* give, as GitHub makes them."""
    return {slug(heading) for _, heading in _HEADING.findall(prose(page))}


def slug(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.replace(" ", "-")
