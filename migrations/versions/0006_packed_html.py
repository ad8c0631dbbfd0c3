"""The HTML of mails stands packed: it took nine tenths of the room on SQLite."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLE = "notifications"
AT_ONCE = 500  # messages in memory


def upgrade() -> None:
    _alter(sa.Text(), sa.LargeBinary(), "bytea USING convert_to(html, 'UTF8')")
    _rewrite(zlib.compress)


def downgrade() -> None:
    _rewrite(zlib.decompress)
    _alter(sa.LargeBinary(), sa.Text(), "text USING convert_from(html, 'UTF8')")


def _alter(old: sa.Text | sa.LargeBinary, new: sa.Text | sa.LargeBinary, postgres: str) -> None:
    """Change the column's type: its bytes stay, the UTF-8 of its text."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {TABLE} ALTER COLUMN html TYPE {postgres}")
        return
    with op.batch_alter_table(TABLE, table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("html", existing_type=old, type_=new, existing_nullable=False)
        batch.alter_column("error", server_default="")  # read back by Alembic, it would come out as ('')


def _rewrite(change: Callable[[bytes], bytes]) -> None:
    """Put what *change* makes of it in the place of every message's HTML."""
    connection, last = op.get_bind(), 0
    some = sa.text(f"SELECT id, html FROM {TABLE} WHERE id > :last ORDER BY id LIMIT :most")  # noqa: S608
    put = sa.text(f"UPDATE {TABLE} SET html = :html WHERE id = :id")  # noqa: S608
    while rows := connection.execute(some, {"last": last, "most": AT_ONCE}).all():
        connection.execute(put, [{"id": number, "html": change(html)} for number, html in rows])
        last = rows[-1][0]
