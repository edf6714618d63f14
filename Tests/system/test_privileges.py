"""What every process may do, as /proc tells it; and that the engine never has a socket of the network."""

import os
import pwd
import time

import pytest

from bed import Capture, Injector, Lan, example_pair, packets, wait_until
from bed import processes

NET_ADMIN_AND_RAW = 0x3000
LAUNCHER = 1 << 5 | 1 << 6 | 1 << 7  # CAP_KILL, CAP_SETGID, CAP_SETUID


@pytest.fixture(scope="module")
def running():
    with Lan() as lan:
        a, b, client = lan.node("a", 101), lan.node("b", 102), lan.node("client", 50)
        yield a, b, client, *example_pair(a, b)


def uid(name):
    return pwd.getpwnam(name).pw_uid


def check_user(status, name):
    user = pwd.getpwnam(name)
    assert status.uids == (user.pw_uid,) * 4, f"{status.name}: uids {status.uids}"
    assert status.gids == (user.pw_gid,) * 4, f"{status.name}: gids {status.gids}"
    assert set(status.groups) <= {user.pw_gid}, f"{status.name}: groups {status.groups}"


def check_common(status):
    assert status.inheritable == status.bounding == status.ambient == 0, status
    assert status.no_new_privileges and status.threads == 1, status


def test_supervisor(running):
    for daemon in running[3:]:
        status = daemon.supervisor
        assert status.name == "carpd"
        check_user(status, "carpd")
        check_common(status)
        assert status.permitted == status.effective == NET_ADMIN_AND_RAW


def test_launcher(running):
    for daemon in running[3:]:
        status = daemon.child("launcher")
        check_user(status, "carpd-launch")
        check_common(status)
        assert status.permitted == status.effective == LAUNCHER
        assert status.seccomp == 2


def test_engine(running):
    for daemon in running[3:]:
        status = daemon.child("engine")
        check_user(status, "carpd-engine")
        check_common(status)
        assert status.permitted == status.effective == 0
        assert status.seccomp == 2
        assert processes.open_sockets_are_local(status.pid), processes.descriptors(status.pid)


def test_every_process_is_known(running):
    for daemon in running[3:]:
        names = {child.name for child in daemon.children()}
        assert {"carpd-launcher", "carpd-engine"} <= names
        assert names <= {"carpd-launcher", "carpd-engine", "carpd-auditor", "carpd-audit"}, names
        for child in daemon.children():
            assert child.uids[0] not in (0, uid("carpd")), child


def test_supervisor_holds_the_network_sockets(running):
    """The opposite check: if this saw none, the engine's test would prove nothing."""
    kinds = {one.kind for one in processes.descriptors(running[3].process.pid)}
    assert "raw" in kinds or "packet" in kinds, kinds
    assert "netlink" in kinds, kinds


def test_supervisor_is_not_dumpable(running):
    # The kernel gives the /proc files of a process that cannot be dumped to root.
    assert os.stat(f"/proc/{running[3].process.pid}/environ").st_uid == 0


def test_engine_under_load_and_after_failover(running):
    a, b, client, first, second = running
    with Injector(client) as injector:
        deadline = time.monotonic() + 1.0
        counter = 0
        while time.monotonic() < deadline:
            for _ in range(50):
                counter += 1
                payload = packets.carp(1, ["192.0.2.1"], "wrong", counter=counter)
                injector.send(packets.frame4(payload, client.address4))
            assert processes.open_sockets_are_local(first.child("engine").pid)
    with Capture(b.lan.bridge, "b") as sent_by_b:
        a.cut()
        second.wait_state("MASTER", 1)
        sent_by_b.wait(kind="carp")
    for daemon in (first, second):
        engine = daemon.child("engine").pid
        assert processes.open_sockets_are_local(engine), processes.descriptors(engine)
    a.mend()
    wait_until(lambda: first.state(1) == "BACKUP", 5, "A is back")
