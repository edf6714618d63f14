"""Well-formed requests against the policy are denied and change nothing on the wire or in the kernel."""

import time

from bed import AddressMonitor, Capture, wait_until

from evil import LIVES, VIOLATION, Evil, addresses

EXPECTED = {
    "as configured": "no answer",
    "better skew": "betterThanConfigured",
    "better base": "betterThanConfigured",
    "best": "betterThanConfigured",
    "bow-out": "bowOutForbidden",
    "demotion": "betterThanConfigured",
    "not held": "notHeld",
    "wrong family": "noSuchObject",
    "no such group": "noSuchObject",
    "counter": "no answer",
    "repeated counter": "repeatedCounter",
    "deposit of the wrong family": "noSuchObject",
    "deposit for no group": "noSuchObject",
    "bow-out of what is not held": "notHeld",
    "announcement of what is not held": "notHeld",
    "release of what is not held": "no answer",
    "acquisition of no group": "noSuchObject",
    "reload without a connection": "notAdministrator",
    "closing no connection": "no answer",
    "two hundred announcements": "rate",
}


def outcomes(daemon):
    return dict(line.split(": ", 1) for line in daemon.said(": "))


def test_each_request_is_denied(a):
    with Capture(a.lan.bridge, "a") as sent:
        daemon = Evil(a, "policy")
        daemon.wait_said("done", timeout=15)
        assert outcomes(daemon) == EXPECTED
        daemon.survives()
        assert daemon.losses() == [] and addresses(a) == ["192.0.2.1"]
        for frame in sent.select(kind="carp"):
            assert (frame.vhid, frame.advbase, frame.advskew, frame.demotion) == (1, 1, 100, 0), frame
        counters = [frame.counter for frame in sent.select(kind="carp")]
        assert len(set(counters)) == len(counters)
        assert len(sent.select(kind="arp", sender="192.0.2.1")) < 100
        assert not sent.select(kind="arp", sender="192.0.2.2")


def test_denials_are_on_record(a):
    daemon = Evil(a, "policy")
    daemon.wait_said("done", timeout=15)
    denied = [outcome for outcome in EXPECTED.values() if outcome not in ("no answer", "rate")]
    daemon.wait_recorded("denial", len(denied))
    # Beyond a hundred they are only counted.
    causes = {record["cause"] for record in daemon.records("denial") if record["object"] != "further ones"}
    assert causes == set(denied) | {"rate"}
    assert {record["decision"] for record in daemon.records("denial")} == {"deny"}


def test_hold_down_after_a_bow_out(a):
    with Capture(a.lan.bridge, "a") as sent:
        daemon = Evil(a, "hold-down")
        daemon.wait_said("acquired again", timeout=10)
        said = daemon.said()
        assert said[0] == "advertisement after bow-out: notHeld"
        assert said[1] == "acquisition after bow-out: holdDown"
        # 3 * advbase + advskew/256 s: no sooner than every other machine has had its turn.
        waited = int(said[2].split()[3])
        assert 3200 <= waited <= 4200, said
        # It deposited nothing, so nothing could be said either.
        assert not [frame for frame in sent.select(kind="carp") if frame.bow_out]


def test_slow_advertisements_are_no_bow_out_by_another_name(a):
    """So slow that a backup times the master out at once: to keep the address beside that makes two owners."""
    with Capture(a.lan.bridge, "a") as sent:
        daemon = Evil(a, "near-bow-out")
        daemon.wait_said("done", timeout=15)
        assert {frame.advbase for frame in sent.select(kind="carp")} <= {1}, daemon.said()
    assert all("no answer" not in line for line in daemon.said(":")), daemon.said()


def test_no_acquisition_without_a_link(a):
    daemon = Evil(a, "link-down")
    time.sleep(0.3)
    a.cut()
    assert daemon.wait_said("acquisition without a link") == ["acquisition without a link: linkDown"]
    daemon.survives()
    assert addresses(a) == []


def test_who_stops_advertising_loses_the_address(a):
    """A lease that is not renewed runs out, and nobody puts the address back."""
    daemon = Evil(a, "mute-holder")
    with AddressMonitor(a) as monitor:
        held = monitor.wait_owner("192.0.2.1", a, 3)
        # A lease of two seconds, and the kernel's worker comes about once a second.
        gone = monitor.wait_gone("192.0.2.1", a, 4)
        assert gone - held.start < 3.2
        time.sleep(4)
        assert len(monitor.owners("192.0.2.1")) == 1, f"{monitor.owners('192.0.2.1')}\n{daemon.text()}"
    daemon.survives()


def test_nobody_administers_by_the_engines_word(a):
    """Log level, the audit log's head and the record of what was done are for connections of administrators, and which
    those are the supervisor knows."""
    daemon = Evil(a, "administers")
    wait_until(lambda: len(daemon.lines(VIOLATION)) == LIVES, 20, daemon.text)
    assert len(daemon.lines(r"channel \(demote for a reader\)")) == LIVES and len(daemon.said("asked")) == LIVES
    refused = wait_until(lambda: daemon.records("administration"), 5, daemon.text)
    assert {(record["object"], record["decision"]) for record in refused} == {("demote vhid 1@eth0", "deny")}
    denied = [record["object"] for record in daemon.records("denial") if record.get("cause") == "notAdministrator"]
    assert len([object for object in denied if object.startswith("administer")]) >= 3
    daemon.survives()
