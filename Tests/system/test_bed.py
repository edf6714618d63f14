"""The bed itself, with ucarp as the daemon: that the instruments show what they should."""

import time

import pytest

from bed import AddressMonitor, Capture, Injector, Lan, Prober, RouterAdvertiser, Ucarp, wait_until
from bed import packets
from bed.lan import remove_leftovers, run

pytestmark = [pytest.mark.bed_only, pytest.mark.measures]


def test_gap_takeover_and_owners_of_ucarp(abc):
    a, b, client = abc
    with AddressMonitor(a, b) as monitor, Capture(a.lan.bridge, "a") as sent_by_a, \
            Prober(client, [a, b], ["192.0.2.1"]) as prober:
        Ucarp(a, advskew=1)
        monitor.wait_owner("192.0.2.1", a, 8)
        prober.wait_owner("192.0.2.1", a)
        Ucarp(b, advskew=10)
        adverts = sent_by_a.wait(count=2, kind="carp")
        assert all(advert.verifies("testpass", ["192.0.2.1"]) and advert.checksum_right for advert in adverts)
        assert adverts[0].ttl == 255 and adverts[0].vhid == 1 and len(adverts[0].payload) == 36
        # A's link dies; B needs 3 s and a bit (and ucarp up to one more).
        t0 = time.monotonic()
        a.cut()
        prober.wait_owner("192.0.2.1", b, since=t0, timeout=8)
        figures = prober.figures("192.0.2.1", t0, window=1)
        assert 2000 < figures.takeover < 4500, figures
        assert abs(figures.gap - figures.takeover) < 50, figures
        assert abs(figures.lost - figures.gap * 2) < 50, figures
        assert figures.owner == "b" and figures.gap_after < 50, figures
        assert [o.node for o in monitor.owners("192.0.2.1")][0] == "a"


def test_prober_is_cheap_and_steady(abc):
    a, b, client = abc
    a.ip("address", "add", "192.0.2.1/32", "dev", "eth0")
    a.ip("address", "add", "2001:db8::1/128", "dev", "eth0", "nodad")
    with Prober(client, [a, b], ["192.0.2.1", "2001:db8::1"]) as prober:
        prober.wait_owner("192.0.2.1", a)
        t0 = time.monotonic()
        for address in ("192.0.2.1", "2001:db8::1"):
            figures = prober.figures(address, t0, window=2)
            assert figures.takeover is None and figures.lost <= 10 and figures.gap < 60, figures
        sent = len(prober.answers("192.0.2.1", t0)) / (time.monotonic() - t0)
        assert 1900 < sent < 2100


def test_overlap_of_two_owners_is_seen(abc):
    a, b, _ = abc
    with AddressMonitor(a, b) as monitor:
        a.ip("address", "add", "192.0.2.1/32", "dev", "eth0")
        b.ip("address", "add", "192.0.2.1/32", "dev", "eth0", "valid_lft", "60", "preferred_lft", "60")
        a.ip("address", "del", "192.0.2.1/32", "dev", "eth0")
        monitor.wait_gone("192.0.2.1", a, 2)
        assert len(monitor.overlaps("192.0.2.1")) == 1
        assert [o.node for o in monitor.owners("192.0.2.1")] == ["a", "b"]
        assert monitor.changes[-2].valid_lifetime == 60


def test_forged_frames_arrive_as_forged(abc):
    _, b, client = abc
    payload = packets.carp(7, ["192.0.2.1", "2001:db8::1"], "x", advskew=3, counter=9)
    with Capture(b, "eth0") as capture, Injector(client) as injector:
        injector.send(packets.frame4(payload, client.address4, ttl=254, vhid=7))
        injector.send(packets.frame6(payload, "fe80::1", vhid=7))
        v4, v6 = capture.wait(count=2, kind="carp", vhid=7)
        assert (v4.ttl, v4.tos, v4.dont_fragment, v4.source_mac) == (254, 0xE0, True, "00:00:5e:00:01:07")
        assert v6.family == 6 and v6.verifies("x", ["2001:db8::1", "192.0.2.1"]) and v6.destination == "ff02::12"
        assert not v6.verifies("y", ["2001:db8::1", "192.0.2.1"])


def test_digest_against_the_worked_example():
    addresses = ["192.0.2.1", "10.0.0.1"]
    packet = packets.carp(1, addresses, "mekmitasdigoat", advskew=100, counter=0x0102030405060708)
    assert packet.hex() == ("2101640700019f0c0102030405060708"
                            "79511a81b107c7e2bb607f5a1cf708687a05e4f8")


def test_router_advertiser_gives_addresses(abc):
    a, _, client = abc
    with RouterAdvertiser(client):
        wait_until(lambda: any("2001:db8:99:" in address for _, address in a.addresses()), 5, "an address by RA")


def test_partition_and_drop(abc):
    a, b, client = abc
    assert a.ping(b.address4, timeout=2)
    a.lan.partition(a, b)
    assert not a.ping(b.address4) and a.ping(client.address4)
    a.lan.heal(a, b)
    a.lan.drop("ether type ip6")
    wait_until(lambda: a.ping(b.address4), 5, "IPv4 again")
    assert not a.ping(b.address6)
    a.lan.pass_all()
    wait_until(lambda: a.ping(b.address6), 5, "IPv6 again")


def test_leftovers_of_dead_runs_go_and_living_ones_stay():
    # A pid beyond any the kernel gives out.
    run("ip", "netns", "add", "carpd-99999999-1-a")
    with Lan() as lan:
        remove_leftovers()
        names = run("ip", "netns", "list")
        assert "carpd-99999999-1-a" not in names and f"{lan.name}-br" in names
    assert lan.name not in run("ip", "netns", "list")
