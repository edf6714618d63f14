"""An interface without a virtual host that the machine needs: while it is down, another machine is preferred."""

import time

import pytest

from bed import Carpd, config, host

TRACK = '\n[[track]]\ninterface = "up0"\ndemotion = 120\n'


def pair(a, b, preempt=True):
    daemons = [Carpd(node, config(host(1, ["192.0.2.1/24"], advskew), host(2, ["2001:db8::1/64"], advskew),
                                  preempt=preempt) + (TRACK if node is a else ""))
               for node, advskew in ((a, 100), (b, 200))]
    return daemons


@pytest.fixture
def provider(abc):
    """What A's interface up0 leads to."""
    a, _, _ = abc
    namespace = a.lan.namespace("provider")
    a.lan.link(a, namespace, ["203.0.113.2/30"], ["203.0.113.1/30"], name="up0")
    return namespace


def both(daemon, state):
    for vhid in (1, 2):
        daemon.wait_state(state, vhid)


def test_the_other_machine_preempts_while_it_is_down(abc, provider):
    a, b, _ = abc
    first, second = pair(a, b)
    both(first, "MASTER")
    both(second, "BACKUP")
    # Nothing is heard or said on it, and nothing put onto it.
    assert set(a.links()) == {"lo", "eth0", "up0", "carp2-1", "carp2-2"}
    assert "up0" not in first.audit_log.read_text() and not first.lines("up0 cannot")
    down = time.monotonic()
    provider.ip("link", "set", "dev", "a", "down")
    first.wait_log(r"demoted by 120 to 120 \(tracked interface down, up0\)", down)
    both(second, "MASTER")
    both(first, "BACKUP")
    for vhid in (1, 2):
        second.expect_transitions("BACKUP -> MASTER (preempting a slower master)", vhid=vhid, since=down)
        first.expect_transitions("MASTER -> BACKUP (more frequent advertisement received)", vhid=vhid, since=down)
    provider.ip("link", "set", "dev", "a", "up")
    first.wait_log(r"demoted by -120 to 0 \(tracked interface up, up0\)", down)
    both(first, "MASTER")
    both(second, "BACKUP")


def test_missing_from_the_start_and_made_later(abc):
    a, b, _ = abc
    first, second = pair(a, b)
    first.wait_log(r"demoted by 120 to 120 \(tracked interface down, up0\)")
    both(second, "MASTER")
    assert first.virtual_host(1)["demotion"] == 120
    namespace = a.lan.namespace("provider")
    a.lan.link(a, namespace, ["203.0.113.2/30"], ["203.0.113.1/30"], name="up0")
    both(first, "MASTER")
    a.ip("link", "del", "dev", "up0")
    both(second, "MASTER")


def test_a_restarted_engine_knows_it_again(abc, provider):
    a, b, _ = abc
    first, second = pair(a, b, preempt=False)
    both(first, "MASTER")
    provider.ip("link", "set", "dev", "a", "down")
    down, _ = first.wait_log(r"demoted by 120 to 120")
    a.run("kill", "-KILL", first.child("engine").pid)
    first.wait_log(r"demoted by 120 to 120", down + 0.001)
    assert first.state(1) == "MASTER" and second.state(1) == "BACKUP"
