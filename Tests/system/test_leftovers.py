"""What a killed carpd left behind: the next start goes on with it or removes it, and touches nothing else."""

import pytest

from bed import AddressMonitor, Carpd, config, example, host, wait_until


def shared(node):
    return sorted(entry for entry in node.addresses() if entry[1].split("/")[0] in ("192.0.2.1", "2001:db8::1"))


@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_restart_right_after_a_crash(abc, mac):
    a, _, client = abc
    before = a.routes(), a.addresses(), set(a.links()), a.settings("eth0")
    daemon = Carpd(a, example(0, mac=mac))
    daemon.wait_state("MASTER", 1)
    daemon.wait_state("MASTER", 2)
    normal = shared(a)
    daemon.kill_all()
    daemon.start()
    daemon.wait_state("MASTER", 1)
    daemon.wait_state("MASTER", 2)
    assert shared(a) == normal
    wait_until(lambda: client.ping("192.0.2.1") and client.ping("2001:db8::1"), 3, "both addresses answer")
    daemon.stop()
    assert (a.routes(), a.addresses(), set(a.links())) == before[:3]
    assert a.settings("eth0") == before[3]


@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_the_leases_run_out_without_a_restart(abc, mac):
    a, _, _ = abc
    with AddressMonitor(a) as monitor:
        daemon = Carpd(a, example(100, mac=mac))
        daemon.wait_state("MASTER", 1)
        daemon.wait_state("MASTER", 2)
        t0 = daemon.kill_all()
        for address in ("192.0.2.1", "2001:db8::1"):
            # A lease of 2 s and the kernel's second.
            assert monitor.wait_gone(address, a, 5) - t0 < 3.2


def test_a_virtual_host_that_is_not_configured_any_more(abc):
    a, _, _ = abc
    daemon = Carpd(a, example(0))
    daemon.wait_state("MASTER", 1)
    daemon.wait_state("MASTER", 2)
    daemon.kill_all()
    assert len([name for name in a.links() if name.startswith("carp")]) == 2
    daemon.write_config(config(host(2, ["2001:db8::1/64"], 0)))
    daemon.start()
    wait_until(lambda: len([name for name in a.links() if name.startswith("carp")]) <= 1, 3,
               "the macvlan of vhid 1 is removed")
    assert not a.owns("192.0.2.1")
    daemon.wait_state("MASTER", 2)
    daemon.stop()
    assert not [name for name in a.links() if name.startswith("carp")]


@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_what_somebody_else_added_stays(abc, mac):
    a, _, _ = abc
    # Addresses and a macvlan of the administrator, some looking much like ours.
    a.ip("address", "add", "192.0.2.77/32", "dev", "eth0")
    a.ip("address", "add", "192.0.2.1/24", "dev", "lo")
    a.ip("link", "add", "carp-mine", "link", "eth0", "type", "macvlan", "mode", "bridge")
    before = a.addresses(), set(a.links())
    daemon = Carpd(a, example(0, mac=mac).replace("192.0.2.1/24", "192.0.2.3/24"))
    daemon.wait_state("MASTER", 1)
    daemon.kill_all()
    daemon.start()
    daemon.wait_state("MASTER", 1)
    daemon.stop()
    assert (a.addresses(), set(a.links())) == before
