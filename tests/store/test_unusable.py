"""Every command on every database that cannot be used: one line that says what to do, a status, and nothing changed."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from slamon.store.backup import back_up
from slamon.store.migrate import HEAD, open_store
from slamon.store.schema_guard import VERSION_TABLE

from .filled import fill
from .samples import NOW
from .test_migrate import execute
from .unusable import COMMANDS, LOOKING, slamon

Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database as it should be, and a backup of it."""
    folder = tmp_path_factory.mktemp("sound")
    url = f"sqlite:///{folder / 'slamon.db'}"
    with closing(open_store(url)) as store:
        fill(store)
    back_up(url, folder / "sound.slamon", made_at=NOW)
    return folder


@pytest.fixture
def run(tmp_path: Path, sound: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    (tmp_path / "sound.slamon").write_bytes((sound / "sound.slamon").read_bytes())

    def command(url: str, *arguments: str) -> tuple[int, str]:
        return slamon(tmp_path, url, *arguments, monkeypatch=monkeypatch, capsys=capsys)

    return command


def is_one_line(said: str) -> bool:
    return said.startswith("slamon: ") and said.count("\n") == 1 and "Traceback" not in said


# --- SQLite ---------------------------------------------------------------------------------------


def text(path: Path) -> None:
    path.write_text("dear diary, " * 200)


def broken_header(path: Path) -> None:
    path.write_bytes(b"\xff" * 100 + path.read_bytes()[100:])


def broken_pages(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:6000])


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE invoices (id INTEGER)")


