"""Names of processes: whether one can still be alive, and how it is shown to people."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from slamon.holder import is_gone, new_holder, shown

SHOW = "from slamon.holder import new_holder; print(new_holder(), flush=True); input()"


def test_a_process_is_gone_once_it_has_ended_and_not_while_it_is_stopped() -> None:
    process = subprocess.Popen([sys.executable, "-c", SHOW], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdin is not None
    holder = process.stdout.readline().strip()
    assert not is_gone(holder)
    process.send_signal(signal.SIGSTOP)
    assert not is_gone(holder)
    process.kill()
    deadline = time.monotonic() + 30
    while not is_gone(holder) and time.monotonic() < deadline:  # a zombie is gone too: nobody has waited for it yet
        time.sleep(0.01)
    assert is_gone(holder)
    process.wait()
    process.stdin.close()
    process.stdout.close()
    assert is_gone(holder)


def test_one_that_was_given_the_number_later_is_another() -> None:
    host, pid, started, machine, number = new_holder().split(" ")

    assert not is_gone(" ".join((host, pid, started, machine, number)))
    assert is_gone(" ".join((host, pid, str(int(started) + 1), machine, number)))


def test_of_other_machines_and_unknown_names_nothing_is_known() -> None:
    host, pid, started, machine, number = new_holder().split(" ")

    assert not is_gone(" ".join((host, "999999999", started, "another-boot/1", number)))
    assert not is_gone(" ".join(("elsewhere", "999999999", started, machine, number)))
    assert is_gone(" ".join((host, "999999999", started, machine, number)))
    for strange in ("", "x", "a b c d e", f"{host} {pid}"):
        assert not is_gone(strange)


def test_names_differ_within_a_process_and_people_see_host_and_number() -> None:
    one, other = new_holder(), new_holder()

    assert one != other
    assert shown(one) == f"process {os.getpid()} on {one.split(' ')[0]}"
