"""Random bytes, and valid messages with bits changed, from a confined engine: nothing happens outside the policy.

ChannelTests and Fuzz/channel.swift drive the decoding with millions; here whole supervisors are behind it. Whatever is
malformed costs the life of an engine, and five of them within five seconds that of the daemon, so each engine lives a
little longer than a second, and many daemons are attacked at once. CARPD_MUTATIONS=10000 sends so many of each kind
(ten minutes); the default is what half a minute allows.
"""

import contextlib
import os
import re
import time

import pytest

from bed import Capture, Lan, wait_until

from evil import Evil, addresses

COUNT = int(os.environ.get("CARPD_MUTATIONS", "200"))
DAEMONS = 20 if COUNT <= 1000 else 40
# Only a hundred lines of its children's get into the log of one daemon.
LINES = 90
ACTS = {"start", "anchor", "capabilityDrop", "spawn", "childEnded", "socket", "membership", "filter", "policy", "acquire",
        "release", "bowOut", "addressAdded", "addressDeleted", "announcement", "advertisements", "denial", "violation",
        "auditLoss", "stop", "sysctl", "linkSet", "routeAdded", "routeRemoved", "administration", "stall"}


def sent(daemon, part):
    """How many were dealt with, at least."""
    if part == "random":
        return len(daemon.violations())
    count = life = 0
    for line in daemon.said("^taken "):
        number = int(line.split()[1])
        if number == 1:
            count, life = count + life, 0
        life = max(life, number)
    # Each life ended with one more.
    return count + life + len(daemon.violations())


def inside_the_policy(daemon, capture):
    """What it sent, has and recorded is what the configuration allows."""
    node = daemon.node
    for frame in capture.select(kind="carp"):
        # Two bits changed may well make a bow-out of another request; the supervisor sends that itself.
        assert 1 <= frame.vhid <= 5 and frame.demotion == 0, frame
        assert frame.bow_out or (frame.advbase == 1 and 100 <= frame.advskew <= 240), frame
    shared = {f"192.0.2.{n}" for n in range(1, 6)}
    for frame in capture.select(kind="arp"):
        assert frame.sender in shared | {"192.0.2.101", "0.0.0.0"}, frame
    assert {entry.split("/")[0] for _, entry in node.addresses() if entry.startswith("192.")} <= shared | {"192.0.2.101"}
    records = daemon.records()
    assert {record["act"] for record in records} <= ACTS
    for record in records:
        if record["act"] in ("addressAdded", "addressDeleted"):
            assert re.fullmatch(r"vhid [1-5]@\w+|192\.0\.2\.[1-5]", record["object"]), record
    assert all(loss.startswith("violation: ") for loss in daemon.losses()), daemon.losses()
    daemon.wait_recorded("violation", len(daemon.violations()))


@pytest.mark.measures
@pytest.mark.parametrize("part", ["mutations", "random"])
def test_attack(part):
    done = 0
    deadline = time.monotonic() + 60 + COUNT / 5
    while done < COUNT:
        with contextlib.ExitStack() as stack:
            daemons = []
            for _ in range(DAEMONS):
                node = stack.enter_context(Lan()).node("a", 101)
                capture = stack.enter_context(Capture(node.lan.bridge, "a"))
                daemons.append((Evil(node, f"{part}-again"), capture))
            wait_until(lambda: done + sum(sent(daemon, part) for daemon, _ in daemons) >= COUNT
                       or any(daemon.process.poll() is not None or len(daemon.said()) >= LINES for daemon, _ in daemons),
                       deadline - time.monotonic(), lambda: daemons[0][0].text(), interval=0.2)
            for daemon, capture in daemons:
                daemon.survives()
                inside_the_policy(daemon, capture)
                done += sent(daemon, part)
                daemon.stop()
                assert addresses(daemon.node) == []
    print(f"{done} {part}")
