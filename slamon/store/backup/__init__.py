"""Backups: one file of one form for SQLite and Postgres, made of a database in use and put back whole."""

from slamon.store.backup.form import Backup, read_backup
from slamon.store.backup.make import back_up
from slamon.store.backup.restore import restore

__all__ = ["Backup", "back_up", "read_backup", "restore"]
