"""Exactly what leaves the machine, decoded by the bed's own code."""

import time

import pytest

from bed import Capture, Carpd, Lan, config, example, host, packets, wait_until

PASSWORD = "testpass"
SHARED = {1: ["192.0.2.1/24"], 2: ["2001:db8::1/64"]}


@pytest.fixture(scope="module")
def recorded():
    """A becomes MASTER and stays it for some seconds, then stops: what it sent, and when it became MASTER."""
    with Lan() as lan:
        a = lan.node("a", 101)
        lan.node("client", 50)
        with Capture(lan.bridge, "a") as capture:
            daemon = Carpd(a, example(100))
            daemon.wait_state("MASTER", 1)
            daemon.wait_state("MASTER", 2)
            capture.wait(count=8, timeout=15, kind="carp", vhid=1)
            capture.wait(count=8, timeout=15, kind="carp", vhid=2)
            source6 = a.link_local()
            stop = time.monotonic()
            daemon.stop()
            wait_until(lambda: len([f for f in capture.select(kind="carp") if f.bow_out]) >= 2, 2, "two bow-outs")
            yield a, capture, source6, stop


def adverts(recorded, vhid):
    return [frame for frame in recorded[1].select(kind="carp", vhid=vhid) if not frame.bow_out]


def test_ipv4_header(recorded):
    a = recorded[0]
    for frame in recorded[1].select(kind="carp", vhid=1):
        assert (frame.family, frame.source, frame.destination) == (4, a.address4, "224.0.0.18")
        assert (frame.source_mac, frame.destination_mac) == ("00:00:5e:00:01:01", "01:00:5e:00:00:12")
        assert (frame.ttl, frame.tos, frame.dont_fragment) == (255, 0xE0, True)
        assert frame.raw[14] == 0x45 and len(frame.payload) == 36
        assert packets.checksum(frame.raw[14:34]) == 0


def test_ipv6_header(recorded):
    for frame in recorded[1].select(kind="carp", vhid=2):
        assert (frame.family, frame.source, frame.destination) == (6, recorded[2], "ff02::12")
        assert (frame.source_mac, frame.destination_mac) == ("00:00:5e:00:01:02", "33:33:00:00:00:12")
        assert (frame.ttl, frame.tos, len(frame.payload)) == (255, 0xE0, 36)


@pytest.mark.parametrize("vhid", [1, 2])
def test_carp_header(recorded, vhid):
    for frame in adverts(recorded, vhid):
        assert (frame.version, frame.authlen, frame.demotion) == (0x21, 7, 0)
        assert (frame.advbase, frame.advskew) == (1, 100)
        assert frame.checksum_right and frame.verifies(PASSWORD, SHARED[vhid])


@pytest.mark.parametrize("vhid", [1, 2])
def test_bow_out(recorded, vhid):
    farewell = [frame for frame in recorded[1].select(kind="carp", vhid=vhid) if frame.bow_out]
    assert farewell and farewell[-1] is recorded[1].select(kind="carp", vhid=vhid)[-1]
    assert farewell[0].checksum_right and farewell[0].verifies(PASSWORD, SHARED[vhid])
    assert farewell[0].time - recorded[3] < 0.5


@pytest.mark.parametrize("vhid", [1, 2])
def test_counters_never_repeat(recorded, vhid):
    counters = [frame.counter for frame in recorded[1].select(kind="carp", vhid=vhid)]
    assert len(set(counters)) == len(counters)


@pytest.mark.parametrize("vhid", [1, 2])
def test_interval(recorded, vhid):
    """Repeated at 0, 0.1, 0.3, 1 and 2 s after the takeover, then every 1 + 100/256 s."""
    times = [frame.time for frame in adverts(recorded, vhid)]
    early = [round(when - times[0], 1) for when in times if when - times[0] < 0.5]
    assert early == [0.0, 0.1, 0.3], early
    steady = [later - earlier for earlier, later in zip(times, times[1:]) if earlier - times[0] > 2.5]
    assert steady and all(abs(gap - 1.390625) < 0.05 for gap in steady), steady


