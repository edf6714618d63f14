"""The genuine engine is killed, traps or hangs as MASTER: it is replaced, and nobody on the network notices."""

import os
import signal
import time

import pytest

from bed import Capture, Carpd, Prober, config, example_pair, host, wait_until

ADDRESSES = ("192.0.2.1", "2001:db8::1")
KILLS = int(os.environ.get("CARPD_ENGINE_KILLS", "20"))


def lost(prober, address, since, until):
    """How many of the probes sent in that time were never answered."""
    table = prober._tables[address]
    return sum(1 for i in range(table.last[0])
               if since * 1e9 <= table.sent[i] <= until * 1e9 and not table.answered[i])


def undisturbed(prober, first, second, started):
    """No probe was lost, and the backup has seen nothing."""
    time.sleep(0.2)
    until = time.monotonic() - 0.1
    for address in ADDRESSES:
        assert lost(prober, address, started, until) == 0, f"{address}\n{first.text()}"
    for vhid in (1, 2):
        assert second.transitions(vhid, since=started) == [], second.text()
        assert first.state(vhid) == "MASTER" and second.state(vhid) == "BACKUP"


@pytest.mark.measures
@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_killed_again_and_again(abc, mac):
    a, b, client = abc
    first, second = example_pair(a, b, mac=mac)
    supervisor = first.process.pid
    with Prober(client, [a, b], ADDRESSES) as prober:
        for address in ADDRESSES:
            prober.wait_owner(address, a)
        started = time.monotonic()
        for number in range(KILLS if mac == "virtual" else 5):
            before = first.child("engine").pid
            os.kill(before, signal.SIGKILL)
            wait_until(lambda: [c.pid for c in first.children() if c.name == "carpd-engine"] not in ([], [before]), 2,
                       first.text)
            time.sleep(max(0, started + 2 * (number + 1) - time.monotonic()))
        undisturbed(prober, first, second, started)
        assert first.process.pid == supervisor and first.process.poll() is None


@pytest.mark.measures
def test_a_replacement_advertises_at_once(abc):
    a, b, _ = abc
    first, _ = example_pair(a, b)
    time.sleep(3)  # behind the extra advertisements of the takeover
    with Capture(a.lan.bridge, "a") as sent:
        sent.wait(kind="carp", vhid=1, count=1)
        killed = time.monotonic()
        os.kill(first.child("engine").pid, signal.SIGKILL)
        frames = sent.wait(kind="carp", vhid=1, since=killed, timeout=1)
        assert frames[0].time - killed < 0.3
        assert frames[0].verifies("testpass", ["192.0.2.1"])


@pytest.mark.measures
def test_hang(abc):
    """SIGSTOP: noticed within a second or so; deposited advertisements keep the backup quiet."""
    a, b, client = abc
    first, second = example_pair(a, b)
    with Prober(client, [a, b], ADDRESSES) as prober:
        for address in ADDRESSES:
            prober.wait_owner(address, a)
        started = time.monotonic()
        os.kill(first.child("engine").pid, signal.SIGSTOP)
        first.wait_log("has not been heard for a second", timeout=3)
        time.sleep(4)
        undisturbed(prober, first, second, started)


@pytest.mark.measures
def test_five_within_five_seconds(abc):
    a, b, client = abc
    first, second = example_pair(a, b)
    with Capture(a.lan.bridge, "a") as sent, Prober(client, [a, b], ADDRESSES) as prober:
        for address in ADDRESSES:
            prober.wait_owner(address, a)
        started = time.monotonic()
        killed = None
        while first.process.poll() is None and time.monotonic() < started + 10:
            engines = [c.pid for c in first.children() if c.name == "carpd-engine" and c.pid != killed]
            if engines:
                time.sleep(0.1)  # a replacement that has just begun to work
                killed = engines[0]
                try:
                    os.kill(killed, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.01)
        assert first.process.wait(3) == 70, first.text()
        for vhid, address in ((1, "192.0.2.1"), (2, "2001:db8::1")):
            assert any(frame.verifies("testpass", [address])
                       for frame in sent.wait(kind="carp", vhid=vhid, bow_out=True, since=started))
            second.wait_state("MASTER", vhid)
            # The backup takes over at the bow-out, not when its time is up.
            assert prober.figures(address, time.monotonic(), window=0.5).owner == "b"
        assert not a.owns("192.0.2.1") and not a.owns("2001:db8::1")
        assert not [name for name in a.links() if name.startswith("carp")]
