"""Unicast peers: on one LAN, through a router (TTL 254 arrives), and by link-local IPv6 addresses."""

import time

import pytest

from bed import Capture, Carpd, config, host, wait_until

SHARED = ["192.0.2.1/24", "2001:db8::1/64"]


def one_master(*daemons):
    """Waits for one MASTER and the others BACKUP; returns them in this order."""
    def settled():
        states = [daemon.state() for daemon in daemons]
        return states.count("MASTER") == 1 and states.count("BACKUP") == len(daemons) - 1
    wait_until(settled, 10, lambda: f"one master: {[daemon.state() for daemon in daemons]}")
    return sorted(daemons, key=lambda daemon: daemon.state() != "MASTER")


def stays(daemons, capture, count=4):
    """The roles are still the same after that many advertisements."""
    before = [daemon.state() for daemon in daemons]
    capture.wait(count=count, timeout=10, kind="carp", since=time.monotonic())
    assert [daemon.state() for daemon in daemons] == before


def test_both_families_on_one_lan(abc):
    a, b, client = abc
    with Capture(a.lan.bridge, "a") as sent_by_a, Capture(client) as elsewhere:
        first = Carpd(a, config(host(1, SHARED, 0, peers=[b.address4, b.address6])))
        second = Carpd(b, config(host(1, SHARED, 100, peers=[a.address4, a.address6])))
        first.wait_state("MASTER")
        second.wait_state("BACKUP")
        stays([first, second], sent_by_a)
        adverts = sent_by_a.select(kind="carp")
        assert {(frame.family, frame.destination) for frame in adverts} == {(4, b.address4), (6, b.address6)}
        assert {frame.destination_mac for frame in adverts} == {b.mac}
        assert {frame.source_mac for frame in adverts} == {a.mac}
        assert {frame.ttl for frame in adverts} == {255}
        assert not elsewhere.select(kind="carp")
    t0 = time.monotonic()
    a.cut()
    second.wait_state("MASTER")
    assert time.monotonic() - t0 < 5
    wait_until(lambda: client.ping("192.0.2.1") and client.ping("2001:db8::1"), 5, "both addresses answer")


@pytest.mark.parametrize("family", [4, 6])
def test_through_a_router(lan, family):
    """FreeBSD's topology: two networks, a router between them, and a peer that ends in 224 (FreeBSD PR 284872)."""
    a, b, router = lan.namespace("a"), lan.namespace("b"), lan.namespace("r", forwarding=True)
    ours = {4: "198.51.100.2", 6: "2001:db8:1::2"}
    theirs = {4: "198.51.100.224", 6: "2001:db8:2::224"}
    lan.link(a, router, ["198.51.100.2/25", "2001:db8:1::2/64"], ["198.51.100.1/25", "2001:db8:1::1/64"])
    lan.link(b, router, ["198.51.100.224/25", "2001:db8:2::224/64"], ["198.51.100.129/25", "2001:db8:2::1/64"])
    for node, gateways in ((a, ("198.51.100.1", "2001:db8:1::1")), (b, ("198.51.100.129", "2001:db8:2::1"))):
        for gateway in gateways:
            node.ip("route", "add", "default", "via", gateway)
    wait_until(lambda: a.ping(theirs[family]), 5, "the nodes reach each other")
    shared = {4: ["192.0.2.1/29"], 6: ["2001:db8::1/64"]}[family]
    with Capture(b, received_only=True) as at_b:
        first = Carpd(a, config(host(1, shared, 0, peers=[theirs[family]])))
        second = Carpd(b, config(host(1, shared, 100, peers=[ours[family]])))
        assert one_master(first, second)[0] is first
        stays([first, second], at_b)
        assert {frame.ttl for frame in at_b.select(kind="carp")} == {254}
        assert second.counters()["badttl"] == 0
    first.stop()
    second.wait_state("MASTER")


def test_link_local_peers(abc):
    a, b, client = abc
    shared = ["2001:db8::1/64"]
    with Capture(a.lan.bridge, "a") as sent_by_a:
        first = Carpd(a, config(host(1, shared, 0, peers=[b.link_local()])))
        second = Carpd(b, config(host(1, shared, 100, peers=[a.link_local()])))
        first.wait_state("MASTER")
        second.wait_state("BACKUP")
        stays([first, second], sent_by_a)
        assert {frame.destination for frame in sent_by_a.select(kind="carp")} == {b.link_local()}
    wait_until(lambda: client.ping("2001:db8::1"), 5, "the shared address answers")
