"""Debian's ucarp as the peer, in both roles."""

import time

from bed import AddressMonitor, Capture, Carpd, Prober, Ucarp, config, host, wait_until

ADDRESS = "192.0.2.1"


def ours(advskew, preempt=False, mac=None):
    return config(host(1, ["192.0.2.1/24"], advskew, mac=mac), preempt=preempt)


def test_ucarp_accepts_our_advertisements_and_takes_over_after_a_stop(abc):
    a, b, _ = abc
    with AddressMonitor(a, b) as monitor, Capture(b.lan.bridge, "b") as sent_by_b, \
            Capture(a.lan.bridge, "a") as sent_by_a:
        daemon = Carpd(a, ours(0))
        daemon.wait_state("MASTER")
        Ucarp(b, advskew=50)
        # ucarp waits 3 s and a bit before it would become master.
        sent_by_a.wait(count=5, timeout=10, kind="carp", since=time.monotonic())
        assert not sent_by_b.select(kind="carp") and not b.owns(ADDRESS)
        t0 = time.monotonic()
        daemon.stop()
        taken = monitor.wait_owner(ADDRESS, b, 6)
        # ucarp reads its packets once a second; without a goodbye it would need 3.2 s at least.
        assert taken.start - t0 < 2.5
        # After the goodbye the next master may come up before this one's interface is down, 10 ms later.
        assert all(one.end - other.start < 0.1 for one, other in monitor.overlaps(ADDRESS))


def test_we_accept_the_advertisements_of_ucarp(abc):
    a, b, _ = abc
    peer = Ucarp(a, advskew=0)
    with Capture(a.lan.bridge, "a") as sent_by_a, AddressMonitor(a, b) as monitor:
        monitor.wait_owner(ADDRESS, a, 8)
        daemon = Carpd(b, ours(100))
        sent_by_a.wait(count=5, timeout=10, kind="carp", since=time.monotonic())
        assert daemon.state() == "BACKUP" and daemon.counters()["badauth"] == 0
        # It stops without a goodbye, so we wait our time.
        t0 = peer.stop()
        assert 3.39 - 1.1 < monitor.wait_owner(ADDRESS, b, 6).start - t0 < 3.39 + 0.5
        daemon.expect_transitions("INIT -> BACKUP (initialization complete)", "BACKUP -> MASTER (master timed out)")


def test_crash_of_ucarp(abc):
    """ucarp leaves its address behind; we take over all the same, and the client reaches us."""
    a, b, client = abc
    peer = Ucarp(a, advskew=0)
    with AddressMonitor(a, b) as monitor, Prober(client, [a, b], [ADDRESS]) as prober:
        monitor.wait_owner(ADDRESS, a, 8)
        daemon = Carpd(b, ours(100))
        prober.wait_owner(ADDRESS, a)
        t0 = peer.crash()
        daemon.wait_state("MASTER")
        prober.wait_owner(ADDRESS, b, since=t0, timeout=6)


def test_we_preempt_ucarp(abc):
    a, b, client = abc
    with AddressMonitor(a, b) as monitor, Prober(client, [a, b], [ADDRESS]) as prober, \
            Capture(b.lan.bridge, "b") as sent_by_b:
        Ucarp(b, advskew=100)
        monitor.wait_owner(ADDRESS, b, 8)
        daemon = Carpd(a, ours(0, preempt=True))
        daemon.wait_log(r"BACKUP -> MASTER \(preempting a slower master\)", timeout=4)
        monitor.wait_gone(ADDRESS, b, 4)
        prober.wait_owner(ADDRESS, a, timeout=5)
        settled = time.monotonic() + 0.1
        with Capture(a.lan.bridge, "a") as sent_by_a:
            sent_by_a.wait(count=4, timeout=8, kind="carp")
        assert not sent_by_b.select(kind="carp", since=settled), "ucarp is quiet"
        assert daemon.state() == "MASTER"


def test_ucarp_preempts_us(abc):
    a, b, client = abc
    with AddressMonitor(a, b) as monitor, Prober(client, [a, b], [ADDRESS]) as prober:
        daemon = Carpd(a, ours(100))
        daemon.wait_state("MASTER")
        Ucarp(b, advskew=0, preempt=True)
        daemon.wait_log(r"MASTER -> BACKUP \(more frequent advertisement received\)", timeout=6)
        monitor.wait_owner(ADDRESS, b, 2)
        assert monitor.wait_gone(ADDRESS, a, 1)
        prober.wait_owner(ADDRESS, b, timeout=5)
        assert daemon.state() == "BACKUP"


def test_another_password_is_no_peer(abc):
    a, b, _ = abc
    Ucarp(a, advskew=0, password="Testpass")
    with AddressMonitor(a, b) as monitor:
        monitor.wait_owner(ADDRESS, a, 8)
        daemon = Carpd(b, ours(100))
        daemon.wait_state("MASTER")
        wait_until(lambda: daemon.virtual_host()["peer-mismatch"], 5, "peer-mismatch")
        assert daemon.counters()["badauth"] > 0
