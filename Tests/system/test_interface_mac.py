"""mac = "interface": the shared addresses on the interface itself, with its own MAC."""

from bed import Capture, Carpd, Prober, example, example_pair, wait_until

SHARED = ["192.0.2.1", "2001:db8::1"]


def test_addresses_stand_on_the_interface_as_host_addresses(abc):
    a, b, client = abc
    before = a.settings("eth0"), a.routes(), a.addresses()
    first, _ = example_pair(a, b, mac="interface")
    assert a.addresses() - before[2] == {("eth0", "192.0.2.1/32"), ("eth0", "2001:db8::1/128")}
    assert not [name for name in a.links() if name.startswith("carp")]
    assert a.routes() == before[1]
    for address in SHARED:
        assert client.ping(address, count=2) and client.neighbour(address) == a.mac
    first.stop()
    assert (a.settings("eth0"), a.routes(), a.addresses()) == before


def test_announcements_carry_the_own_mac(abc):
    a, b, client = abc
    first, _ = example_pair(a, b, mac="interface")
    for address in SHARED:
        assert client.ping(address) and client.neighbour(address) == a.mac
    with Capture(b.lan.bridge, "b") as sent_by_b:
        first.stop()
        garp = sent_by_b.wait(kind="arp", sender="192.0.2.1")[0]
        assert (garp.source_mac, garp.sender_mac, garp.target) == (b.mac, b.mac, "192.0.2.1")
        notice = sent_by_b.wait(kind="na", target="2001:db8::1")[0]
        assert (notice.source_mac, notice.target_mac, notice.override) == (b.mac, b.mac, True)
    for address in SHARED:
        wait_until(lambda: client.neighbour(address) == b.mac, 3, f"the client knows {address} at b")


def test_address_on_a_network_the_interface_is_not_in(abc):
    """Then a connected route is needed, and goes again."""
    a, _, client = abc
    before = a.routes()
    client.ip("address", "add", "198.51.100.50/24", "dev", "eth0")
    daemon = Carpd(a, example(0, mac="interface").replace("192.0.2.1/24", "198.51.100.1/24"))
    daemon.wait_state("MASTER", 1)
    with Prober(client, [a], ["198.51.100.1"]) as prober:
        prober.wait_owner("198.51.100.1", a)
    daemon.stop()
    assert a.routes() == before
