"""The host's own traffic: the shared addresses never become a source or a way out, on adding and on renewal."""

import socket
import time

import pytest

from bed import AddressMonitor, Capture, Carpd, example, wait_until


def chosen_source(node, destination):
    """The source address the kernel gives a socket to `destination`."""
    with node.entered():
        with socket.socket(socket.AF_INET6 if ":" in destination else socket.AF_INET, socket.SOCK_DGRAM) as handle:
            handle.connect((destination, 9))
            return handle.getsockname()[0]


@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_routes_and_sources_never_change(abc, mac):
    a, _, client = abc
    a.ip("route", "add", "default", "via", client.address4)
    a.ip("-6", "route", "add", "default", "via", client.address6)
    destinations = {client.address4: a.address4, client.address6: a.address6,
                    "198.51.100.7": a.address4, "2001:db8:ffff::7": a.address6}
    routes = a.routes()

    def unchanged():
        assert a.routes() == routes
        for destination, source in destinations.items():
            assert chosen_source(a, destination) == source, destination

    unchanged()
    with Capture(a.lan.bridge, "a") as sent_by_a:
        daemon = Carpd(a, example(0, mac=mac))
        daemon.wait_state("MASTER", 1)
        daemon.wait_state("MASTER", 2)
        unchanged()
        # Leases are renewed with the advertisements: look after each of several.
        start = time.monotonic()
        for count in range(1, 6):
            sent_by_a.wait(count=count, timeout=5, kind="carp", vhid=1, since=start)
            unchanged()
        assert {f.source for f in sent_by_a.select(kind="carp", family=4)} == {a.address4}
        daemon.stop()
    unchanged()


@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_leases_are_finite_and_marked(abc, mac):
    a, _, _ = abc
    with AddressMonitor(a) as monitor:
        daemon = Carpd(a, example(100, mac=mac))
        daemon.wait_state("MASTER", 1)
        daemon.wait_state("MASTER", 2)

        def renewals():
            return [c for c in list(monitor.changes) if c.present and c.address in ("192.0.2.1", "2001:db8::1")]
        wait_until(lambda: len(renewals()) >= 6, 8, "the addresses are renewed")
        for change in renewals():
            assert 1 <= change.valid_lifetime <= 2, change
            assert change.prefix == (128 if ":" in change.address else 32), change
            # 1 to 3 are the kernel's own, 0 is nobody's.
            assert change.protocol not in (None, 0, 1, 2, 3), change


def test_dhcp_renewal_of_the_hosts_own_address_does_not_hand_over_the_primary(abc):
    """The host's address runs out and comes back, as by DHCP; the shared one must not have become the primary."""
    a, _, client = abc
    daemon = Carpd(a, example(0, mac="interface"))
    daemon.wait_state("MASTER", 1)
    a.ip("address", "change", f"{a.address4}/24", "dev", "eth0", "valid_lft", "60", "preferred_lft", "60")
    assert chosen_source(a, client.address4) == a.address4
    a.ip("address", "del", f"{a.address4}/24", "dev", "eth0")
    a.ip("address", "add", f"{a.address4}/24", "dev", "eth0")
    assert chosen_source(a, client.address4) == a.address4
    assert a.owns("192.0.2.1") and daemon.state(1) == "MASTER"
