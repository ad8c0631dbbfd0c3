"""The arithmetic: calendars, clocks, ledgers, transitions. No I/O; never asks what time it is."""
