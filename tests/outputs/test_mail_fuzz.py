"""Some hundred mails of `python -m tests.faults mailfuzz`, and that it would find what it looks for."""

from __future__ import annotations

from pathlib import Path

from tests.faults.browser import find_alive
from tests.faults.mailfuzz import run

MAILS = 200


def test_hostile_texts_stop_no_mail_bring_no_header_and_nothing_alive() -> None:
    assert run(1, MAILS) == {"mails": MAILS}


def test_the_browser_finds_what_is_alive(tmp_path: Path) -> None:
    frame = "<style></style><body><table><tr><td class=summary>{}</td></tr></table>"
    bodies = ("x", "<script>1</script>", "<b onclick=1>", '<a href="javascript:1">', "y", "<textarea>")
    mails = [(frame.format(body), "x") for body in bodies]

    assert find_alive(mails, tmp_path) == {
        1: ["<script>", "summary is not shown"],
        2: ["<b>", "<b onclick>", "summary is not shown"],
        3: ["link javascript:1", "summary is not shown"],
        4: ["summary is not shown"],
        5: ["<textarea>", "summary is not shown"],
    }
