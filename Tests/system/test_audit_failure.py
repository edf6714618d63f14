"""The audit log cannot be written: `on-failure` says whether a role may be taken; it can always be given up, and the
election never waits."""

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from bed import Capture, Carpd, config, host, wait_until

# A quarter of a second between advertisements, so that four takeovers do not take long.
FAST = {"advbase": 0}
INTERVAL = 64 / 256
ADDRESS = "192.0.2.1"


def fast(advskew, preempt=False):
    return config(host(1, [f"{ADDRESS}/24"], advskew, **FAST), preempt=preempt)


class FullDisk:
    """The log is on a file system of its own, on which nothing is left."""
    complaint = "No space left on device"

    def __init__(self, directory):
        self.directory = directory / "audit"
        self.filler = self.directory / "filler"
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=0750", "carpd-bed", self.directory], check=True)
        os.chown(self.directory, pwd.getpwnam("carpd-audit").pw_uid, -1)

    def spoil(self, daemon):
        since = time.monotonic()
        with contextlib.suppress(OSError), open(self.filler, "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 512)
        # The page that the log has begun takes some more records.
        wait_until(lambda: daemon.carpctl("show") and daemon.lines("audit log cannot be written", since), 20,
                   daemon.text)

    def mend(self, daemon):
        self.filler.unlink()

    def close(self):
        subprocess.run(["umount", "--lazy", self.directory], check=True)


class Fifo:
    """The log is a pipe that nobody reads."""
    complaint = "Broken pipe"

    def __init__(self, directory):
        self.path = directory / "audit" / "audit.jsonl"
        self.reader = None
        os.mkfifo(self.path, 0o600)
        os.chown(self.path, pwd.getpwnam("carpd-audit").pw_uid, -1)
        self.mend(None)

    def spoil(self, daemon):
        os.close(self.reader)
        self.reader = None
        # That nobody reads shows when there is something to write: here a connection.
        daemon.show()

    def mend(self, daemon):
        self.reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)

    def close(self):
        if self.reader is not None:
            os.close(self.reader)


class FullFifo(Fifo):
    """Somebody has the pipe open, and does not read."""
    complaint = "Resource temporarily unavailable"

    def spoil(self, daemon):
        since = time.monotonic()
        wait_until(lambda: daemon.carpctl("show") and daemon.lines("audit log cannot be written", since), 60,
                   daemon.text, interval=0)

    def mend(self, daemon):
        if self.reader is None:
            super().mend(daemon)
        while True:
            try:
                if not os.read(self.reader, 1 << 16):
                    return
            except BlockingIOError:
                return


class NotItsDirectory:
    """The directory of the log is not the auditor's any more when another auditor starts."""
    complaint = "the auditor is gone"

    def __init__(self, directory):
        self.directory = directory / "audit"

    def spoil(self, daemon):
        os.chown(self.directory, 0, 0)
        os.kill(daemon.child("auditor").pid, signal.SIGKILL)

    def mend(self, daemon):
        os.chown(self.directory, pwd.getpwnam("carpd-audit").pw_uid, -1)

    def close(self):
        pass


class Stopped:
    """The auditor stands still."""
    complaint = "the auditor does not answer"

    def __init__(self, directory):
        self.pid = None

    def spoil(self, daemon):
        self.pid = daemon.child("auditor").pid
        os.kill(self.pid, signal.SIGSTOP)

    def mend(self, daemon):
        os.kill(self.pid, signal.SIGCONT)
        self.pid = None

    def close(self):
        pass


@contextlib.contextmanager
def spoiled(daemon, cause):
    since = time.monotonic()
    cause.spoil(daemon)
    daemon.wait_log(f"the audit log cannot be written: {cause.complaint}", since, 20)
    yield
    since = time.monotonic()
    cause.mend(daemon)
    daemon.wait_log("the audit log is written", since)


def punctual(sent, since, until):
    """Nothing held an advertisement up."""
    times = [frame.time for frame in sent.select(kind="carp", vhid=1, family=4, since=since, until=until)]
    assert len(times) >= (until - since) / INTERVAL - 1, times
    # The slack is for a busy machine; whoever waited for the log would wait for a second.
    assert max(later - earlier for earlier, later in zip(times, times[1:])) < INTERVAL + 0.25, times


@pytest.fixture
def broken(request, abc):
    """A daemon on A that is BACKUP of one on B, and what goes wrong with its log."""
    kind, on_failure = request.param
    a, b, _ = abc
    directory = Path(tempfile.mkdtemp(prefix="carpd-bed-"))
    (directory / "audit").mkdir(mode=0o750)
    os.chown(directory / "audit", pwd.getpwnam("carpd-audit").pw_uid, -1)
    cause = kind(directory)
    try:
        other = Carpd(b, fast(64))
        other.wait_state("MASTER")
        daemon = Carpd(a, fast(64), directory=directory, audit={"on_failure": on_failure})
        daemon.wait_state("BACKUP")
        daemon.wait_log("the audit log is written")
        yield daemon, other, cause
        daemon.close()
    finally:
        cause.close()
        shutil.rmtree(directory)


CAUSES = [FullDisk, Fifo, NotItsDirectory, Stopped]


@pytest.mark.parametrize("broken", [(cause, "allow") for cause in [*CAUSES, FullFifo]], indirect=True,
                         ids=lambda pair: pair[0].__name__)
