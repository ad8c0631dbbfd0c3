"""Secrets are found by key, by value and by form, wherever they hide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from slamon.redact import MASK, forget_secrets, is_secret_key, redact, redact_text, register_secret


@pytest.fixture(autouse=True)
def clean_slate() -> Iterator[None]:
    forget_secrets()
    yield
    forget_secrets()


@pytest.mark.parametrize(
    "key",
    ["password", "smtp_password", "private_key", "privateKey", "Authorization", "api_key", "client_secret", "TOKEN"],
)
def test_values_under_such_keys_are_never_shown(key: str) -> None:
    assert is_secret_key(key)
    assert redact({"a": [{key: "canary"}]}) == {"a": [{key: MASK}]}


@pytest.mark.parametrize("key", ["private_key_file", "public_key", "client_id", "key", "passed", "username"])
def test_values_under_other_keys_are(key: str) -> None:
    assert redact({key: "shown"}) == {key: "shown"}


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://slamon:canary@db/slamon",
        "postgresql://slamon:can@ry:canary@db/slamon",
        "Authorization: Basic Y2FuYXJ5OmNhbmFyeQ==canary",
        "bearer canary.canary.canary",
        "connect(host='h', password='canary')",
        "host=h password=canary dbname=d",
        '{"private_key": "canary"}',
    ],
)
def test_known_forms_are_masked_though_the_value_is_not_known(text: str) -> None:
    assert MASK in redact_text(text)
    assert "canary" not in redact_text(text)


@pytest.mark.parametrize(
    "form",
    [
        "before {} after",
        "{}{}",
        "postgresql://u@h?x={}",
    ],
)
def test_a_registered_value_is_masked_anywhere(form: str) -> None:
    register_secret("c@nary/+ 1")

    assert "nary" not in redact_text(form.format("c@nary/+ 1", "c@nary/+ 1"))


def test_a_registered_value_is_masked_in_the_forms_it_travels_in() -> None:
    register_secret('c@n"ary\\ é')

    for form in ("c%40n%22ary%5C%20%C3%A9", "c%40n%22ary%5C+%C3%A9", 'c@n\\"ary\\\\ \\u00e9', repr('c@n"ary\\ é')):
        assert "ary" not in redact_text(form), form


def test_the_longer_of_two_secrets_goes_first() -> None:
    register_secret("canary")
    register_secret("canary-and-more")

    assert redact_text("canary-and-more") == MASK


def test_very_short_values_are_not_hunted_in_texts() -> None:
    register_secret("a")
    register_secret("")

    assert redact_text("a banana") == "a banana"


def test_every_container_and_object_is_searched() -> None:
    register_secret("canary")

    class Holder:
        def __repr__(self) -> str:
            return "Holder(canary)"

    class Broken:
        def __repr__(self) -> str:
            raise ValueError("canary")

    value = {"canary": ("x canary", {"y canary"}, [b"canary", Holder(), Broken(), ValueError("canary")])}

    assert "canary" not in str(redact(value))
    assert redact(value) == {
        MASK: [
            f"x {MASK}",
            [f"y {MASK}"],
            [f"b'{MASK}'", f"Holder({MASK})", "<Broken without text: ValueError>", f"ValueError('{MASK}')"],
        ]
    }


def test_plain_values_stay_and_what_json_cannot_say_becomes_text() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)

    assert redact([1, True, None, 0.5, at]) == [1, True, None, 0.5, "2026-01-01T00:00:00+00:00"]
    assert redact([float("nan"), float("inf")]) == ["nan", "inf"]


def test_a_value_that_holds_itself_comes_to_an_end() -> None:
    loop: list[object] = []
    loop.append(loop)

    assert "..." in str(redact(loop))
