"""Demotion and maintenance by the control socket, as an administrator's programs use them."""

import time

import pytest

from bed import Carpd, Prober, Varlink, VarlinkError, config, example, example_pair, host, wait_until

SHARED = ["192.0.2.1", "2001:db8::1"]


def demotions(daemon):
    with Varlink(daemon.socket, uid=65534) as client:
        shown = client.call("Show")["daemon"]
        return shown["demotion"], {entry["name"]: entry for entry in shown["demotions"]}


def preempting_pair(a, b):
    second = Carpd(b, example(200, preempt=True))
    first = Carpd(a, example(100, preempt=True))
    for vhid in (1, 2):
        first.wait_state("MASTER", vhid)
        second.wait_state("BACKUP", vhid)
    return first, second


def test_a_held_demotion_moves_the_roles_and_its_end_moves_them_back(abc):
    """What a health check does: as long as the connection lives, the other machine serves."""
    a, b, _ = abc
    first, second = preempting_pair(a, b)
    with Varlink(first.socket) as check:
        assert check.call("Demote", name="web", value=240, reason="no answer on port 80", hold=True) == {"demotion": 240}
        for vhid in (1, 2):
            second.wait_state("MASTER", vhid)
            first.wait_state("BACKUP", vhid)
        total, entries = demotions(first)
        assert total == 240 and entries["web"]["owner"] == "uid 0" and entries["web"]["held"]
    for vhid in (1, 2):
        first.wait_state("MASTER", vhid)
    assert demotions(first) == (0, {})


def test_named_demotions_add_up_expire_and_can_be_taken_back(lan):
    daemon = Carpd(lan.node("a", 101), config(host()))
    daemon.wait_state("MASTER")
    with Varlink(daemon.socket) as root:
        assert root.call("Demote", name="slow", value=20, seconds=1)["demotion"] == 20
        assert root.call("Demote", name="backup", value=30)["demotion"] == 50
        assert root.call("Demote", name="backup", value=40)["demotion"] == 60
        assert demotions(daemon)[1]["slow"]["expires"] > demotions(daemon)[1]["slow"]["since"]
        wait_until(lambda: set(demotions(daemon)[1]) == {"backup"}, 5, "the first one expires")
        assert daemon.virtual_host()["demotion"] == 40
        with Varlink(daemon.socket) as other:
            assert other.call("Undemote", name="backup")["demotion"] == 0
        with pytest.raises(VarlinkError) as refusal:
            root.call("Undemote", name="backup")
        assert refusal.value.name == "io.carpd.Control.NoSuchDemotion"
        with pytest.raises(VarlinkError) as refusal:
            root.call("Demote", name="two words", value=1)
        assert refusal.value.parameters == {"parameter": "name"}
        events = root.call("Events", since=0)["events"]
        changes = [(event["demotion"], event["reason"]) for event in events if event["kind"] == "demotion"]
        assert changes == [(20, "requested"), (50, "requested"), (60, "requested"), (40, "expired"), (0, "withdrawn")]


@pytest.mark.measures
def test_maintenance_hands_over_and_keeps_out(abc):
    """The other machine serves at once, without preempt, and goes on until it is gone itself."""
    a, b, client = abc
    first, second = example_pair(a, b)
    with Prober(client, [a, b], SHARED) as prober, Varlink(first.socket) as root:
        for address in SHARED:
            prober.wait_owner(address, a)
        since = time.monotonic()
        root.call("Maintenance", enable=True, reason="new kernel")
        for address in SHARED:
            prober.wait_owner(address, b, since=since)
            assert prober.figures(address, since).gap < 200, prober.figures(address, since)
        time.sleep(4)
        assert (first.state(1), second.state(1)) == ("BACKUP", "MASTER")
        assert demotions(first)[1]["maintenance"]["reason"] == "new kernel"
        # Better here than nobody.
        second.kill_all()
        first.wait_state("MASTER", 1)
        first.wait_state("MASTER", 2)
        root.call("Maintenance", enable=False)
        assert demotions(first) == (0, {}) and first.state(1) == "MASTER"
