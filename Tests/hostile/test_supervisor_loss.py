"""The supervisor or the launcher is killed; a planned restart; a stop."""

import os
import signal
import time

import pytest

from bed import Carpd, Prober, example, example_pair, processes, wait_until

from test_engine_loss import ADDRESSES, undisturbed


def kill_supervisor(daemon):
    """SIGKILL to the supervisor alone; the others must go by themselves. Returns the time."""
    children = daemon.children()
    killed = time.monotonic()
    os.kill(daemon.process.pid, signal.SIGKILL)
    daemon.process.wait(2)
    wait_until(lambda: not any(processes.alive(child.pid) for child in children), 1,
               lambda: f"left: {[processes.status(child.pid) for child in children]}", interval=0.005)
    assert time.monotonic() - killed < 0.5
    return killed


@pytest.mark.measures
@pytest.mark.parametrize("mac", ["virtual", "interface"])
@pytest.mark.parametrize("stopped", [None, "engine", "auditor"])
def test_children_go_with_it(abc, mac, stopped):
    a, _, _ = abc
    daemon = Carpd(a, example(0, mac=mac))
    daemon.wait_state("MASTER", 1)
    if stopped:
        os.kill(daemon.child(stopped).pid, signal.SIGSTOP)
    kill_supervisor(daemon)


@pytest.mark.measures
@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_restart_within_the_lease(abc, mac):
    a, b, client = abc
    first, second = example_pair(a, b, mac=mac)
    with Prober(client, [a, b], ADDRESSES) as prober:
        for address in ADDRESSES:
            prober.wait_owner(address, a)
        started = time.monotonic()
        kill_supervisor(first)
        first.start()
        first.wait_state("MASTER", 1)
        assert first.lines("still held from before", since=started)
        time.sleep(4)
        undisturbed(prober, first, second, started)


@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_start_after_the_lease_finds_nothing(abc, mac):
    a, b, _ = abc
    first, second = example_pair(a, b, mac=mac)
    killed = kill_supervisor(first)
    second.wait_state("MASTER", 1)
    second.wait_state("MASTER", 2)
    wait_until(lambda: not a.owns("192.0.2.1") and not a.owns("2001:db8::1"), 4, "the leases have run out")
    assert time.monotonic() - killed < 5
    started = time.monotonic()
    first.start()
    first.wait_state("BACKUP", 1)
    assert not first.lines("still held from before", since=started)
    time.sleep(2)
    assert second.state(1) == second.state(2) == "MASTER"
    assert not a.owns("192.0.2.1") and not a.owns("2001:db8::1")


@pytest.mark.measures
@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_planned_restart(abc, mac):
    a, b, client = abc
    first, second = example_pair(a, b, mac=mac)
    with Prober(client, [a, b], ADDRESSES) as prober:
        for address in ADDRESSES:
            prober.wait_owner(address, a)
        started = time.monotonic()
        for _ in range(3):
            first.signal(signal.SIGUSR2)
            assert first.process.wait(2) == 0
            first.start()
            for vhid in (1, 2):
                first.wait_state("MASTER", vhid)
        time.sleep(4)
        undisturbed(prober, first, second, started)
        # A stop gives the role up.
        first.stop()
        second.wait_state("MASTER", 1)
        assert not a.owns("192.0.2.1")


@pytest.mark.measures
def test_launcher_killed(abc):
    """Nothing could be replaced any more: the daemon leaves with its addresses for whoever is started next."""
    a, b, client = abc
    first, second = example_pair(a, b)
    with Prober(client, [a, b], ADDRESSES) as prober:
        for address in ADDRESSES:
            prober.wait_owner(address, a)
        started = time.monotonic()
        children = first.children()
        os.kill(first.child("launcher").pid, signal.SIGKILL)
        assert first.process.wait(2) == 76, first.text()
        wait_until(lambda: not any(processes.alive(child.pid) for child in children), 1, "the children are gone")
        first.start()
        for vhid in (1, 2):
            first.wait_state("MASTER", vhid)
        time.sleep(4)
        undisturbed(prober, first, second, started)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR2])
@pytest.mark.parametrize("name", ["launcher", "engine", "auditor"])
def test_it_ends_whoever_hangs(a, name, number):
    """A child that stands still, the launcher too, cannot keep the daemon from its end."""
    daemon = Carpd(a, example(0))
    daemon.wait_state("MASTER", 1)
    children = daemon.children()
    os.kill(daemon.child(name).pid, signal.SIGSTOP)
    started = time.monotonic()
    daemon.signal(number)
    try:
        assert daemon.process.wait(3) == 0, daemon.text()
        assert time.monotonic() - started < 1.2
        if number == signal.SIGTERM:
            assert not a.owns("192.0.2.1")
    finally:
        for child in children:
            if processes.alive(child.pid):
                os.kill(child.pid, signal.SIGCONT)
