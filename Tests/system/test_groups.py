"""[[group]]: virtual hosts that share their fate, as the two sides of a router."""

import time

from bed import Capture, Carpd, config, host

GROUP = '\n[[group]]\nname = "router"\nmembers = ["eth0-1", "eth1-2"]\n'


def router(node, advskew, preempt=True):
    return Carpd(node, config(host(1, ["192.0.2.1/24"], advskew),
                              host(2, ["198.51.100.1/24"], advskew, interface="eth1"), preempt=preempt) + GROUP)


def both(daemon, state):
    for vhid in (1, 2):
        daemon.wait_state(state, vhid)


def test_one_side_without_link_moves_both(abc):
    a, b, _ = abc
    a.lan.second_network(a, b)
    first, second = router(a, 100), router(b, 200)
    both(first, "MASTER")
    both(second, "BACKUP")
    with Capture(a.lan.bridge, "a") as sent_by_a:
        t0 = time.monotonic()
        a.lan.bridge.ip("link", "set", "dev", "a-1", "down")
        # The side that works bows out, and is taken over at once.
        first.expect_transitions("MASTER -> BACKUP (another of its group cannot serve)", vhid=1, since=t0)
        taken, _ = second.wait_log(r"VHID 1@eth0: BACKUP -> MASTER \(master will time out\)", t0)
        assert taken - t0 < 1
        sent_by_a.wait(count=1, timeout=2, kind="carp", vhid=1, advbase=255, advskew=255)
        both(second, "MASTER")
        assert first.state(1) == "BACKUP" and first.state(2) == "INIT"
        t1 = time.monotonic()
        a.lan.bridge.ip("link", "set", "dev", "a-1", "up")
        both(first, "MASTER")
        both(second, "BACKUP")
        # Whichever yields first takes the other along, unless that has yielded by itself.
        lost = {second.transitions(vhid, t1)[0][2] for vhid in (1, 2)}
        assert lost <= {"more frequent advertisement received", "another of its group yielded"}, second.text()
        assert all(len(second.transitions(vhid, t1)) == 1 for vhid in (1, 2)), second.text()
        # Together: within one turn of the engine, and so of the log.
        moments = [first.wait_log(rf"VHID {vhid}@\w+: BACKUP -> MASTER \(preempting", t1)[0] for vhid in (1, 2)]
        assert abs(moments[0] - moments[1]) < 0.2


def test_alone_half_a_router_serves_nothing(abc):
    a, b, client = abc
    a.lan.second_network(a, b)
    daemon = router(a, 100)
    both(daemon, "MASTER")
    a.lan.bridge.ip("link", "set", "dev", "a-1", "down")
    daemon.wait_state("BACKUP", 1)
    t0 = time.monotonic()
    # Longer than a takeover takes.
    with Capture(a.lan.bridge, "a") as sent_by_a:
        while time.monotonic() - t0 < 5:
            assert daemon.state(1) == "BACKUP" and not a.owns("192.0.2.1")
            time.sleep(0.5)
        assert not sent_by_a.select(kind="carp")
    a.lan.bridge.ip("link", "set", "dev", "a-1", "up")
    both(daemon, "MASTER")


def test_a_network_cut_in_two_does_not_flap(abc):
    """B has both without preempt. When eth0 is cut in two A takes its half, and with it eth1, where it is better; B
    keeps its half of eth0. When that is whole again A has everything."""
    a, b, _ = abc
    a.lan.second_network(a, b)
    second = router(b, 200, preempt=False)
    both(second, "MASTER")
    first = router(a, 100, preempt=False)
    both(first, "BACKUP")
    t0 = time.monotonic()
    a.lan.partition(a, b)
    both(first, "MASTER")
    second.wait_state("BACKUP", 2)
    second.wait_log(r"VHID 1@eth0: BACKUP -> MASTER \(master timed out\)", t0)
    t1 = time.monotonic()
    a.lan.heal(a, b)
    both(second, "BACKUP")
    both(first, "MASTER")
    first.expect_transitions("BACKUP -> MASTER (master timed out)", vhid=1, since=t0)
    first.expect_transitions("BACKUP -> MASTER (preempting a slower master)", vhid=2, since=t0)
    second.expect_transitions("MASTER -> BACKUP (more frequent advertisement received)", vhid=1, since=t1)


def test_addresses_taken_away_on_one_side_move_both(abc):
    a, b, _ = abc
    a.lan.second_network(a, b)
    first, second = router(a, 100), router(b, 200)
    both(first, "MASTER")
    both(second, "BACKUP")
    t0 = time.monotonic()
    deadline = t0 + 10
    # Put back three times, given up the fourth time.
    while first.state(2) == "MASTER" and time.monotonic() < deadline:
        for interface, address in a.addresses():
            if address == "198.51.100.1/32":
                a.ip("address", "del", address, "dev", interface, check=False)
        time.sleep(0.1)
    first.expect_transitions("MASTER -> BACKUP (another of its group cannot serve)", vhid=1, since=t0)
    both(second, "MASTER")
