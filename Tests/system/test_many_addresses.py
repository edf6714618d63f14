"""1000 IPv4 and 1000 IPv6 addresses in one virtual host: they all move, and no advertisement waits for them."""

import time

import pytest

from bed import AddressMonitor, Capture, Carpd, config, host, wait_until

pytestmark = pytest.mark.measures
COUNT = 1000
ADDRESSES4 = [f"10.9.{n // 250}.{n % 250 + 1}" for n in range(COUNT)]
ADDRESSES6 = [f"2001:db8:9::{n + 1:x}" for n in range(COUNT)]
INTERVAL = 1.0


def many(advskew):
    return config(host(1, [f"{a}/16" for a in ADDRESSES4] + [f"{a}/64" for a in ADDRESSES6], advskew))


def owned(node):
    return {address.split("/")[0] for interface, address in node.addresses() if interface.startswith("carp")}


def test_thousand_of_each(abc):
    a, b, client = abc
    everything = set(ADDRESSES4) | set(ADDRESSES6)
    client.ip("address", "add", "10.9.255.50/16", "dev", "eth0")
    client.ip("address", "add", "2001:db8:9::ffff:50/64", "dev", "eth0", "nodad")
    for node in (a, b):
        node.ip("route", "add", "10.9.255.50/32", "dev", "eth0")
        node.ip("route", "add", "2001:db8:9::ffff:50/128", "dev", "eth0")
    with AddressMonitor(a, b) as monitor, Capture(a.lan.bridge, "a") as sent_by_a, \
            Capture(b.lan.bridge, "b") as sent_by_b:
        first = Carpd(a, many(0))
        first.wait_state("MASTER")
        wait_until(lambda: owned(a) == everything, 10, lambda: f"A has all: {len(owned(a))}")
        second = Carpd(b, many(100))
        second.wait_state("BACKUP")
        sent_by_a.wait(count=6, timeout=10, kind="carp", family=4, since=time.monotonic())
        assert second.state() == "BACKUP"

        t0 = time.monotonic()
        a.cut()
        second.wait_state("MASTER")
        wait_until(lambda: owned(b) == everything, 10, lambda: f"B has all: {len(owned(b))}")
        print(f"B had all {2 * COUNT} addresses {time.monotonic() - t0:.1f} s after the link died")
        sent_by_b.wait(count=5, timeout=12, kind="carp", family=4)
        for capture, interval in ((sent_by_a, INTERVAL), (sent_by_b, INTERVAL + 100 / 256)):
            for family in (4, 6):
                times = [frame.time for frame in capture.select(kind="carp", family=family) if not frame.bow_out]
                worst = max(later - earlier for earlier, later in zip(times, times[1:]))
                assert worst <= 2 * interval, f"IPv{family} advertisement late: {worst:.2f} s between two"
        for address in (ADDRESSES4[0], ADDRESSES4[-1], ADDRESSES6[0], ADDRESSES6[-1]):
            wait_until(lambda: client.ping(address), 5, f"{address} answers")
            assert client.neighbour(address) == "00:00:5e:00:01:01"
        # The first of the new owner's addresses were there early, not after all the others.
        starts = sorted(monitor.owners(address)[-1].start for address in ADDRESSES4[:50])
        assert starts[0] - t0 < 3.5 + 0.5
        assert second.stop() < 1.5
        wait_until(lambda: not owned(b), 3, lambda: f"B has none: {len(owned(b))}")


def test_every_address_is_announced(abc):
    a, _, _ = abc
    with Capture(a.lan.bridge, "a") as sent_by_a:
        Carpd(a, many(0))
        wait_until(lambda: {f.sender for f in sent_by_a.select(kind="arp", operation=1)} >= set(ADDRESSES4), 15,
                   "a gratuitous ARP for each IPv4 address")
        wait_until(lambda: {f.target for f in sent_by_a.select(kind="na")} >= set(ADDRESSES6), 15,
                   "an unsolicited NA for each IPv6 address")
