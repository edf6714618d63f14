"""Who may look and who may administer at the control socket: by the kernel's word, and on record."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest

from bed import Carpd, config, host, wait_until

NOBODY = 65534
# Groups that every Debian has, of which nobody here is a member.
ADMINISTER, READ, OTHER = ("games", 60), ("news", 9), ("irc", 39)

CLIENT = """
import socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.settimeout(5)
connection.connect(sys.argv[1])
try:
    connection.sendall(b'{"method":"io.carpd.Control.Show"}\\0')
except BrokenPipeError:
    pass
reply = b""
while not reply.endswith(b"\\0"):
    more = connection.recv(65536)
    if not more:
        break
    reply += more
print(reply.rstrip(b"\\0").decode())
"""


def call(daemon, uid=NOBODY, gid=NOBODY, groups=()):
    """What `Show` answers to a process of these ids."""
    more = ["--groups", ",".join(map(str, groups))] if groups else ["--clear-groups"]
    done = subprocess.run(["setpriv", "--reuid", str(uid), "--regid", str(gid), *more, sys.executable, "-c", CLIENT,
                           daemon.socket], capture_output=True, text=True, timeout=10, check=True)
    return json.loads(done.stdout)


def with_groups(admin=None, read=None):
    text = config(host())
    keys = "".join(f'{key} = "{name}"\n' for key, name in (("admin-group", admin), ("read-group", read)) if name)
    return text.replace("[daemon]\n", f"[daemon]\n{keys}")


def connections(daemon, decision="allow"):
    """Objects and causes of the records of control connections."""
    return [(record["object"], record.get("cause", "")) for record in daemon.records("connection")
            if record["decision"] == decision]


@pytest.fixture
def node(lan):
    return lan.node("a", 101)


def test_everybody_reads_without_a_read_group(node):
    daemon = Carpd(node, with_groups(admin=ADMINISTER[0]))
    assert "parameters" in call(daemon) and "error" not in call(daemon)
    wait_until(lambda: [cause for name, cause in connections(daemon) if f"uid {NOBODY} " in name], 5, "a record")
    assert {cause for name, cause in connections(daemon) if f"uid {NOBODY} " in name} == {"reads"}
    assert {cause for name, cause in connections(daemon) if name.startswith("uid 0 ")} == {"administers"}


@pytest.mark.parametrize("gid, groups, cause", [
    (READ[1], (), "reads"), (NOBODY, (OTHER[1], READ[1]), "reads"),
    (ADMINISTER[1], (), "administers"), (NOBODY, (ADMINISTER[1],), "administers"),
], ids=["reader's group", "reader's further group", "administrator's group", "administrator's further group"])
def test_members(node, gid, groups, cause):
    daemon = Carpd(node, with_groups(ADMINISTER[0], READ[0]))
    assert "error" not in call(daemon, gid=gid, groups=groups)
    wait_until(lambda: cause in [said for name, said in connections(daemon) if f"uid {NOBODY} " in name], 5,
               lambda: f"a record of one who {cause}: {connections(daemon)}")


def test_outsiders_are_told_and_recorded(node):
    daemon = Carpd(node, with_groups(ADMINISTER[0], READ[0]))
    for groups in ((), (OTHER[1],)):
        reply = call(daemon, groups=groups)
        assert reply == {"error": "io.carpd.Control.NotAuthorized", "parameters": {"method": "", "uid": NOBODY}}
    found = wait_until(lambda: connections(daemon, "deny"), 5, "a record")
    assert found[0][0].startswith(f"uid {NOBODY} gid {NOBODY} pid ") and "none of the groups" in found[0][1]
    assert daemon.state()


def test_a_group_that_does_not_exist(node):
    daemon = Carpd(node, with_groups("carpd-no-such", "carpd-neither"))
    daemon.wait_log(r"warning: there is no group carpd-no-such in /etc/group, so admin-group is nobody")
    daemon.wait_log(r"warning: there is no group carpd-neither")
    assert call(daemon)["error"] == "io.carpd.Control.NotAuthorized"
    assert "error" not in call(daemon, uid=0, gid=0)


def open_connections(daemon, count):
    """Connections of this process, root's."""
    opened = []
    for _ in range(count):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(2)
        connection.connect(os.fspath(daemon.socket))
        opened.append(connection)
    return opened


def test_connections_of_one_user_are_limited(node):
    daemon = Carpd(node, config(host()))
    opened = open_connections(daemon, 40)
    try:
        wait_until(lambda: len(connections(daemon, "deny")) > 0, 5, "a refusal on record")
        assert {cause for _, cause in connections(daemon, "deny")} == {"too many connections"}
        assert "error" not in call(daemon)
    finally:
        for connection in opened:
            connection.close()
    daemon.wait_state("MASTER")


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def limit_descriptors(pid, count):
    # As the process's own user: another's limits are CAP_SYS_RESOURCE's matter.
    subprocess.run(["setpriv", "--reuid=carpd", "--regid=carpd", "--clear-groups", "prlimit", f"--pid={pid}",
                    f"--nofile={count}:"], check=True)


def test_no_descriptor_left_does_not_spin(node):
    daemon = Carpd(node, config(host()))
    daemon.wait_state("MASTER")
    pid = daemon.process.pid
    used = len(os.listdir(f"/proc/{pid}/fd"))
    limit_descriptors(pid, used)
    opened = open_connections(daemon, 5)
    try:
        before = cpu_seconds(pid)
        begin = time.monotonic()
        wait_until(lambda: time.monotonic() - begin > 2, 5, "two seconds")
        assert cpu_seconds(pid) - before < 0.5
        limit_descriptors(pid, 512)
        assert daemon.state() == "MASTER"
        assert len(daemon.transitions()) == 2, daemon.text()
    finally:
        for connection in opened:
            connection.close()
