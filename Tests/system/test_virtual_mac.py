"""mac = "virtual": neighbours only ever learn 00:00:5e:00:01:VHID, from the MASTER; the host keeps its own traffic."""

import time

import pytest

from bed import Capture, Carpd, Injector, Lan, RouterAdvertiser, example, example_pair, packets, wait_until

VIRTUAL = {"192.0.2.1": "00:00:5e:00:01:01", "2001:db8::1": "00:00:5e:00:01:02"}


@pytest.fixture(scope="module")
def running():
    with Lan() as lan:
        a, b, client = lan.node("a", 101), lan.node("b", 102), lan.node("client", 50)
        yield a, b, client, *example_pair(a, b)


def test_one_answer_to_an_arp_request(running):
    a, b, client, *_ = running
    with Capture(client) as capture, Injector(client) as injector:
        t0 = time.monotonic()
        for _ in range(3):
            injector.send(packets.arp_request("192.0.2.1", client.address4, client.mac))
        capture.wait(count=3, kind="arp", operation=2, since=t0)
        # What else might answer would do so at once; one ping of the own address is a round trip later.
        assert client.ping(a.address4) and client.ping(b.address4)
        answers = capture.select(kind="arp", operation=2, sender="192.0.2.1", since=t0)
        assert [answer.sender_mac for answer in answers] == [VIRTUAL["192.0.2.1"]] * 3


@pytest.mark.parametrize("address", list(VIRTUAL))
def test_the_client_learns_the_virtual_mac(running, address):
    client = running[2]
    client.ip("neigh", "flush", "dev", "eth0")
    assert client.ping(address, count=2)
    assert client.neighbour(address) == VIRTUAL[address]
    assert client.lan.learnt_port(VIRTUAL[address]) == "a"


def test_the_backup_is_silent_at_layer_2(running):
    a, b, client, *_ = running
    with Capture(b.lan.bridge, "b", everything=True) as sent_by_b:
        t0 = time.monotonic()
        client.ip("neigh", "flush", "dev", "eth0")
        with Capture(a.lan.bridge, "a") as sent_by_a:
            for _ in range(4):
                client.ping("192.0.2.1")
                client.ping("2001:db8::1")
            sent_by_a.wait(count=4, kind="carp")  # two intervals of both virtual hosts
        foreign = [frame for frame in sent_by_b.select(since=t0) if frame.source_mac != b.mac]
        assert not foreign, foreign
        assert not [frame for frame in sent_by_b.select(since=t0) if frame.sender in VIRTUAL or frame.target in VIRTUAL]


def test_host_traffic_keeps_its_own_mac(running):
    a, _, client, *_ = running
    with Capture(a.lan.bridge, "a", everything=True) as sent_by_a:
        t0 = time.monotonic()
        assert a.ping(client.address4) and a.ping(client.address6)
        echoes = [frame for frame in sent_by_a.select(kind="icmp", since=t0)]
        assert echoes and {frame.source_mac for frame in echoes} == {a.mac}
        assert {frame.source for frame in echoes} <= {a.address4, a.address6}


def test_no_arp_request_of_the_host_names_the_shared_address(running):
    a, _, client, *_ = running
    with Capture(a.lan.bridge, "a") as sent_by_a:
        t0 = time.monotonic()
        # To answer a ping of the shared address A must resolve the client.
        for _ in range(3):
            a.ip("neigh", "flush", "dev", "eth0")
            assert client.ping("192.0.2.1", timeout=2)
        requests = sent_by_a.select(kind="arp", operation=1, since=t0)
        wrong = [f for f in requests if f.sender == "192.0.2.1" and f.sender_mac != VIRTUAL["192.0.2.1"]]
        assert not wrong, wrong


def test_the_switch_follows_a_takeover(abc):
    a, b, client = abc
    first, _ = example_pair(a, b)
    assert client.ping("192.0.2.1") and client.lan.learnt_port(VIRTUAL["192.0.2.1"]) == "a"
    first.stop()
    for address, mac in VIRTUAL.items():
        wait_until(lambda: client.lan.learnt_port(mac) == "b", 3, f"the switch has {mac} behind b")
        wait_until(lambda: client.ping(address), 3, f"{address} answers")
        assert client.neighbour(address) == mac


def test_a_router_gives_the_macvlan_nothing(abc):
    a, _, client = abc
    with RouterAdvertiser(client, interval=0.3) as router:
        daemon = Carpd(a, example(0))
        daemon.wait_state("MASTER", 1)
        daemon.wait_state("MASTER", 2)
        sent = router.sent
        wait_until(lambda: router.sent >= sent + 4, 5, "four router advertisements")
        wait_until(lambda: any("2001:db8:99:" in address for _, address in a.addresses()), 5, "eth0 autoconfigures")
    macvlans = [name for name in a.links() if name.startswith("carp")]
    assert len(macvlans) == 2
    assert {address for interface, address in a.addresses() if interface in macvlans} == \
        {"192.0.2.1/32", "2001:db8::1/128"}
    routes = a.ip("-6", "route", "show", "table", "all") + a.ip("-4", "route", "show", "table", "all")
    through = [line for line in routes.splitlines()
               if any(f"dev {name}" in line for name in macvlans)
               and not line.startswith(("local ", "multicast ", "anycast ", "broadcast "))]
    assert not through, through


def test_settings_and_links_are_put_back(abc):
    a, b, _ = abc
    before = a.settings("eth0"), a.routes(), a.addresses(), set(a.links())
    first, _ = example_pair(a, b)
    assert len([name for name in a.links() if name.startswith("carp")]) == 2
    first.stop()
    assert a.settings("eth0") == before[0]
    assert (a.routes(), a.addresses(), set(a.links())) == before[1:]


def test_strict_reverse_path_filter(abc):
    a, _, client = abc
    a.sysctl("net.ipv4.conf.all.rp_filter", 1)
    daemon = Carpd(a, example(0))
    daemon.wait_state("MASTER", 1)
    wait_until(lambda: client.ping("192.0.2.1"), 3, "the shared address answers")


def test_the_macvlan_is_up_only_while_master(abc):
    a, b, _ = abc
    example_pair(a, b)
    up = {node.label: [name for name, link in node.links().items() if name.startswith("carp") and "UP" in link["flags"]]
          for node in (a, b)}
    assert len(up["a"]) == 2 and not up["b"]
    for name in up["a"]:
        link = a.ip_json("-details", "link", "show", "dev", name)[0]
        assert link["linkinfo"]["info_kind"] == "macvlan" and link["linkinfo"]["info_data"]["mode"] == "bridge"
        assert link["address"] in VIRTUAL.values()
