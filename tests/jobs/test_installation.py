"""Each installation has a name of its own, which its database keeps: no two give a mail the same Message-ID."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from slamon.jobs.installation import installation_of
from slamon.mail import message_id
from slamon.store.backup import back_up, restore
from slamon.store.migrate import open_store
from slamon.wiring import mail_domain
from tests.config.samples import good
from tests.jobs.world import at

CONFIG = good('[mail]\nhost = "smtp.example.org"\nsender = "slamon@msp.example"\n')


def domain_at(url: str) -> str:
    with closing(open_store(url)) as store:
        return mail_domain(CONFIG, store)


def test_two_installations_of_the_same_names_make_message_ids_of_their_own(tmp_path: Path) -> None:
    here, there = (f"sqlite:///{tmp_path / name}.db" for name in ("here", "there"))

    assert domain_at(here) != domain_at(there)
    assert domain_at(here) == domain_at(here)  # also at the next start
    one, other = (message_id("main/1/resolve/breached/1", "a@b.test", domain_at(url)) for url in (here, there))
    assert one != other
    assert one.endswith(".msp.example>")


def test_a_restored_backup_makes_the_same_mails_under_the_same_ids(tmp_path: Path) -> None:
    here, there = (f"sqlite:///{tmp_path / name}.db" for name in ("here", "there"))
    domain = domain_at(here)
    back_up(here, tmp_path / "backup", made_at=at("10:00"))
    domain_at(there)

    restore(there, tmp_path / "backup", now=at("11:00"), force=True)

    assert domain_at(there) == domain


def test_two_daemons_that_start_at_once_settle_on_one_name(tmp_path: Path) -> None:
    with closing(open_store(f"sqlite:///{tmp_path / 'here'}.db")) as store:
        for name in ("ffff", "aaaa"):  # as if each had looked before the other wrote
            store.claim_run("installed", name, at("10:00"))

        assert installation_of(store, at("12:00")) == "aaaa"
