"""The scenarios of FreeBSD's carp.sh and NetBSD's t_basic.sh, with namespaces instead of jails and rump kernels."""

import time

import pytest

from bed import Capture, Carpd, config, host, wait_until


def states(*daemons):
    return [daemon.state() for daemon in daemons]


def wait_for_carp(*daemons):
    """As in carp.sh: at least one MASTER, and then not both."""
    wait_until(lambda: "MASTER" in states(*daemons), 10, lambda: f"a master: {states(*daemons)}")
    wait_until(lambda: states(*daemons).count("MASTER") == 1, 3, lambda: f"one master: {states(*daemons)}")


def test_basic_v4(lan):
    """The same advskew on both, and the nodes' own addresses outside the shared one's network."""
    two, three, one = lan.node("two", 202), lan.node("three", 203), lan.node("one", 4)
    daemons = [Carpd(node, config(host(1, ["192.0.2.1/29"], 0))) for node in (two, three)]
    wait_for_carp(*daemons)
    assert one.ping("192.0.2.1", count=3, timeout=2)


def test_basic_v6(lan):
    two, three, one = lan.node("two", 202), lan.node("three", 203), lan.node("one", 4)
    daemons = [Carpd(node, config(host(1, ["2001:db8::1/64"], 0))) for node in (two, three)]
    wait_for_carp(*daemons)
    assert one.ping("2001:db8::1", count=3, timeout=2)


def test_nd6_ns_source_mac(lan):
    """A BACKUP cannot speak as the shared address, a MASTER can, and the neighbour knows the virtual MAC."""
    two, three, one = lan.node("two", 202), lan.node("three", 203), lan.node("one", 4)
    first = Carpd(two, config(host(1, ["2001:db8::1/64"], 0)))
    second = Carpd(three, config(host(1, ["2001:db8::1/64"], 100)))
    wait_for_carp(first, second)
    assert first.state() == "MASTER"
    assert not three.ping(one.address6, source="2001:db8::1")
    wait_until(lambda: two.ping(one.address6, source="2001:db8::1"), 3, "the master can")
    assert one.ping("2001:db8::1")
    assert one.neighbour("2001:db8::1") == "00:00:5e:00:01:01"


def test_single_interface_without_peer(lan):
    node = lan.node("one", 4)
    daemon = Carpd(node, config(host(1, ["192.0.2.1/24"], 100)))
    daemon.wait_state("MASTER")


def test_source_mac_of_advertisements(lan):
    """FreeBSD's Python suite."""
    node = lan.node("one", 1)
    with Capture(lan.bridge, "one") as capture:
        Carpd(node, config(host(1, ["192.0.2.203/24"], 0)))
        assert {frame.source_mac for frame in capture.wait(timeout=6, kind="carp")} == {"00:00:5e:00:01:01"}


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("death", ["halt", "ifdown"])
def test_netbsd_handover(lan, family, death):
    """vhid 175, password s3cret, advskew 0 and 200; the master halts or takes its interface down. NetBSD expects its
    own IPv6 pair to fail; here it must work."""
    master, backup, client = lan.node("master", 1), lan.node("backup", 2), lan.node("client", 240)
    shared = {4: "192.0.2.100", 6: "2001:db8::100"}[family]
    own = {4: master.address4, 6: master.address6}[family]

    def node(advskew):
        return config(host(175, [f"{shared}/{24 if family == 4 else 64}"], advskew, password="s3cret"))
    first, second = Carpd(master, node(0)), Carpd(backup, node(200))
    assert client.ping(own, timeout=2)
    first.wait_state("MASTER", 175)
    second.wait_state("BACKUP", 175)
    assert client.ping(shared, timeout=2)
    t0 = time.monotonic()
    if death == "halt":
        master.cut()
        first.kill_all()
    else:
        master.ip("link", "set", "dev", "eth0", "down")
    wait_until(lambda: not client.ping(own), 2, "the master's own address is silent")
    # NetBSD gives it one second and five pings of one second.
    wait_until(lambda: client.ping(shared), 6 - (time.monotonic() - t0), "the shared address answers")
    second.wait_state("MASTER", 175, timeout=1)
