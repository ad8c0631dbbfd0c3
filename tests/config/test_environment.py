"""Environment over _FILE over TOML; secrets from the environment and from files only."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from pydantic import BaseModel

from slamon.config import Config, parse_config
from slamon.config.environment import REAL_FILE_KEYS
from slamon.config.problems import model_at
from slamon.errors import ConfigError
from tests.config.samples import CANARY, TENANT, good, only, refused


def secret_file(folder: Path, text: str = f"{CANARY}\n", name: str = "key") -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_the_environment_wins_over_the_file_key_by_key() -> None:
    config = good(
        "[web]\nlisten = '127.0.0.1:1'\nbase_url = 'https://a.example.org'\n",
        {"SLAMON_WEB__LISTEN": "127.0.0.1:2", "SLAMON_TENANT__MAIN__POLL_SECONDS": "7"},
    )

    assert (config.web.port, config.web.base_url) == (2, "https://a.example.org")
    assert (config.tenant["main"].poll_seconds, config.tenant["main"].company) == (7, "training")


def test_lists_and_tables_in_the_environment_are_json() -> None:
    config = good(
        "",
        {
            "SLAMON_ALERTS__RECIPIENTS": '["a@b.test", "c@d.test"]',
            "SLAMON_POLICY": '[{"name": "p", "match": {"board": [1]}, "goals": {"respond": 1}}]',
        },
    )

    assert config.alerts.recipients == ("a@b.test", "c@d.test")
    assert config.policy[0].name == "p"


def test_an_empty_variable_is_not_set_and_those_of_others_are_left_alone() -> None:
    others = {
        "SLAMON_PORT": "tcp://10.0.0.1:80",
        "SLAMON_SERVICE_HOST": "10.0.0.1",
        "SLAMON_CONFIG": "/x",
        "PATH": "/bin",
    }
    config = good("", {"SLAMON_WEB__LISTEN": "", **others})

    assert config.web.listen == "127.0.0.1:9850"


def test_a_name_with_a_hyphen_is_written_with_an_underscore() -> None:
    config = parse_config(
        TENANT.replace("main", "acme-uk"),
        {"SLAMON_TENANT__ACME_UK__PRIVATE_KEY": CANARY},
    )

    assert config.tenant["acme-uk"].private_key.get_secret_value() == CANARY


def test_a_tenant_may_come_from_the_environment_alone() -> None:
    names = {"URL": "https://p.example.org", "COMPANY": "c", "PUBLIC_KEY": "p", "PRIVATE_KEY": "s", "CLIENT_ID": "i"}
    config = parse_config("", {f"SLAMON_TENANT__ACME_UK__{name}": value for name, value in names.items()})

    assert list(config.tenant) == ["acme-uk"]


def test_a_variable_of_a_misspelt_tenant_is_refused_by_name() -> None:
    problem = only("", {"SLAMON_TENANT__MIAN__URL": "https://x.example.org"})

    assert problem.key == "tenant.mian"
    assert "SLAMON_TENANT__MIAN__URL" in problem.remedy
    assert "did you mean main?" in problem.remedy


def test_problems_of_variables_name_the_variable() -> None:
    problems = refused("", {"SLAMON_WEB__LISTEN": "nowhere", "SLAMON_STOER__URL": "sqlite://"})

    assert [problem.key for problem in problems] == ["stoer", "web.listen"]
    assert problems[0].remedy.endswith("(set by SLAMON_STOER__URL)")
    assert problems[1].remedy.endswith("(set by SLAMON_WEB__LISTEN)")


def test_a_secret_may_come_from_a_file_named_in_the_environment(tmp_path: Path) -> None:
    variable = "SLAMON_TENANT__MAIN__PRIVATE_KEY_FILE"
    config = parse_config(TENANT, {variable: str(secret_file(tmp_path, " two words \r\n"))})

    assert config.tenant["main"].private_key.get_secret_value() == " two words "


def test_a_secret_may_come_from_a_file_named_in_toml_beside_it(tmp_path: Path) -> None:
    secret_file(tmp_path)
    secret_file(tmp_path, "postgresql://u:canary-db@h/d\n", "url")
    text = TENANT + 'private_key_file = "key"\n[store]\nurl_file = "url"\n'

    config = parse_config(text, {}, path=tmp_path / "slamon.toml")

    assert config.tenant["main"].private_key.get_secret_value() == CANARY
    assert config.store.url.get_secret_value() == "postgresql://u:canary-db@h/d"
    assert config.store.shown_url == "postgresql://u:********@h/d"


def test_the_order_is_environment_then_file_variable_then_toml(tmp_path: Path) -> None:
    secret_file(tmp_path, "of-toml", "toml")
    named = {"SLAMON_TENANT__MAIN__PRIVATE_KEY_FILE": str(secret_file(tmp_path, "of-variable", "variable"))}
    text = TENANT + f'private_key_file = "{tmp_path}/toml"\n'

    def key(environ: dict[str, str]) -> str:
        return parse_config(text, environ).tenant["main"].private_key.get_secret_value()

    assert key({}) == "of-toml"
    assert key(named) == "of-variable"
    assert key({"SLAMON_TENANT__MAIN__PRIVATE_KEY": "of-environment"}) == "of-environment"


def test_a_file_overridden_by_the_environment_need_not_be_there() -> None:
    assert good('private_key_file = "/nowhere"\n').tenant["main"].private_key.get_secret_value() == CANARY


def test_a_variable_and_its_file_together_are_refused() -> None:
    problem = only("", {"SLAMON_TENANT__MAIN__PRIVATE_KEY_FILE": "/run/key"})

    assert problem.key == "tenant.main.private_key"
    assert "not both" in problem.remedy


def test_any_setting_may_come_from_a_file(tmp_path: Path) -> None:
    config = good("", {"SLAMON_WEB__LISTEN_FILE": str(secret_file(tmp_path, "127.0.0.1:3\n"))})

    assert config.web.port == 3


@pytest.mark.parametrize(("content", "remedy"), [(None, "cannot be read"), ("\n", "is empty"), (b"\xff", "UTF-8")])
def test_an_unusable_secret_file_is_one_problem(tmp_path: Path, content: str | bytes | None, remedy: str) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as caught:
        parse_config(TENANT + f'private_key_file = "{path}"\n', {})

    (problem,) = caught.value.problems
    assert (problem.key, problem.value) == ("tenant.main.private_key_file", repr(str(path)))
    assert remedy in problem.remedy


def test_a_secret_file_that_everybody_can_read_is_a_warning(tmp_path: Path) -> None:
    path = secret_file(tmp_path)
    text = TENANT + f'private_key_file = "{path}"\n'
    path.chmod(0o644)
    assert any("chmod 600" in line for line in parse_config(text, {}).warnings)

    path.chmod(0o640)
    assert not any("chmod 600" in line for line in parse_config(text, {}).warnings)


@pytest.mark.parametrize(
    ("text", "key", "variable"),
    [
        ('private_key = "canary-1"\n', "tenant.main.private_key", "SLAMON_TENANT__MAIN__PRIVATE_KEY"),
        ('[mail]\nhost = "h"\nusername = "u"\npassword = "canary-2"\n', "mail.password", "SLAMON_MAIL__PASSWORD"),
        ('[store]\nurl = "postgresql://u:canary-3@h/d"\n', "store.url", "SLAMON_STORE__URL"),
        ('[store]\nurl = "postgresql://h/d?password=canary-4"\n', "store.url", "SLAMON_STORE__URL"),
    ],
)
def test_a_secret_written_into_the_file_is_refused_and_not_repeated(text: str, key: str, variable: str) -> None:
    environ = {"SLAMON_TENANT__MAIN__PRIVATE_KEY": CANARY}
    with pytest.raises(ConfigError) as caught:
        parse_config(TENANT + text, environ)

    (problem,) = caught.value.problems
    assert (problem.key, problem.value) == (key, "********")
    assert variable in problem.remedy
    assert "_file" in problem.remedy
    assert "canary" not in str(caught.value)


def test_a_missing_secret_is_said_with_the_ways_to_give_it() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(TENANT, {})

    (problem,) = caught.value.problems
    assert problem.key == "tenant.main.private_key"
    for way in ("SLAMON_TENANT__MAIN__PRIVATE_KEY ", "SLAMON_TENANT__MAIN__PRIVATE_KEY_FILE", "private_key_file"):
        assert way in problem.remedy


def test_no_error_repeats_a_secret_under_a_misspelt_or_misplaced_key() -> None:
    problems = refused(
        'private_keyy = "canary-a"\npasswrd = "canary-b"\nboards = [{x = "canary-c"}]\n'
        '[mail]\nhost = "h"\nport = {x = "canary-d"}\n',
        {"SLAMON_MAIL__PASSWORD": '["canary-e"]', "SLAMON_STORE__URL": "mysql://u:canary-f@h/d"},
    )

    assert len(problems) == 6
    assert "canary" not in "\n".join(map(str, problems))


def test_a_secret_that_looks_like_json_stays_a_text() -> None:
    config = parse_config(TENANT, {"SLAMON_TENANT__MAIN__PRIVATE_KEY": '{"a": 1}'})

    assert config.tenant["main"].private_key.get_secret_value() == '{"a": 1}'


def test_the_debug_log_of_the_settings_library_holds_no_secret(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PYDANTIC_SETTINGS_DEBUG", "1")
    with caplog.at_level(logging.DEBUG, logger="pydantic_settings"):
        good("", {"SLAMON_STORE__URL": "postgresql://u:canary-db@h/d"})

    assert "psa.example.org" in caplog.text
    assert "canary" not in caplog.text


def test_a_chained_exception_holds_no_secret() -> None:
    with pytest.raises(ConfigError) as caught:
        good("[web]\nx = 1\n")

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or CANARY not in repr(caught.value.__context__)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("sqlite:///slamon.db", "sqlite:////etc/slamon/slamon.db"),
        ("sqlite:///data/a.db?timeout=5", "sqlite:////etc/slamon/data/a.db?timeout=5"),
        ("sqlite:////var/lib/slamon.db", "sqlite:////var/lib/slamon.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_a_relative_database_lies_beside_the_configuration(given: str, kept: str) -> None:
    path = Path("/etc/slamon/slamon.toml")
    for text, environ in ((f"[store]\nurl = '{given}'\n", {}), ("", {"SLAMON_STORE__URL": given})):
        config = parse_config(TENANT + text, {"SLAMON_TENANT__MAIN__PRIVATE_KEY": "k", **environ}, path=path)
        assert config.store.url.get_secret_value() == kept


def test_the_default_database_lies_beside_the_configuration_too() -> None:
    config = parse_config(TENANT, {"SLAMON_TENANT__MAIN__PRIVATE_KEY": "k"}, path=Path("/srv/slamon.toml"))

    assert config.store.shown_url == "sqlite:////srv/slamon.db"


def test_only_the_settings_named_so_end_in_file() -> None:
    def names(model: type[BaseModel]) -> set[str]:
        found = {name for name in model.model_fields if name.endswith("_file")}
        for name in model.model_fields:
            for path in ((name,), (name, "x"), (name, 0)):
                inner = model_at(model, path)
                found |= names(inner) if inner else set()
        return found

    assert names(Config) == set(REAL_FILE_KEYS)
