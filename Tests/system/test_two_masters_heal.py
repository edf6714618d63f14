"""A partition makes two masters; when it heals, the worse one yields and the better one takes the switch back."""

import time

import pytest

from bed import Carpd, Prober, example, example_pair, wait_until

SHARED = ["192.0.2.1", "2001:db8::1"]


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