def future(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")


def half_written(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("DROP TABLE transitions")


SPOILED: dict[Callable[[Path], None], str] = {
    text: "not a database; name another file, or restore a backup",
    broken_header: "not a database; name another file, or restore a backup",
    broken_pages: "the file or its disk is damaged: if it stays so, restore a backup",
    truncated: "the file or its disk is damaged: if it stays so, restore a backup",
    foreign: "holds the tables of another application; give slamon a database",
    future: "is of a newer slamon, this one knows",
    half_written: "are missing; restore a backup",
}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("spoil", SPOILED, ids=lambda each: each.__name__)
def test_a_file_that_cannot_be_used(
    sound: Path, tmp_path: Path, run: Run, spoil: Callable[[Path], None], command: tuple[str, ...]
) -> None:
    path = tmp_path / "slamon.db"
    path.write_bytes((sound / "slamon.db").read_bytes())
    spoil(path)
    before = path.read_bytes()

    status, said = run(f"sqlite:///{path}", *command)

    assert status == 78, said
    assert is_one_line(said), said
    assert SPOILED[spoil] in said
    assert str(path) in said
    assert path.read_bytes() == before
    assert not (tmp_path / "copy.slamon").exists()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("where", ["missing/slamon.db", ""])
def test_a_place_where_no_file_can_be(tmp_path: Path, run: Run, where: str, command: tuple[str, ...]) -> None:
    status, said = run(f"sqlite:///{tmp_path}/{where}", *command)

    assert status == 78, said
    assert is_one_line(said), said
    assert str(tmp_path) in said
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("command", LOOKING, ids=" ".join)
@pytest.mark.parametrize("empty", ["absent", "without bytes"])
def test_nothing_there_yet(tmp_path: Path, run: Run, empty: str, command: tuple[str, ...]) -> None:
    path = tmp_path / "slamon.db"
    if empty != "absent":
        path.touch()

    status, said = run(f"sqlite:///{path}", *command)

    assert (status, is_one_line(said)) == (78, True), said
    assert "nothing is stored yet" in said
    assert path.exists() == (empty != "absent")
    assert empty == "absent" or path.read_bytes() == b""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="slamon-rights-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.mark.parametrize(
    "command", [("poll",), ("db", "downgrade", "0001"), ("db", "restore", "sound.slamon", "--force")]
)
@pytest.mark.parametrize("what", ["file", "folder", "unreadable"])
def test_what_may_not_be_written(
    open_folder: Path,
    sound: Path,
    what: str,
    command: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = open_folder / "slamon.db"
    (open_folder / "sound.slamon").write_bytes((sound / "sound.slamon").read_bytes())
    whole = (sound / "slamon.db").read_bytes()

    def run() -> tuple[int, str]:
        path.write_bytes(whole)
        path.chmod({"file": 0o444, "folder": 0o666, "unreadable": 0o000}[what])
        open_folder.chmod(0o555 if what == "folder" else 0o777)
        try:
            return slamon(
                open_folder, f"sqlite:///{path}", *command, monkeypatch=monkeypatch, capsys=capsys, rights=rights
            )
        finally:
            open_folder.chmod(0o777)
            path.chmod(0o644)

    rights = True
    run()  # what is imported at use is imported by now: nobody may not be able to read it
    rights = False
    status, said = run()

    assert status == 78, said
    assert is_one_line(said), said
    assert "may write" in said or "write the file and its folder" in said
    assert path.read_bytes() == whole


# --- Postgres -------------------------------------------------------------------------------------

ON_POSTGRES = (("status",), ("poll",), ("run",), ("db", "upgrade"), ("db", "backup", "copy.slamon"), ("db", "status"))
SECRET = "hunter2-canary"


@pytest.mark.parametrize("command", ON_POSTGRES, ids=" ".join)
@pytest.mark.parametrize(
    ("who", "where", "says"),
    [
        ("nobody", "postgres", 'role "nobody" does not exist; create it, or name another'),
        ("postgres", "nowhere", 'database "nowhere" does not exist; create it, or name another'),
        ("locked", "postgres", 'password authentication failed for user "locked"; check user and password'),
    ],
)
def test_a_postgres_that_refuses(
    with_password: str, run: Run, who: str, where: str, says: str, command: tuple[str, ...]
) -> None:
    url = with_password.replace("postgres:@/postgres?", f"{who}:{SECRET}@/{where}?")

    status, said = run(url, *command)

    assert status == 78, said
    assert is_one_line(said), said
    assert says in said
    assert SECRET not in said


@pytest.fixture
def with_password(postgres_server: str) -> str:
    """The server, which takes the role `locked` with its password only."""
    hba = Path(execute(postgres_server, "SHOW hba_file")[0][0])
    rules = hba.read_text()
    if "locked" not in rules:
        execute(postgres_server, "CREATE ROLE locked LOGIN PASSWORD 'right'")
        hba.write_text(f"local all locked scram-sha-256\n{rules}")
        execute(postgres_server, "SELECT pg_reload_conf()")
    return postgres_server


@pytest.mark.parametrize("command", ON_POSTGRES, ids=" ".join)
@pytest.mark.parametrize("host", ["127.0.0.1:9", "nowhere.invalid"])
def test_a_postgres_that_does_not_answer_may_later(run: Run, host: str, command: tuple[str, ...]) -> None:
    status, said = run(f"postgresql://slamon:{SECRET}@{host}/slamon?sslmode=verify-full", *command)

    assert status == 75, said
    assert is_one_line(said), said
    assert SECRET not in said


@pytest.mark.parametrize("command", ON_POSTGRES, ids=" ".join)
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ("CREATE TABLE invoices (id INTEGER)", "another application"),
        (f"CREATE TABLE {VERSION_TABLE} AS SELECT '9999' AS version_num", "newer slamon"),
        (f"CREATE TABLE {VERSION_TABLE} AS SELECT '{HEAD}' AS version_num", "restore a backup"),
    ],
    ids=["foreign", "future", "half-written"],
)
def test_a_postgres_database_that_is_not_ours(
    postgres_url: str, run: Run, spoil: str, says: str, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    execute(postgres_url, spoil)
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    before = execute(postgres_url, tables)

    status, said = run(postgres_url, *command)

    assert status == 78, said
    assert command == ("db", "status") or (is_one_line(said) and says in said), said
    assert execute(postgres_url, tables) == before


@pytest.mark.parametrize(
    "command", [("poll",), ("run",), ("db", "upgrade"), ("db", "restore", "sound.slamon")], ids=" ".join
)
def test_a_role_that_may_not_create_tables(
    postgres_url: str, with_password: str, run: Run, command: tuple[str, ...]
) -> None:
    url = postgres_url.replace("postgres:@", "locked:right@")

    status, said = run(url, *command)

    assert status == 78, said
    assert is_one_line(said), said
    assert "permission denied for schema public; grant the role what it needs" in said
