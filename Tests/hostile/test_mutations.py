"""Random bytes, and valid messages with bits changed, from a confined engine: nothing happens outside the policy.

ChannelTests and Fuzz/channel.swift drive the decoding with far more; here the whole supervisor is behind it.
"""

import os

from bed import Capture, wait_until

from evil import LIVES, Evil, addresses

RUNS = int(os.environ.get("CARPD_MUTATIONS", "5"))


def check(daemon, sent, a):
    daemon.process.poll()
    assert daemon.process.returncode in (None, 70), daemon.text()
    for frame in sent.select(kind="carp"):
        # Two bits changed may well make a bow-out of another request; the supervisor sends that itself.
        assert 1 <= frame.vhid <= 5 and frame.demotion == 0, frame
        assert frame.bow_out or (frame.advbase == 1 and 100 <= frame.advskew <= 240), frame
    assert {entry.split("/")[0] for _, entry in a.addresses() if entry.startswith("192.")} <= {
        "192.0.2.101", *(f"192.0.2.{n}" for n in range(1, 6))}


def test_mutations(a):
    for _ in range(RUNS):
        with Capture(a.lan.bridge, "a") as sent:
            daemon = Evil(a, "mutations")
            wait_until(lambda: daemon.said("done") or daemon.process.poll() is not None, 20, daemon.text)
            check(daemon, sent, a)
            daemon.close()
    assert addresses(a) == []


def test_random(a):
    for _ in range(RUNS):
        with Capture(a.lan.bridge, "a") as sent:
            daemon = Evil(a, "random-again")
            daemon.wait_exit(70)
            assert len(daemon.violations()) == 5, daemon.text()
            check(daemon, sent, a)
    assert addresses(a) == []
