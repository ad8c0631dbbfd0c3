"""Other rules for a backtest: a part replaces what it names, a whole file all rules, and both are checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from slamon.config import Config, load_config
from slamon.config.variant import load_variant
from slamon.errors import ConfigError

WHOLE = """
[tenant.main]
url = "https://psa.example.org"
company = "training"
public_key = "k"
client_id = "i"
zone = "Europe/London"
[calendar.office]
timezone = "UTC"
hours = { mon = [["09:00", "17:00"]] }
[calendar.late]
timezone = "UTC"
hours = { mon = [["12:00", "20:00"]] }
[[status_level]]
status = "Waiting Parts"
level = "NoEscalation"
[[policy]]
name = "gold"
match = { company = ["Acme"] }
calendar = "office"
goals = { respond = 1 }
"""
ENVIRONMENT = {"SLAMON_TENANT__MAIN__PRIVATE_KEY": "the-key-of-the-test"}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "slamon.toml").write_text(WHOLE)
    return load_config(tmp_path / "slamon.toml", ENVIRONMENT)


def variant(config: Config, tmp_path: Path, text: str) -> Config:
    (tmp_path / "new.toml").write_text(text)
    return load_variant(config, tmp_path / "new.toml", ENVIRONMENT)


def test_a_part_replaces_what_it_names_and_nothing_else(config: Config, tmp_path: Path) -> None:
    found = variant(config, tmp_path, '[calendar.office]\ntimezone = "UTC"\nhours = { tue = [["09:00", "10:00"]] }\n')

    assert [policy.name for policy in found.policy] == ["gold"]
    assert found.calendars["late"] == config.calendars["late"]
    assert found.calendars["office"] != config.calendars["office"]
    assert found.status_level == config.status_level


def test_of_a_whole_file_the_rules_are_taken_and_those_it_lacks_are_none(config: Config, tmp_path: Path) -> None:
    head, _, _ = WHOLE.partition("[calendar.office]")
    found = variant(config, tmp_path, head.replace("Europe/London", "Asia/Tokyo").replace("psa.", "elsewhere."))

    assert (found.policy, found.status_level, found.calendars) == ((), (), {})
    assert found.tenant["main"].zone == "Asia/Tokyo"
    assert found.tenant["main"].url == config.tenant["main"].url


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[policy]]\nname = "x"\nmatch = {}\ncalendar = "ofice"\n', "policy[0].calendar = 'ofice': no such calendar"),
        ('[tenant.mian]\nzone = "UTC"\n', "tenant.mian: no such tenant; did you mean main?"),
        ("[[polici]]\n", "polici: unknown key; did you mean policy?"),
        ("[mail]\n", "so it holds no rules"),
        ("[[policy]\n", "line 1, column 9: not TOML"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_in_the_file(config: Config, tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        variant(config, tmp_path, text)

    assert said in str(refused.value)
    assert "new.toml" in str(refused.value)
