"""Which file is read, and files that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from slamon.config import find_config, load_config
from slamon.errors import ConfigError
from tests.config.samples import SECRETS, TENANT


def test_the_file_named_comes_first_then_the_variable_then_the_usual_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, home = tmp_path / "here", tmp_path / "home"
    for folder in (here, home / ".config" / "slamon", tmp_path / "xdg" / "slamon"):
        folder.mkdir(parents=True)
        (folder / "slamon.toml").touch()
    monkeypatch.chdir(here)
    xdg = {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}

    assert find_config("a.toml", {"SLAMON_CONFIG": "b.toml"}) == Path("a.toml")
    assert find_config(None, {"SLAMON_CONFIG": "b.toml"}) == Path("b.toml")
    assert find_config(None, xdg) == Path("slamon.toml")
    (here / "slamon.toml").unlink()
    assert find_config(None, xdg) == tmp_path / "xdg" / "slamon" / "slamon.toml"
    assert find_config(None, {"HOME": str(home)}) == home / ".config" / "slamon" / "slamon.toml"


def test_no_file_anywhere_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load_config(None, {"XDG_CONFIG_HOME": str(tmp_path)})

    (problem,) = caught.value.problems
    assert f"{tmp_path}/slamon/slamon.toml" in problem.remedy
    assert "slamon init" in problem.remedy


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_one_problem(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(ConfigError) as caught:
        load_config(path, {})

    assert [problem.key for problem in caught.value.problems] == [str(path)]
    assert "cannot be read" in caught.value.problems[0].remedy


def test_a_file_that_is_not_utf_8_is_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "slamon.toml"
    path.write_bytes(b"# caf\xe9\n")
    with pytest.raises(ConfigError) as caught:
        load_config(path, {})

    assert [problem.key for problem in caught.value.problems] == ["byte 5"]


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "slamon.toml"
    path.write_text("\ufeff" + TENANT)

    config = load_config(str(path), SECRETS)

    assert config.path == path
    assert config.store.shown_url == f"sqlite:///{tmp_path}/slamon.db"


def test_a_certificate_file_is_found_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    path = tmp_path / "slamon.toml"
    path.write_text(TENANT + 'ca_file = "ca.pem"\n')

    assert load_config(path, SECRETS).tenant["main"].ca_file == str(tmp_path / "ca.pem")


def test_an_access_file_lies_beside_the_configuration_and_opens_the_port(tmp_path: Path) -> None:
    path = tmp_path / "slamon.toml"
    path.write_text(TENANT + '[web]\nlisten = "0.0.0.0:9850"\nconfig_file = "web.yml"\n')

    with pytest.raises(ConfigError, match=r"web\.config_file = .*: cannot be read"):
        load_config(path, SECRETS)

    (tmp_path / "web.yml").write_text("http_server_config: {headers: {X-Site: north}}\n")
    with pytest.raises(ConfigError, match="name a config_file with TLS and users"):
        load_config(path, SECRETS)
    path.write_text(path.read_text().replace("0.0.0.0", "127.0.0.1"))
    assert load_config(path, SECRETS).web.config_file == str(tmp_path / "web.yml")
