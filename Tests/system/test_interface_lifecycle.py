"""Interfaces that go down, away, get another name or come later: INIT and back, the same process all along."""

import pytest

from bed import Carpd, example, wait_until


def shared(node):
    return {entry for entry in node.addresses() if entry[1].split("/")[0] in ("192.0.2.1", "2001:db8::1")}


def rename(node, old, new):
    """While it is up, where the kernel can (Linux 6.2)."""
    try:
        node.ip("link", "set", "dev", old, "name", new)
    except RuntimeError:
        node.batch([f"link set dev {old} down", f"link set dev {old} name {new}", f"link set dev {new} up"])


@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_down_and_up(abc, mac):
    a, _, client = abc
    daemon = Carpd(a, example(0, mac=mac))
    daemon.wait_state("MASTER", 2)
    a.ip("link", "set", "dev", "eth0", "down")
    daemon.wait_state("INIT", 1)
    daemon.wait_state("INIT", 2)
    assert not shared(a)
    a.ip("link", "set", "dev", "eth0", "up")
    a.ip("address", "replace", f"{a.address6}/64", "dev", "eth0", "nodad")
    daemon.wait_state("MASTER", 1)
    daemon.wait_state("MASTER", 2)
    wait_until(lambda: client.ping("192.0.2.1") and client.ping("2001:db8::1"), 5, "both addresses answer")


@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_removed_and_made_again(abc, mac):
    a, _, client = abc
    daemon = Carpd(a, example(0, mac=mac))
    daemon.wait_state("MASTER", 2)
    pid = daemon.process.pid
    a.detach()
    daemon.wait_state("INIT", 1)
    daemon.wait_state("INIT", 2)
    assert set(a.links()) == {"lo"}
    a.attach()
    daemon.wait_state("MASTER", 1)
    daemon.wait_state("MASTER", 2)
    wait_until(lambda: client.ping("192.0.2.1") and client.ping("2001:db8::1"), 5, "both addresses answer")
    assert daemon.process.poll() is None and daemon.process.pid == pid


def test_created_later(abc):
    a, _, client = abc
    a.detach()
    daemon = Carpd(a, example(0))
    assert daemon.state(1) == "INIT"
    a.attach()
    daemon.wait_state("MASTER", 1)
    daemon.wait_state("MASTER", 2)
    wait_until(lambda: client.ping("192.0.2.1") and client.ping("2001:db8::1"), 5, "both addresses answer")


@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_renamed_and_back(abc, mac):
    a, _, _ = abc
    daemon = Carpd(a, example(0, mac=mac))
    daemon.wait_state("MASTER", 1)
    rename(a, "eth0", "lan0")
    daemon.wait_state("INIT", 1)
    wait_until(lambda: not shared(a), 5, lambda: f"no shared address on the renamed interface: {shared(a)}")
    rename(a, "lan0", "eth0")
    daemon.wait_state("MASTER", 1)
    daemon.wait_state("MASTER", 2)


def test_another_interface_takes_the_name(abc):
    a, _, _ = abc
    daemon = Carpd(a, example(0))
    daemon.wait_state("MASTER", 1)
    rename(a, "eth0", "old0")
    daemon.wait_state("INIT", 1)
    a.ip("link", "set", "dev", "old0", "down")
    a.lan.bridge.ip("link", "set", "dev", "a", "name", "a-old")
    a.attach()
    daemon.wait_state("MASTER", 1)
    assert not [entry for entry in shared(a) if entry[0] == "old0"]


@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_somebody_deletes_the_address(abc, mac):
    a, _, _ = abc
    daemon = Carpd(a, example(0, mac=mac))
    daemon.wait_state("MASTER", 1)
    interface, address = next(entry for entry in shared(a) if entry[1].startswith("192.0.2.1/"))
    a.ip("address", "del", address, "dev", interface)
    wait_until(lambda: (interface, address) in shared(a), 3, "the address is restored")
    assert daemon.state(1) == "MASTER"
