"""An engine that sends too much, or takes nothing, or is silent: bounded, recorded, ended where it must be."""

import json
import os
import re
import time

import pytest

from bed import Capture, Injector, packets, wait_until

from evil import LIVES, Evil, addresses, five_losses, hosts


# Who begs and does not read is hung, if that is noticed before the flood is.
ENDS = {"violation: a flood of messages", "violation: a flood of denied requests", "does not read its messages"}


def memory(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


@pytest.mark.parametrize("what", ["heartbeat", "notes", "acquires", "denied", "deposits"])
def test_a_flood_is_a_violation(a, what):
    daemon = Evil(a, f"flood-{what}")
    daemon.wait_losses(1)
    wait_until(lambda: len(daemon.losses()) == LIVES or daemon.process.poll() is not None, 15, daemon.text)
    assert set(daemon.losses()) <= ENDS, daemon.losses()
    # Notes are the engine's way into the log: two hundred lines a second at most.
    assert len(daemon.log) < 200 * 15, len(daemon.log)
    if daemon.process.poll() is None:
        assert memory(daemon.process.pid) < 64 << 20


def test_denials_cannot_crowd_out_the_others(a):
    """Eight thousand denials a second do not fill the way to the auditor: either that is a flood, or they are folded."""
    daemon = Evil(a, "slow-flood")
    time.sleep(2.5)
    before = memory(daemon.process.pid)
    wait_until(lambda: daemon.said("done") or daemon.losses(), 15, daemon.text)
    assert memory(daemon.process.pid) - before < 16 << 20
    time.sleep(1.5)
    assert daemon.records("auditLoss") == []
    daemon.survives()


def test_flapping_has_a_rate(a):
    with Capture(a.lan.bridge, "a") as sent:
        daemon = Evil(a, "flap", virtual_hosts=hosts(5, mac="virtual"))
        daemon.wait_said("done", timeout=15)
        # About twenty a second and forty at once, whatever is asked.
        assert len(sent.select(kind="arp", sender="192.0.2.1")) < 250
    daemon.survives()
    assert addresses(a) == []


def test_silence(a):
    daemon = Evil(a, "silence")
    daemon.wait_losses(3, timeout=10)
    assert daemon.losses() == ["has not been heard for a second"] * 3
    daemon.survives()


def test_an_engine_that_does_not_read(a):
    """Frames are dropped for it, everything else goes on."""
    client = a.lan.node("client", 50)
    daemon = Evil(a, "deaf")
    daemon.wait_said("deaf")
    before = memory(daemon.process.pid)
    with Injector(client) as injector:
        for counter in range(1, 20_000):
            payload = packets.carp(1, ["192.0.2.1"], "wrong", advskew=200, counter=counter)
            injector.send(packets.frame4(payload, client.address4))
    time.sleep(0.5)
    daemon.survives()
    assert daemon.losses() == []
    assert memory(daemon.process.pid) - before < 16 << 20
    assert addresses(a) == ["192.0.2.1"]


def test_an_engine_that_does_not_read_its_answers(a):
    """What must not be dropped waits up to a limit; then the engine counts as hung."""
    daemon = Evil(a, "deaf-begging")
    before = memory(daemon.process.pid)
    daemon.wait_losses(1, timeout=20)
    assert set(daemon.losses()) <= ENDS, daemon.losses()
    assert memory(daemon.process.pid) - before < 32 << 20
    assert daemon.process.poll() is None, daemon.text()


@pytest.mark.parametrize("part, how", [("exit", "exited with status 3"), ("traps", "ended by signal"),
                                       ("shut-down-channel", "(closed its channel|does not read)")])
def test_each_way_to_end(a, part, how):
    daemon = Evil(a, part)
    daemon.wait_losses(LIVES, timeout=10)
    assert all(re.match(how, loss) for loss in daemon.losses()), daemon.losses()
    daemon.survives()
    five_losses(Evil(a.lan.node("again", 111), f"{part}-again"), a.lan.bridge, how)


def test_the_log_cannot_be_forged(a):
    daemon = Evil(a, "json", arguments=["--log-format", "json"])
    wait_until(lambda: len(daemon.lines("from a child: evil")) >= 2, 5, daemon.text)
    for _, line in daemon.lines("from a child: evil"):
        entry = json.loads(line)
        assert set(entry) == {"time", "level", "message"} and entry["level"] == "warning", line
