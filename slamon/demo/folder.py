"""The demo's folder: its configuration, database and mails. Each run starts from nothing."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from slamon.core.instants import format_instant
from slamon.errors import SlamonError

TENANT = "demo"
MARK = ".slamon-demo"
PRIVATE_KEY = "private"  # the simulator's fixed key: it opens nothing else

_CONFIG = """\
# Written by `slamon demo`; each run writes it anew.
[store]
url = "sqlite:///slamon.db"

[web]
listen = "127.0.0.1:{port}"

[mail]
host = "127.0.0.1"
port = {mail_port}
security = "none"
sender = "slamon@msp.example"

[alerts]
warn_percent = 75
recipients = ["service-desk@msp.example"]

[[report]]
name = "breaches"
kind = "breach"
cron = "30 * * * *"
zone = "America/New_York"

[[report]]
name = "weekly"
kind = "weekly"
cron = "30 * * * *"  # once for each week, whenever this comes first
zone = "America/New_York"
formats = ["html"]

[tenant.{tenant}]
url = "{source}"
company = "training"
public_key = "public"
client_id = "00000000-0000-0000-0000-000000000000"
private_key_file = "private_key"
poll_seconds = {poll_seconds}
requests_per_minute = 60000  # a simulated day passes in seconds

[simulation]
speed = {speed}
anchor = "{anchor}"
starts_at = "{starts_at}"
"""


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Paths of one demo. Only what the demo itself makes is ever removed."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "slamon.toml"

    @property
    def database(self) -> Path:
        return self.path / "slamon.db"

    @property
    def mails(self) -> Path:
        return self.path / "mails"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.txt"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other demos out of the folder: one that began here would empty it under this one.

        Raises:
            SlamonError: A demo runs in it, or it holds something that no demo made.
        """
        self._mark()
        with (self.path / MARK).open("w") as mark:
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SlamonError(f"a demo runs in {self.path}; end it, or name another folder with --dir") from None
            yield

    def clear(self) -> None:
        """Empty the folder of an earlier demo.

        Raises:
            SlamonError: It holds something that no demo made.
        """
        self._mark()
        for file in (self.config, self.metrics, self.path / "private_key", *self.path.glob("slamon.db*")):
            file.unlink(missing_ok=True)
        shutil.rmtree(self.mails, ignore_errors=True)
        self.mails.mkdir()

    def _mark(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        if any(self.path.iterdir()) and not (self.path / MARK).exists():
            raise SlamonError(f"{self.path} is not empty and not a demo's folder; name another one with --dir")
        (self.path / MARK).touch()

    def write_config(
        self,
        *,
        source: str,
        mail_port: int,
        port: int,
        speed: float,
        anchor: datetime,
        starts_at: datetime,
        poll_seconds: int,
    ) -> None:
        """Write slamon.toml and the simulator's key beside it."""
        key = self.path / "private_key"
        key.write_text(PRIVATE_KEY + "\n")
        key.chmod(0o600)
        self.config.write_text(
            _CONFIG.format(
                tenant=TENANT,
                source=source,
                mail_port=mail_port,
                port=port,
                speed=speed,
                anchor=anchor.isoformat(),
                starts_at=format_instant(starts_at),
                poll_seconds=poll_seconds,
            )
        )


def working_day(now: datetime) -> datetime:
    """Return the last instant up to *now* that is 13:30 UTC on a weekday: the desks of both coasts are at work then."""
    start = now.replace(hour=13, minute=30, second=0, microsecond=0)
    while start > now or start.weekday() > 4:
        start -= timedelta(days=1)
    return start
