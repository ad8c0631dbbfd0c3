"""Links lead somewhere, printed settings load, printed Prometheus files are accepted."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest

from slamon.config import parse_config
from tests.docs.pages import ROOT, Block, anchors, blocks, pages, prose
from tests.tools import program

TENANT = """
[tenant.main]
url = "https://psa.example.org"
company = "training"
public_key = "public"
client_id = "8c1d"
"""
TOML = blocks("toml")
YAML = blocks("yaml")


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_resolves(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = unquote(target).partition("#")
        goal = (page.parent / path).resolve() if path else page
        assert goal.exists(), target
        if anchor:
            assert anchor in anchors(goal), target


def test_every_page_of_the_docs_can_be_reached_from_the_readme() -> None:
    seen, ahead = set[Path](), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        links = re.findall(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)", prose(page))
        ahead += [(page.parent / link).resolve() for link in links]

    assert set(pages()) <= seen


@pytest.mark.parametrize("block", TOML, ids=str)
def test_printed_settings_load(block: Block) -> None:
    """A block without a tenant is a part of a file; secrets come from the environment."""
    whole = re.search(r"^\[tenant\.[a-z-]+\]$", block.text, re.MULTILINE) is not None
    text = block.text if whole else TENANT + block.text
    name = "TRIAL" if "[tenant.trial]" in text else "MAIN"
    document = tomllib.loads(text)
    environ = {f"SLAMON_TENANT__{name}__PRIVATE_KEY": "a secret"}
    if "password_file" in document.get("mail", {}):
        environ["SLAMON_MAIL__PASSWORD"] = "another"
    if "ping_url_file" in document.get("canary", {}):
        environ["SLAMON_CANARY__PING_URL"] = "https://hc-ping.example.org/fourth"
    if "url_file" in document.get("store", {}):
        environ["SLAMON_STORE__URL"] = "postgresql://slamon:third@db.example.org/slamon"
    for channel, settings in document.get("channel", {}).items():
        for key in (key.removesuffix("_file") for key in settings if key.endswith("_file") and key != "ca_file"):
            secret = "json://hooks.example.org/fifth" if key == "url" else "sixth"
            environ[f"SLAMON_CHANNEL__{channel.upper()}__{key.upper()}"] = secret

    config = parse_config(text, environ)

    assert [line for line in config.warnings if not line.startswith(("mail", "alerts", "reports"))] == []


def test_a_whole_file_is_printed_where_one_is_promised() -> None:
    whole = {block.page.name for block in TOML if "[tenant." in block.text}

    assert whole >= {"settings.md", "quickstart.md", "connectwise.md"}


@pytest.mark.parametrize("block", YAML, ids=str)
def test_printed_prometheus_files_are_accepted(block: Block, tmp_path: Path) -> None:
    (tmp_path / "file.yml").write_text(block.text)
    kind = "rules" if block.text.startswith("groups:") else "config"

    done = subprocess.run(
        [program("promtool"), "check", kind, str(tmp_path / "file.yml")], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_decisions_are_numbered_without_a_gap_and_say_context_decision_consequences() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("0*.md"))

    for number, page in enumerate(decisions, 1):
        text = page.read_text("utf-8")
        assert page.name.startswith(f"{number:04}-")
        assert text.startswith(f"# {number}. ")
        assert [f"**{word}.**" in text for word in ("Context", "Decision", "Consequences")] == [True] * 3
