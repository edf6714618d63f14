"""The whole daemon stands still for longer than its lease, as in a paused virtual machine."""

import contextlib
import os
import signal
import time

import pytest

from bed import AddressMonitor, Capture, Carpd, config, example_pair, host, wait_until


def everybody(daemon, number):
    for pid in [daemon.process.pid] + [child.pid for child in daemon.children()]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


@pytest.mark.measures
@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_stopped_beyond_the_lease(abc, mac):
    a, b, _ = abc
    first, second = example_pair(a, b, mac=mac)
    with AddressMonitor(a, b) as monitor, Capture(a.lan.bridge, "a") as sent:
        everybody(first, signal.SIGSTOP)
        for vhid, address in ((1, "192.0.2.1"), (2, "2001:db8::1")):
            monitor.wait_owner(address, b, 6)
            second.wait_state("MASTER", vhid)
        time.sleep(1)
        for address in ("192.0.2.1", "2001:db8::1"):
            assert monitor.overlaps(address) == []
        continued = time.monotonic()
        everybody(first, signal.SIGCONT)
        for vhid in (1, 2):
            first.wait_state("BACKUP", vhid)
        time.sleep(4)
        # It listened before it spoke: not one word, and never the address.
        assert sent.select(kind="carp", since=continued) == [], first.text()
        assert sent.select(kind="arp", since=continued, sender="192.0.2.1") == []
        for address in ("192.0.2.1", "2001:db8::1"):
            assert monitor.overlaps(address) == [], first.text()
        assert first.lines("did not run for", since=continued)
        # The supervisor slept, so it cannot blame the engine for having been silent.
        assert not first.lines("the engine process", since=continued), first.text()
        for vhid in (1, 2):
            assert second.transitions(vhid, since=continued) == []


@pytest.mark.measures
def test_stopped_for_less_than_the_lease(abc):
    """A second: nothing happens."""
    a, b, _ = abc
    first, second = example_pair(a, b)
    for _ in range(3):
        stopped = time.monotonic()
        everybody(first, signal.SIGSTOP)
        time.sleep(1.3)
        everybody(first, signal.SIGCONT)
        time.sleep(2)
        for vhid in (1, 2):
            assert second.transitions(vhid, since=stopped) == [] and first.state(vhid) == "MASTER"
        assert not first.lines("the engine process", since=stopped), first.text()


@pytest.mark.measures
def test_alone_it_takes_the_role_again(abc):
    a, _, _ = abc
    daemon = Carpd(a, config(host(1, ["192.0.2.1/24"], 0)))
    daemon.wait_state("MASTER", 1)
    everybody(daemon, signal.SIGSTOP)
    wait_until(lambda: not a.owns("192.0.2.1"), 5, "the lease has run out")
    everybody(daemon, signal.SIGCONT)
    wait_until(lambda: a.owns("192.0.2.1") and daemon.state(1) == "MASTER", 8, daemon.text)
