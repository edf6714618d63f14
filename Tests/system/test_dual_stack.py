"""Both families in one virtual host: they move together, and either family's advertisements keep a backup quiet."""

import time

from bed import Capture, Carpd, Prober, config, host, wait_until

SHARED = ["192.0.2.1/24", "2001:db8::1/64"]


def pair(a, b):
    first = Carpd(a, config(host(1, SHARED, 0)))
    second = Carpd(b, config(host(1, SHARED, 100)))
    first.wait_state("MASTER")
    second.wait_state("BACKUP")
    return first, second


def test_both_move_together(abc):
    a, b, client = abc
    first, second = pair(a, b)
    with Prober(client, [a, b], ["192.0.2.1", "2001:db8::1"]) as prober:
        prober.wait_owner("192.0.2.1", a)
        prober.wait_owner("2001:db8::1", a)
        t0 = time.monotonic()
        first.stop()
        prober.wait_owner("192.0.2.1", b, since=t0)
        prober.wait_owner("2001:db8::1", b, since=t0)
    assert second.state() == "MASTER"


def drop_family(lan, family):
    match = "ip protocol 112" if family == 4 else "ip6 nexthdr 112"
    lan.drop(f"ether type {'ip' if family == 4 else 'ip6'} {match}")


def test_one_silent_family_is_no_reason_to_take_over(abc):
    a, b, _ = abc
    first, second = pair(a, b)
    for family in (6, 4):
        t0 = time.monotonic()
        drop_family(a.lan, family)
        with Capture(a.lan.bridge, "a") as sent_by_a:
            # Six intervals: B's patience would have ended after 3.4 s.
            sent_by_a.wait(count=6, timeout=10, kind="carp", family=4)
        assert not second.transitions(since=t0) and not first.transitions(since=t0)
        # Three times its patience after the last it heard.
        wait_until(lambda: second.virtual_host()["silent-families"] == [f"IPv{family}"], 8,
                   lambda: f"IPv{family} reported as silent: {second.virtual_host()}")
        a.lan.pass_all()
        wait_until(lambda: not second.virtual_host()["silent-families"], 5, "no family is silent any more")


def test_both_families_silent(abc):
    a, b, _ = abc
    _, second = pair(a, b)
    a.lan.drop("ether type ip ip protocol 112")
    a.lan.drop("ether type ip6 ip6 nexthdr 112")
    second.wait_state("MASTER")
    a.lan.pass_all()
    second.wait_state("BACKUP")
