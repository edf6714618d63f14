"""Demotion as on FreeBSD: what is wrong with one virtual host makes the machine the last choice for all of them."""

import time

from bed import Carpd, config, host, wait_until


def two_networks(a, b, preempt=True, factor=240):
    """carpd on both machines, with vhid 1 on eth0 and vhid 2 on eth1; A is MASTER of both."""
    a.lan.second_network(a, b)
    daemons = [Carpd(node, config(
        host(1, ["192.0.2.1/24"], advskew), host(2, ["198.51.100.1/24"], advskew, interface="eth1"),
        preempt=preempt).replace("[daemon]\n", f"[daemon]\nifdown-demotion = {factor}\n"))
        for node, advskew in ((a, 100), (b, 200))]
    for vhid in (1, 2):
        daemons[0].wait_state("MASTER", vhid)
        daemons[1].wait_state("BACKUP", vhid)
    return daemons


def skew_demotion(daemon, vhid=1):
    return daemon.virtual_host(vhid)["demotion"]


def test_a_lost_link_moves_the_other_virtual_host_too(abc):
    a, b, _ = abc
    first, second = two_networks(a, b)
    first.wait_log(r"VHID 2@eth1: BACKUP -> MASTER")
    cut = time.monotonic()
    a.lan.bridge.ip("link", "set", "dev", "a-1", "down")
    first.wait_log(r"demoted by 240 to 240 \(interface down, VHID 2@eth1\)", cut)
    # Demoted to 240, A is worse than B's 200: B does not wait for a timeout.
    moved, _ = second.wait_log(r"VHID 1@eth0: BACKUP -> MASTER \(preempting a slower master\)", cut)
    assert moved - cut < 1
    second.wait_state("MASTER", 2)
    assert first.state(1) == "BACKUP" and first.state(2) == "INIT" and skew_demotion(first) == 240
    a.lan.bridge.ip("link", "set", "dev", "a-1", "up")
    first.wait_log(r"demoted by -240 to 0 \(interface up, VHID 2@eth1\)", moved)
    for vhid in (1, 2):
        first.wait_state("MASTER", vhid)
        second.wait_state("BACKUP", vhid)


def test_without_preempt_it_stays_where_it_is(abc):
    a, b, _ = abc
    first, second = two_networks(a, b, preempt=False)
    a.lan.bridge.ip("link", "set", "dev", "a-1", "down")
    second.wait_state("MASTER", 2)
    assert first.state(1) == "MASTER" and skew_demotion(first) == 240
    assert not second.lines("VHID 1@eth0: BACKUP -> MASTER")


def test_the_factor_is_configurable(abc):
    a, b, _ = abc
    first, second = two_networks(a, b, factor=0)
    a.lan.bridge.ip("link", "set", "dev", "a-1", "down")
    first.wait_state("INIT", 2)
    second.wait_state("MASTER", 2)
    assert first.state(1) == "MASTER" and skew_demotion(first) == 0
    assert not first.lines("demoted by")


def test_send_errors_demote_until_sending_works(abc):
    """vhid 1 goes to its peer by unicast, which A's own firewall refuses; vhid 2 by multicast is moved by it."""
    a, b, _ = abc
    daemons = []
    for node, other, advskew in ((a, b, 100), (b, a, 200)):
        daemons.append(Carpd(node, config(
            host(1, ["192.0.2.1/24"], advskew, peers=[other.address4]), host(2, ["192.0.2.2/24"], advskew),
            preempt=True)))
    first, second = daemons
    for vhid in (1, 2):
        first.wait_state("MASTER", vhid)
        second.wait_state("BACKUP", vhid)
    a.run("nft", "add table ip bed; add chain ip bed output { type filter hook output priority 0; }; "
                 "add rule ip bed output ip protocol 112 drop")
    broken, _ = first.wait_log(r"demoted by 240 to 240 \(send errors, VHID 1@eth0\)", timeout=10)
    second.wait_log(r"VHID 2@eth0: BACKUP -> MASTER \(preempting a slower master\)", broken - 1)
    second.wait_state("MASTER", 1)
    first.wait_state("BACKUP", 1)
    # As BACKUP it cannot show that it sends again; as MASTER it does, and three advertisements suffice.
    a.run("nft", "delete", "table", "ip", "bed")
    second.stop()
    first.wait_log(r"demoted by -240 to 0 \(sending works again, VHID 1@eth0\)", broken, timeout=10)
    wait_until(lambda: skew_demotion(first) == 0, 3, "no demotion")
    first.wait_state("MASTER", 1)
