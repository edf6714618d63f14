"""The link goes and comes back: INIT and back, sockets and memberships included, the process never exits."""

import time

from bed import AddressMonitor, Capture, Carpd, example, example_pair


def test_master_without_carrier_gives_up_at_once(abc):
    a, b, _ = abc
    with AddressMonitor(a, b) as monitor:
        first, second = example_pair(a, b)
        t0 = time.monotonic()
        a.cut()
        for vhid, address in ((1, "192.0.2.1"), (2, "2001:db8::1")):
            assert monitor.wait_gone(address, a, 1.0) - t0 < 0.5
            first.wait_state("INIT", vhid)
            first.expect_transitions("MASTER -> INIT (hardware interface down)", vhid=vhid, since=t0)
        second.wait_state("MASTER", 1)
        a.mend()
        first.wait_state("BACKUP", 1)
        first.expect_transitions("MASTER -> INIT (hardware interface down)",
                                 "INIT -> BACKUP (initialization complete)", since=t0)
        assert not monitor.overlaps("192.0.2.1") and not monitor.overlaps("2001:db8::1")


def test_multicast_is_heard_again_after_a_flap(abc):
    a, b, _ = abc
    first, second = example_pair(a, b)
    for _ in range(3):
        b.cut()
        second.wait_state("INIT", 1)
        b.mend()
        second.wait_state("BACKUP", 1)
    t0 = time.monotonic()
    heard = second.counters()["ipackets"], second.counters()["ipackets6"]
    # Five advertisements of A take longer than B's patience of 3.8 s.
    with Capture(a.lan.bridge, "a") as sent_by_a:
        sent_by_a.wait(count=5, timeout=10, kind="carp", vhid=1)
    now = second.counters()
    assert now["ipackets"] - heard[0] >= 3 and now["ipackets6"] - heard[1] >= 3
    assert second.state(1) == "BACKUP" and not second.transitions(1, since=t0)
    assert first.state(1) == "MASTER"


def test_backup_without_carrier_and_no_peer(abc):
    a, _, _ = abc
    a.cut()
    daemon = Carpd(a, example(100))
    assert daemon.state(1) == "INIT"
    a.mend()
    daemon.wait_state("MASTER", 1)
    daemon.wait_state("MASTER", 2)
