"""`slamon test-channel`, with a real server behind it."""

from __future__ import annotations

from types import SimpleNamespace

from click.testing import CliRunner, Result

from slamon.cli import test_channel as command
from slamon.config import Config
from tests.channels.servers import receiving
from tests.config.samples import good
from tests.outputs.servers import closed

KEYS = {"SLAMON_CHANNEL__HOOK__SECRET": "wonderful", "SLAMON_CHANNEL__PAGER__ROUTING_KEY": "0123456789abcdef" * 2}


def run(config: Config, name: str) -> Result:
    return CliRunner().invoke(command.test_channel, [name], obj=SimpleNamespace(config=config))


def hook(url: str, more: str = "") -> Config:
    return good(
        f'[channel.hook]\nkind = "webhook"\nurl = "{url}"\n{more}', {"SLAMON_CHANNEL__HOOK__SECRET": "wonderful"}
    )


def test_a_test_event_arrives_labelled_and_is_ended_at_once() -> None:
    with receiving() as receiver:
        result = run(hook(receiver.url), "hook")

    assert (result.exit_code, result.output) == (0, "hook (webhook) took a test event\n")
    told, over = receiver.requests
    assert (told.json["kind"], told.json["ended"], over.json["ended"]["because"]) == ("test", None, "test")
    assert told.headers["x-slamon-delivery"] != over.headers["x-slamon-delivery"]
    assert told.json["key"] == over.json["key"]


def test_a_channel_that_hears_of_no_ends_gets_one_event() -> None:
    with receiving() as receiver:
        assert run(hook(receiver.url, "ended = false"), "hook").exit_code == 0

    assert len(receiver.requests) == 1


def test_a_failure_is_one_line_and_names_no_address() -> None:
    with closed() as port:
        result = run(hook(f"http://127.0.0.1:{port}/token-in-path"), "hook")

    assert result.exit_code == 1
    assert result.stderr.startswith(f"nothing was sent: 127.0.0.1:{port}: no connection")
    assert "token" not in result.output
    with receiving(None) as receiver:
        assert "may have arrived" in run(hook(receiver.url), "hook").stderr


def test_an_unknown_name_is_told_what_there_is() -> None:
    result = run(hook("https://hooks.example.org/"), "pager")

    assert result.exit_code == 2
    assert result.stderr == "channel.pager: not configured; there is: hook\n"
