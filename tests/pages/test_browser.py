"""The list in a real browser: htmx runs under the policy of the page, and brings what is new."""

from __future__ import annotations

import re
import subprocess
from html import unescape
from pathlib import Path

import httpx
import pytest

from tests import tools
from tests.pages.browser import browser
from tests.pages.conftest import Cottage, Visit


def test_an_open_page_keeps_itself_up_to_date(
    house: Cottage, visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slamon.pages.desk.FRESH_SECONDS", 0.0)  # each request begins another reading
    monkeypatch.setattr("slamon.pages.desk.SHARE", 0)
    client: httpx.Client = visit(house)
    command = [tools.program("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    command += ["--no-first-run", f"--user-data-dir={tmp_path / 'profile'}", "--window-size=400,900"]
    command += ["--virtual-time-budget=30000", "--enable-logging=stderr", "--dump-dom"]

    done = subprocess.run(
        [*command, f"{client.base_url}/?stage=plan"], capture_output=True, text=True, timeout=300, check=True
    )

    assert "Content Security Policy" not in done.stderr
    page = unescape(done.stdout)
    seen = re.search(r'"seen": "(\d+)"', page)
    assert seen is not None
    assert int(seen[1]) > 1, "the list was asked for again by the page, and put in place"
    assert [int(number) for number in re.findall(r'href="tickets/main/(\d+)"', page)] == [2, 5, 4]
    assert page.count("<section") == 1


def test_a_form_is_filled_in_and_pressed_and_what_was_said_stands_on_the_page(
    house: Cottage, visit: Visit, tmp_path: Path
) -> None:
    client: httpx.Client = visit(house)
    with browser(tmp_path) as chromium:
        chromium.open(f"{client.base_url}/tickets/main/2")
        chromium.click("document.querySelector('details summary')")
        chromium.click("document.querySelector('form.hand input[name=by]')")
        chromium.type("ann")
        chromium.click("document.querySelector('details form.hand button')")
        said = "document.body.innerText.match(/acknowledged by ann/g)?.length"
        chromium.wait_for(f"{said} === 2")  # of plan and of resolve
        chromium.click("[...document.querySelectorAll('button')].find(b => b.innerText === 'Take it back')")
        chromium.wait_for(f"{said} === 1")


def test_no_page_is_wider_than_its_window(house: Cottage, visit: Visit, tmp_path: Path) -> None:
    client: httpx.Client = visit(house)
    with browser(tmp_path) as chromium:
        for path in ("/", "/tickets/main/4", "/health"):
            for width in (360, 768, 897, 1000, 1280, 1600):
                chromium.open(f"{client.base_url}{path}", width=width)
                assert chromium.read("document.documentElement.scrollWidth") <= width, (path, width)