def test_gratuitous_arp(recorded):
    announcements = recorded[1].select(kind="arp", sender="192.0.2.1")
    assert len(announcements) >= 3, "announced once, and again"
    for frame in announcements:
        assert (frame.operation, frame.target, frame.sender_mac) == (1, "192.0.2.1", "00:00:5e:00:01:01")
        assert frame.destination_mac == "ff:ff:ff:ff:ff:ff"
    first = adverts(recorded, 1)[0].time
    assert abs(announcements[0].time - first) < 0.1


def test_unsolicited_neighbour_advertisement(recorded):
    announcements = recorded[1].select(kind="na", target="2001:db8::1")
    assert len(announcements) >= 3, "announced once, and again"
    for frame in announcements:
        assert (frame.destination, frame.destination_mac, frame.ttl) == ("ff02::1", "33:33:00:00:00:01", 255)
        assert (frame.override, frame.solicited, frame.router) == (True, False, False)
        assert frame.target_mac == "00:00:5e:00:01:02"
        assert frame.source not in ("::", None)


def test_nothing_is_sent_before_master(recorded):
    """As BACKUP the machine says nothing with the virtual MAC."""
    first = {vhid: adverts(recorded, vhid)[0].time for vhid in (1, 2)}
    for vhid in (1, 2):
        mac = packets.virtual_mac(vhid)
        early = [frame for frame in recorded[1].select(until=first[vhid] - 0.05) if frame.source_mac == mac]
        assert not early, early


def test_both_families_of_one_virtual_host(abc):
    a, _, _ = abc
    shared = ["192.0.2.3/24", "192.0.2.1/24", "2001:db8::3/64", "2001:db8::1/64"]
    with Capture(a.lan.bridge, "a") as capture:
        Carpd(a, config(host(9, shared, 0)))
        capture.wait(count=4, timeout=8, kind="carp", vhid=9)
        frames = capture.select(kind="carp", vhid=9)
        assert {frame.family for frame in frames} == {4, 6}
        assert all(frame.verifies(PASSWORD, shared) for frame in frames)
        assert len({frame.counter for frame in frames}) == len(frames)


def test_without_an_ipv4_address_the_source_is_unspecified(abc):
    a, _, _ = abc
    a.ip("address", "del", f"{a.address4}/24", "dev", "eth0")
    with Capture(a.lan.bridge, "a") as capture:
        Carpd(a, config(host(1, ["192.0.2.1/24"], 0)))
        frames = capture.wait(count=3, timeout=8, kind="carp", vhid=1)
        assert {frame.source for frame in frames} == {"0.0.0.0"}


def test_without_a_link_local_address_ipv6_is_not_sent(abc):
    a, _, _ = abc
    a.ip("-6", "address", "flush", "dev", "eth0", "scope", "link")
    with Capture(a.lan.bridge, "a") as capture:
        Carpd(a, config(host(1, ["192.0.2.1/24", "2001:db8::1/64"], 0)))
        capture.wait(count=3, timeout=8, kind="carp", family=4)
        sources = {frame.source for frame in capture.select(kind="carp", family=6)}
        # Never a shared address; another address of the machine would do.
        assert "2001:db8::1" not in sources and sources <= {a.address6}


@pytest.mark.parametrize("secret, key", [
    ({"password": "x"}, b"x"), ({"password": "a-password-of-19-b."}, b"a-password-of-19-b."),
    ({"password": None, "password_hex": "ff0080"}, b"\xff\x00\x80"),
    ({"password": None, "password_hex": "0102030405060708090a0b0c0d0e0f1011121314"}, bytes(range(1, 21))),
], ids=["one byte", "19 bytes", "binary", "20 bytes"])
def test_keys(abc, secret, key):
    a, _, _ = abc
    with Capture(a.lan.bridge, "a") as capture:
        Carpd(a, config(host(1, ["192.0.2.1/24"], 1, advbase=0, **secret)))
        frame = capture.wait(timeout=8, kind="carp", vhid=1)[0]
        assert frame.verifies(key, ["192.0.2.1"])
