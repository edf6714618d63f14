"""A partition makes two masters; when it heals, the worse one yields and the better one takes the switch back."""

import time

import pytest

from bed import Capture, Carpd, Prober, example, example_pair, wait_until

SHARED = ["192.0.2.1", "2001:db8::1"]
INTERVALS = 1 + 100 / 256, 1 + 200 / 256


@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_partition_and_healing(abc, mac):
    a, b, client = abc
    first, second = example_pair(a, b, mac=mac)
    with Prober(client, [a, b], SHARED) as prober:
        a.lan.partition(a, b)
        for vhid in (1, 2):
            second.wait_state("MASTER", vhid)
            assert first.state(vhid) == "MASTER"
        # The client hears both; whoever announced last has it.
        t0 = time.monotonic()
        a.lan.heal(a, b)
        for vhid, address in zip((1, 2), SHARED):
            second.wait_state("BACKUP", vhid)
            prober.wait_owner(address, a, since=t0, timeout=4)
            assert first.state(vhid) == "MASTER"
            second.expect_transitions("MASTER -> BACKUP (more frequent advertisement received)", vhid=vhid, since=t0)
        # And it stays so.
        figures = prober.figures(SHARED[0], time.monotonic(), window=2)
        assert figures.owner == "a" and figures.lost <= 40, figures
        if mac == "virtual":
            wait_until(lambda: client.lan.learnt_port("00:00:5e:00:01:01") == "a", 3, "the switch knows A")


@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_the_better_master_speaks_first(abc, mac):
    """The worse one yields before the better one heard of it; neighbours must not go on asking it."""
    a, b, client = abc
    first, second = example_pair(a, b, mac=mac)
    with Prober(client, [a, b], SHARED) as prober, Capture(a.lan.bridge, "a") as of_a, Capture(b.lan.bridge, "b") as of_b:
        a.lan.partition(a, b)
        second.wait_state("MASTER", 1)
        since = time.monotonic()

        def a_is_next():
            """Its next advertisement is near, the other's some time behind it, and the ones after a takeover are over."""
            now = time.monotonic()
            sent = [capture.select("carp", since + 2.5, vhid=1) for capture in (of_a, of_b)]
            if not all(sent):
                return False
            next_a, next_b = (frames[-1].time + interval - now for frames, interval in zip(sent, INTERVALS))
            return 0.1 < next_a < 0.3 and next_b > next_a + 0.3
        wait_until(a_is_next, 60, "A is the next to advertise", interval=0.02)
        prober.wait_owner(SHARED[0], b, since=since)
        a.lan.heal(a, b)
        t0 = time.monotonic()
        second.wait_state("BACKUP", 1)
        prober.wait_owner(SHARED[0], a, since=t0, timeout=3)
        assert not first.transitions(1, since)
        assert prober.figures(SHARED[0], t0, window=3).gap_after <= 100


def test_equal_settings_settle_on_one(abc):
    """The same advskew on both: the higher source address yields instead of both."""
    a, b, _ = abc
    first, second = Carpd(a, example(100)), Carpd(b, example(100))

    def settled():
        return {first.state(1), second.state(1)} == {"MASTER", "BACKUP"}
    wait_until(settled, 8, "one master")
    a.lan.partition(a, b)
    wait_until(lambda: first.state(1) == second.state(1) == "MASTER", 8, "two masters")
    a.lan.heal(a, b)
    wait_until(settled, 4, "one master again")
    assert first.state(1) == "MASTER", "the lower address keeps it"
