"""The control socket: what it shows and streams, and what administrators can do by it."""

import re
import time

import pytest

from bed import Carpd, Prober, Varlink, VarlinkError, config, example_pair, host, wait_until

READER = 65534


def events_until(stream, wanted, timeout=10.0):
    """The events of a stream up to the first for which `wanted` holds."""
    found = []
    deadline = time.monotonic() + timeout
    for message in stream:
        if "event" in message:
            found.append(message["event"])
            if wanted(found[-1]):
                return found
        assert time.monotonic() < deadline, found
    raise AssertionError(found)


def test_what_it_says_of_itself(lan):
    daemon = Carpd(lan.node("a", 101), config(host()))
    with Varlink(daemon.socket, uid=READER) as client:
        info = client.call("org.varlink.service.GetInfo")
        assert info["interfaces"] == ["org.varlink.service", "io.carpd.Control"]
        text = client.call("org.varlink.service.GetInterfaceDescription", interface="io.carpd.Control")["description"]
    # None is described and not served: readers are answered, or refused by name.
    for method in re.findall(r"^method (\w+)\(", text, re.MULTILINE):
        with Varlink(daemon.socket, uid=READER) as client:
            client.send(method, more=method == "Watch", since=0)
            assert client.receive().get("error", "").rpartition(".")[2] in ("", "NotAuthorized"), method


def test_peers_counters_and_events(abc):
    a, b, _ = abc
    first, second = example_pair(a, b)
    with Varlink(second.socket, uid=READER) as client:
        peers = client.call("Peers")["peers"]
        masters = {peer["vhid"]: peer["source"] for peer in peers if peer["master"]}
        assert masters[1] == "192.0.2.101" and masters[2].startswith("fe80::"), peers
        assert all(peer["verified"] and (peer["advbase"], peer["advskew"]) == (1, 100) for peer in peers), peers
        counters = client.call("Counters")["interfaces"][0]["counters"]
        assert counters["ipackets"] > 0 and counters["ipackets6"] > 0
        events = client.call("Events", since=0)
        assert [event["number"] for event in events["events"]] == list(range(1, events["next"]))
        reasons = [event["reason"] for event in events["events"] if event["kind"] == "transition"]
        assert reasons.count("initialization-complete") == 2, reasons
        assert client.call("Events", since=events["next"] - 1)["events"] == []


def test_watch_sees_a_takeover(abc):
    a, b, _ = abc
    first, second = example_pair(a, b)
    with Varlink(second.socket, uid=READER) as client:
        snapshot, stream = client.watch()
        assert [entry["state"] for entry in snapshot["virtual_hosts"]] == ["BACKUP", "BACKUP"]
        first.stop()
        found = events_until(stream, lambda event: event["kind"] == "transition" and event["vhid"] == 2)
        numbers = [event["number"] for event in found]
        assert numbers == list(range(snapshot["daemon"]["event"] + 1, numbers[-1] + 1))
        last = found[-1]
        assert (last["from"], last["to"], last["reason"]) == ("BACKUP", "MASTER", "master-will-time-out")
        assert last["text"] == "carp: VHID 2@eth0: BACKUP -> MASTER (master will time out)"
        assert second.lines(re.escape(last["text"]))


def test_yield_and_promote(abc):
    a, b, _ = abc
    first, second = example_pair(a, b)
    with Varlink(first.socket) as root:
        assert root.call("Yield", interface="eth0", vhid=1) == {}
        second.wait_state("MASTER", 1)
        assert (first.state(1), first.state(2)) == ("BACKUP", "MASTER")
        time.sleep(4)  # longer than every master-down time: the role stays given away
        assert (first.state(1), second.state(1)) == ("BACKUP", "MASTER")
        assert root.call("Promote", interface="eth0", vhid=1) == {}
        first.wait_state("MASTER", 1)
        second.wait_state("BACKUP", 1)
        with pytest.raises(VarlinkError) as refusal:
            root.call("Promote", interface="eth0", vhid=9)
        assert refusal.value.name == "io.carpd.Control.NoSuchVirtualHost"
        assert refusal.value.parameters == {"interface": "eth0", "vhid": 9}


def test_a_reader_is_refused_by_name_and_recorded(lan):
    daemon = Carpd(lan.node("a", 101), config(host()))
    daemon.wait_state("MASTER")
    with Varlink(daemon.socket, uid=READER) as client:
        with pytest.raises(VarlinkError) as refusal:
            client.call("Yield", interface="eth0", vhid=1)
        assert refusal.value.name == "io.carpd.Control.NotAuthorized"
        assert refusal.value.parameters == {"method": "Yield", "uid": READER}
    assert daemon.state() == "MASTER"
    wait_until(lambda: re.search(rf'uid {READER}\b.*"(deny|allow)"|"deny".*uid {READER}\b|notAdministrator',
                                 daemon.audit_log.read_text()), 5, daemon.audit_log.read_text)


def test_a_slow_watcher_does_not_hurt(abc):
    """A watcher with a tiny window never reads; another one and the election get on."""
    a, b, client = abc
    first, second = example_pair(a, b)
    with Varlink(first.socket, uid=READER, receive_buffer=1024) as slow, Varlink(first.socket) as root:
        slow.send("Watch", more=True)
        with Prober(client, [a, b], ["192.0.2.1"]) as prober:
            prober.wait_owner("192.0.2.1", a)
            since = time.monotonic()
            for number in range(60):
                root.call("SetLogLevel", level=["info", "notice"][number % 2])
            figures = prober.figures("192.0.2.1", since, window=3.0)
        assert figures.gap < 200, figures
        assert first.transitions(1, since) == [] and first.state(1) == "MASTER"