def test_allow(broken):
    """The role is taken, kept and given up as if nothing were wrong."""
    daemon, other, cause = broken
    a, lan = daemon.node, daemon.node.lan
    with Capture(lan.bridge, "a") as sent:
        with spoiled(daemon, cause):
            other.stop()
            daemon.wait_state("MASTER", timeout=2)
            assert a.owns(ADDRESS)
            started = time.monotonic()
            time.sleep(3)
            punctual(sent, started, time.monotonic())
            # Given up to a better machine.
            better = Carpd(other.node, fast(16, preempt=True))
            daemon.wait_state("BACKUP", timeout=3)
            wait_until(lambda: not a.owns(ADDRESS), 1, daemon.text)
            better.stop()
            daemon.wait_state("MASTER", timeout=2)
    assert not daemon.lines("the engine process"), daemon.text()


@pytest.mark.parametrize("broken", [(cause, "deny") for cause in CAUSES], indirect=True,
                         ids=lambda pair: pair[0].__name__)
def test_deny(broken):
    """No role is taken until the log is written again; one that is held is kept, and can be given up."""
    daemon, other, cause = broken
    a, lan = daemon.node, daemon.node.lan
    with spoiled(daemon, cause):
        other.stop()
        daemon.wait_log(r"MASTER \(", timeout=3)
        time.sleep(2)
        assert daemon.state() == "BACKUP" and not a.owns(ADDRESS), daemon.text()
        with Capture(lan.bridge, "a") as sent:
            time.sleep(1.5)
            assert not sent.select(kind="arp", sender=ADDRESS)
    daemon.wait_state("MASTER", timeout=4)
    assert a.owns(ADDRESS)
    with Capture(lan.bridge, "a") as sent, spoiled(daemon, cause):
        started = time.monotonic()
        time.sleep(3)
        punctual(sent, started, time.monotonic())
        assert daemon.state() == "MASTER" and a.owns(ADDRESS)
        better = Carpd(other.node, fast(16, preempt=True))
        daemon.wait_state("BACKUP", timeout=3)
        wait_until(lambda: not a.owns(ADDRESS), 1, daemon.text)
        better.stop()
    daemon.wait_state("MASTER", timeout=4)
    assert not daemon.lines("the engine process"), daemon.text()


@pytest.mark.parametrize("on_failure", ["allow", "deny"])
def test_the_auditor_is_killed(abc, on_failure):
    """Another one goes on a second later, and of what happened meanwhile nothing is lost."""
    a, b, _ = abc
    other = Carpd(b, fast(64))
    other.wait_state("MASTER")
    daemon = Carpd(a, fast(64), audit={"on_failure": on_failure}, audit_key="a key")
    daemon.wait_state("BACKUP")
    with Capture(a.lan.bridge, "a") as sent:
        killed = time.monotonic()
        os.kill(daemon.child("auditor").pid, signal.SIGKILL)
        daemon.wait_log("the audit log cannot be written: the auditor is gone", killed)
        other.stop()
        daemon.wait_log("the audit log is written", killed, 4)
        daemon.wait_state("MASTER", timeout=4)
        started = time.monotonic()
        time.sleep(1)
        os.kill(daemon.child("auditor").pid, signal.SIGKILL)
        time.sleep(2)
        punctual(sent, started, time.monotonic())
    daemon.wait_log("the audit log is written", started, 4)
    daemon.stop()
    records = daemon.records()
    assert {record["run"] for record in records} == {1, 2, 3}
    assert [r for r in records if r["act"] == "auditLoss"] == []
    assert len([r for r in records if r["act"] == "childEnded" and "auditor" in r["object"]]) >= 2


def test_what_a_killed_auditor_had_not_written(abc):
    """It stood still while a role was taken and people asked, and never wrote a word of it: the next one does."""
    a, b, _ = abc
    other = Carpd(b, fast(64))
    other.wait_state("MASTER")
    daemon = Carpd(a, fast(64))
    daemon.wait_state("BACKUP")
    auditor = daemon.child("auditor").pid
    before = daemon.records()
    os.kill(auditor, signal.SIGSTOP)
    since = time.monotonic()
    other.stop()
    daemon.wait_state("MASTER")
    for _ in range(300):
        daemon.show()
    assert daemon.records() == before
    os.kill(auditor, signal.SIGKILL)
    daemon.wait_log("the audit log is written", since)
    daemon.stop()
    records = daemon.records()[len(before):]
    # Equal ones that follow each other within a second are one record with their number.
    count = lambda act: sum(record["count"] for record in records if record["act"] == act)
    assert count("connection") >= 300 and count("auditLoss") == 0
    assert [record["object"] for record in records if record["act"] == "addressAdded"] == ["vhid 1@eth0", ADDRESS]
    whole = [json.dumps({key: record[key] for key in ("act", "object", "mono")}) for record in records]
    assert len(set(whole)) == len(whole), "nothing twice"


@pytest.mark.parametrize("on_failure", ["allow", "deny"])
def test_one_log_for_two(abc, on_failure):
    """The second daemon finds the log locked, says so, and does what is configured; the chain is not spoiled."""
    a, b, _ = abc
    first = Carpd(a, fast(64))
    first.wait_log("the audit log is written")
    first.wait_state("MASTER")
    second = Carpd(b, fast(64), audit={"log": str(first.audit_log), "on_failure": on_failure})
    second.wait_log("the audit log cannot be written: another carpd writes this file")
    second.wait_state("BACKUP")
    # Its role is taken before the log is free: the auditor tries again once a second.
    os.kill(first.child("auditor").pid, signal.SIGSTOP)
    first.node.cut()
    if on_failure == "allow":
        second.wait_state("MASTER", timeout=3)
    else:
        second.wait_log(r"MASTER \(", timeout=3)
        time.sleep(1.5)
        assert second.state() == "BACKUP" and not b.owns(ADDRESS)
    os.kill(first.child("auditor").pid, signal.SIGCONT)
    first.stop()
    second.wait_log("the audit log is written")
    second.wait_state("MASTER", timeout=4)
    second.stop()
    assert {record["run"] for record in second.records()} == {1, 2}
