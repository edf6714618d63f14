"""Packets that must not count: each has its counter and one line in the log, and none changes a state by itself."""

import time

import pytest

from bed import Capture, Carpd, Injector, Lan, config, example_pair, host, packets, wait_until

# Everything a better master would send, but for the one thing that is wrong.
GOOD = dict(vhid=1, addresses=["192.0.2.1"], password="testpass", advbase=1, advskew=0)
FAKE = "192.0.2.200"
FAKE6 = "fe80::200"


def advert4(**changes):
    return packets.frame4(packets.carp(**{**GOOD, **changes}), FAKE)


def advert6(**changes):
    return packets.frame6(packets.carp(**{**GOOD, "vhid": 2, "addresses": ["2001:db8::1"], **changes}), FAKE6, vhid=2)


WRONG = {
    "bad password": ("badauth", advert4(password="testpasS")),
    "bad password, IPv6": ("badauth", advert6(password="testpasS")),
    "other address list": ("badauth", advert4(addresses=["192.0.2.1", "192.0.2.2"])),
    "TTL 254": ("badttl", packets.frame4(packets.carp(**GOOD), FAKE, ttl=254)),
    "hop limit 254": ("badttl", packets.frame6(
        packets.carp(**{**GOOD, "vhid": 2, "addresses": ["2001:db8::1"]}), FAKE6, ttl=254, vhid=2)),
    "version 1": ("badver", advert4(first=0x11)),
    "version 3": ("badver", advert4(first=0x31)),
    # A real VRRPv3 packet is shorter than an advertisement, which FreeBSD 14 notices before the version.
    "VRRPv3": ("badlen", packets.frame4(packets.vrrp3(1, ["192.0.2.1"], FAKE, priority=254), FAKE)),
    "too short": ("badlen", packets.frame4(packets.carp(**GOOD)[:20], FAKE)),
    "too short, IPv6": ("badlen", packets.frame6(
        packets.carp(**{**GOOD, "vhid": 2, "addresses": ["2001:db8::1"]})[:20], FAKE6, vhid=2)),
    "checksum": ("badsum", advert4(sum_error=0x0101)),
    "checksum, IPv6": ("badsum", advert6(sum_error=0x0101)),
    "vhid of somebody else": ("badvhid", advert4(vhid=77)),
}


@pytest.fixture(scope="module")
def running():
    with Lan() as lan:
        a, b, client = lan.node("a", 101), lan.node("b", 102), lan.node("client", 50)
        yield a, b, client, *example_pair(a, b)


@pytest.mark.parametrize("what", list(WRONG))
def test_counter_and_no_state_change(running, what):
    counter, frame = WRONG[what]
    _, _, client, *daemons = running
    before = [daemon.counters()[counter] for daemon in daemons]
    t0 = time.monotonic()
    with Injector(client) as injector:
        for _ in range(5):
            injector.send(frame)
        # A timer reads the diagnosis socket ten times a second at most, and its buffer is small: at least one is seen.
        for daemon, count in zip(daemons, before):
            wait_until(lambda: daemon.counters()[counter] > count, 3,
                       lambda: f"{counter} rises above {count} on {daemon.node.label}: {daemon.counters()}")
    for daemon in daemons:
        assert not daemon.transitions(1, since=t0) and not daemon.transitions(2, since=t0)


@pytest.mark.parametrize("what", ["bad password", "TTL 254", "version 1", "too short", "checksum"])
def test_one_log_line_for_many_packets(abc, what):
    a, _, client = abc
    daemon = Carpd(a, config(host(1, ["192.0.2.1/24"], 128, advbase=0)))
    daemon.wait_state("MASTER")
    t0 = time.monotonic()
    with Injector(client) as injector:
        for _ in range(200):
            injector.send(WRONG[what][1])
        counter = WRONG[what][0]
        wait_until(lambda: daemon.counters()[counter] > 0, 3, f"{counter} rises")
        # At a steady drip over a second as well.
        for _ in range(20):
            injector.send(WRONG[what][1])
            time.sleep(0.05)  # the rate of the drip, not a wait for anything
    found = daemon.lines(FAKE.replace(".", r"\."), since=t0)
    assert 1 <= len(found) <= 2, daemon.text()  # "peer-mismatch" is a second thing to say
    assert len(daemon.lines(".", since=t0)) <= 3, daemon.text()
    assert daemon.state() == "MASTER"


def test_peer_mismatch_is_shown_and_ends(abc):
    """Two machines with different passwords: both MASTER, both say why; the same password heals it."""
    a, b, _ = abc
    first = Carpd(a, config(host(1, ["192.0.2.1/24"], 0)))
    first.wait_state("MASTER")
    assert first.virtual_host()["peer-mismatch"] is False
    second = Carpd(b, config(host(1, ["192.0.2.1/24"], 100, password="testpasS")))
    second.wait_state("MASTER")
    for daemon in (first, second):
        wait_until(lambda: daemon.virtual_host()["peer-mismatch"] is True, 5,
                   lambda: f"peer-mismatch on {daemon.node.label}: {daemon.virtual_host()}")
        assert daemon.lines(r"(?i)password|address"), daemon.text()
    second.stop()
    second = Carpd(b, config(host(1, ["192.0.2.1/24"], 100)))
    second.wait_state("BACKUP")
    wait_until(lambda: first.virtual_host()["peer-mismatch"] is False
               and second.virtual_host()["peer-mismatch"] is False, 10, "no mismatch any more")


def test_unverified_packets_do_not_block_a_takeover(abc):
    a, b, client = abc
    _, second = example_pair(a, b)
    with Injector(client) as injector:
        t0 = time.monotonic()
        a.cut()

        def taken_over():
            injector.send(advert4(password="guessed"))
            injector.send(advert6(password="guessed"))
            return second.transitions(1, since=t0) and second.transitions(2, since=t0)
        wait_until(taken_over, 5, "B takes over in spite of a forger", interval=0.1)


def test_own_echo_is_dropped(abc):
    """A switch that sends multicast back to its sender must not make a master yield to itself."""
    a, _, client = abc
    with Capture(a.lan.bridge, "a") as sent_by_a, Injector(client) as injector:
        daemon = Carpd(a, config(host(1, ["192.0.2.1/24"], 0)))
        daemon.wait_state("MASTER")
        t0 = time.monotonic()
        returned = 0
        while returned < 3:
            for frame in sent_by_a.wait(count=returned + 1, timeout=5, kind="carp", since=t0)[returned:]:
                injector.send(frame.raw)
                returned += 1
        sent_by_a.wait(count=returned + 2, timeout=5, kind="carp", since=t0)
        assert not daemon.transitions(1, since=t0) and daemon.state() == "MASTER"
        assert daemon.counters()["badauth"] == 0


def test_a_valid_better_master_is_obeyed(abc):
    """The opposite check: the forgery that is right in everything does change the state."""
    a, _, client = abc
    daemon = Carpd(a, config(host(1, ["192.0.2.1/24"], 100)))
    daemon.wait_state("MASTER")
    with Injector(client) as injector:
        injector.send(advert4(counter=123456))
        daemon.wait_log(r"MASTER -> BACKUP \(more frequent advertisement received\)", timeout=2)
