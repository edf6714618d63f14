"""SIGTERM and SIGINT: gone within a second, whatever the state of the link, and nothing is left behind."""

import signal
import time

import pytest

from bed import Carpd, example, processes


def cut(a):
    a.cut()


def down(a):
    a.ip("link", "set", "dev", "eth0", "down")


def remove(a):
    a.detach()


def nothing(a):
    pass


@pytest.mark.parametrize("mac", ["virtual", "interface"])
@pytest.mark.parametrize("event", [nothing, cut, down, remove])
def test_master_stops_within_a_second(abc, event, mac):
    a, _, _ = abc
    daemon = Carpd(a, example(0, mac=mac))
    daemon.wait_state("MASTER", 1)
    daemon.wait_state("MASTER", 2)
    children = daemon.children()
    event(a)
    assert daemon.stop() < 1.0
    assert not any(processes.alive(child.pid) for child in children)
    assert not a.owns("192.0.2.1") and not a.owns("2001:db8::1")
    assert not [name for name in a.links() if name.startswith("carp")]
    assert not daemon.socket.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_before_the_first_election_is_over(abc, number):
    a, _, _ = abc
    daemon = Carpd(a, example(0))
    children = daemon.children()
    started = time.monotonic()
    daemon.signal(number)
    assert daemon.process.wait(3) == 0 and time.monotonic() - started < 1.0
    assert not any(processes.alive(child.pid) for child in children)


def test_immediately_after_the_start(abc):
    a, _, _ = abc
    daemon = Carpd(a, example(0), wait=False)
    started = time.monotonic()
    # Whether its handlers are in place yet is the question here, so any way of going is good but a slow one.
    daemon.signal(signal.SIGTERM)
    daemon.process.wait(3)
    assert time.monotonic() - started < 1.5
