"""carpd as a service: two machines with systemd as process 1, installed by `make install`, run by systemctl. A has the
systemd of Debian 12, B that of Debian 13."""

import json
import os
import re
import signal
import time

import pytest

from bed import Capture, Lan, Machine, Prober, example, wait_until
from bed import processes

SHARED = ["192.0.2.1", "2001:db8::1"]
NET_ADMIN_AND_RAW = 0x3000
# A service that is to run where this machine is MASTER.
BOUND = """
[Unit]
BindsTo=carp-master@eth0-1.target
After=carp-master@eth0-1.target
[Service]
ExecStart=sleep infinity
[Install]
WantedBy=carp-master@eth0-1.target
"""


@pytest.fixture(scope="module")
def pair():
    """Two machines with carpd installed and configured, as README says, and a client."""
    with Lan() as lan:
        nodes = lan.node("a", 101), lan.node("b", 102)
        client = lan.node("client", 50)
        machines = [Machine(node, release) for node, release in zip(nodes, ("bookworm", "trixie"))]
        for machine, advskew in zip(machines, (100, 200)):
            machine.install()
            machine.boot()
            machine.run("systemd-sysusers", "carpd.conf")
            machine.run("systemd-tmpfiles", "--create", "carpd.conf")
            configure(machine, example(advskew, preempt=True))
        yield *machines, client


@pytest.fixture
def running(pair):
    """carpd runs on both, A is MASTER; whatever the test before did."""
    a, b, client = pair
    for machine in (a, b):
        machine.systemctl("reset-failed", "carpd", check=False)
        machine.systemctl("start", "carpd")
    a.wait_state("MASTER", 1, 2)
    b.wait_state("BACKUP", 1, 2)
    return a, b, client


def configure(machine, text):
    machine.write("/etc/carpd/carpd.toml", text, 0o640)
    machine.run("chown", "root:carpd", "/etc/carpd/carpd.toml")


def drop_in(machine, name, text):
    machine.run("mkdir", "-p", "/run/systemd/system/carpd.service.d")
    machine.run("sh", "-c", f"cat >/run/systemd/system/carpd.service.d/{name}.conf", stdin=text)
    machine.systemctl("daemon-reload")


def remove_drop_in(machine, name):
    machine.run("rm", "-f", f"/run/systemd/system/carpd.service.d/{name}.conf")
    machine.systemctl("daemon-reload")


def entry_at(machine, text, since):
    """When a line with `text` was written to the machine's journal, on this machine's CLOCK_MONOTONIC."""
    def found():
        return [entry for entry in machine.journal("--unit=carpd")
                if text in str(entry.get("MESSAGE")) and int(entry["__MONOTONIC_TIMESTAMP"]) / 1e6 >= since]
    entries = wait_until(found, 5, lambda: f"'{text}' in the journal of {machine.label}\n{machine.log()}")
    return int(entries[0].get("_SOURCE_MONOTONIC_TIMESTAMP", entries[0]["__MONOTONIC_TIMESTAMP"])) / 1e6


def main_pid(machine):
    """The supervisor's process, as this machine numbers it."""
    return machine.processes_of()["carpd"].pid


def test_exposure(pair):
    for machine in pair[:2]:
        for unit, most in (("carpd.service", 2.6), ("carpd-hook.service", 2), ("carpd-check.service", 2)):
            text = machine.run("systemd-analyze", "security", "--no-pager", "--offline=true",
                               f"--threshold={int(most * 10)}", f"/usr/lib/systemd/system/{unit}")
            assert "Overall exposure level" in text
            print(text.splitlines()[-1])


def test_units_are_without_mistakes(pair):
    for machine in pair[:2]:
        units = {path.name for path in machine.path("/usr/lib/systemd/system").glob("carp*")}
        assert units == {"carpd.service", "carpd-hook.service", "carpd-check.service", "carp-master@.target"}
        # A key that systemd does not know is a warning, and on standard error.
        names = " ".join(units).replace("@", "@eth0-1")
        said = machine.run("sh", "-c", f"systemd-analyze verify --man=no {names} 2>&1")
        assert not [line for line in said.splitlines() if "carp" in line], said


def test_processes(running):
    """Nothing of the service is root, and the supervisor has shown that its children are confined."""
    for machine in running[:2]:
        found = machine.processes_of()
        assert set(found) == {"carpd", "carpd-launcher", "carpd-engine", "carpd-auditor"}
        assert len({status.uids for status in found.values()}) == 4
        for status in found.values():
            assert 0 not in status.uids and 0 not in status.gids and 0 not in status.groups, status
            assert status.bounding == status.ambient == status.inheritable == 0, status
            assert status.no_new_privileges and status.seccomp == 2, status
        assert found["carpd"].permitted == found["carpd"].effective == NET_ADMIN_AND_RAW
        assert found["carpd-engine"].permitted == found["carpd-auditor"].permitted == 0
        records = [json.loads(line) for line in machine.path("/var/log/carpd/audit.jsonl").read_text().splitlines()]
        assert any(record["act"] == "spawn" and "engine" in record["object"] for record in records)
        assert not [record for record in records if record["decision"] == "error"], records


def test_macvlan_is_deaf_to_routers(running):
    """The sandbox leaves /proc/sys/net writable, or the macvlan would take an address of its own from a router."""
    a = running[0]
    macvlan = next(name for name in a.node.links() if name.startswith("carp"))
    assert a.node.sysctl(f"net.ipv6.conf.{macvlan}.accept_ra") == "0"
    assert a.node.sysctl(f"net.ipv6.conf.{macvlan}.autoconf") == "0"


def test_realtime(running):
    """The example of a drop-in: every process is real-time, and one that does not wait for anything is ended."""
    a = running[0]
    drop_in(a, "realtime", a.path("/usr/share/doc/carpd/systemd/realtime.conf").read_text())
    try:
        a.systemctl("restart", "carpd")
        found = a.processes_of().values()
        assert len(found) == 4 and all(os.sched_getscheduler(one.pid) == os.SCHED_RR for one in found)
        for one in found:
            with open(f"/proc/{one.pid}/limits") as file:
                assert re.search(r"(?m)^Max realtime timeout +1000000 +1000000 ", file.read())
        a.wait_state("MASTER", 1, 2)
    finally:
        remove_drop_in(a, "realtime")
        a.systemctl("restart", "carpd")


@pytest.mark.measures
def test_restart_loses_no_probe(running):
    a, b, client = running
    with Prober(client, [a.node, b.node], SHARED) as prober:
        for address in SHARED:
            prober.wait_owner(address, a.node)
        for _ in range(3):
            before, t0 = main_pid(a), time.monotonic()
            a.systemctl("restart", "carpd")
            assert main_pid(a) != before
            a.wait_state("MASTER", 1, 2)
            for address in SHARED:
                figures = prober.figures(address, t0, window=3)
                assert figures.takeover is None and figures.lost == 0, figures
    assert b.states() == {1: "BACKUP", 2: "BACKUP"}


@pytest.mark.measures
def test_killed_supervisor_is_replaced_without_a_lost_probe(running):
    a, b, client = running
    restarts = int(a.property("NRestarts"))
    with Prober(client, [a.node, b.node], SHARED) as prober:
        for address in SHARED:
            prober.wait_owner(address, a.node)
        before, t0 = main_pid(a), time.monotonic()
        os.kill(before, 9)
        wait_until(lambda: a.property("ActiveState") == "active" and int(a.property("NRestarts")) == restarts + 1, 5,
                   lambda: f"systemd has restarted carpd\n{a.log()}")
        a.wait_state("MASTER", 1, 2)
        for address in SHARED:
            figures = prober.figures(address, t0, window=3)
            assert figures.takeover is None and figures.lost == 0, figures
    assert b.states() == {1: "BACKUP", 2: "BACKUP"}


@pytest.mark.measures
def test_stopped_engine_is_replaced(running):
    """By the supervisor, which does not need systemd for it: the watchdog is fed again in time."""
    a, b, client = running
    before, restarts = a.processes_of(), a.property("NRestarts")
    with Prober(client, [a.node, b.node], SHARED) as prober:
        for address in SHARED:
            prober.wait_owner(address, a.node)
        t0 = time.monotonic()
        os.kill(before["carpd-engine"].pid, signal.SIGSTOP)
        wait_until(lambda: {one.pid for name, one in a.processes_of().items() if name == "carpd-engine"}
                   - {before["carpd-engine"].pid}, 3, lambda: f"another engine\n{a.log()}")
        a.wait_state("MASTER", 1, 2)
        for address in SHARED:
            # Longer than the watchdog waits.
            figures = prober.figures(address, t0, window=6)
            assert figures.takeover is None and figures.lost == 0, figures
    assert main_pid(a) == before["carpd"].pid and a.property("NRestarts") == restarts
    assert not processes.alive(before["carpd-engine"].pid)


def test_stopped_supervisor_is_killed_by_the_watchdog(running):
    a, b, _ = running
    before, restarts = main_pid(a), int(a.property("NRestarts"))
    os.kill(before, signal.SIGSTOP)
    # The kernel's leases and the other machine do not wait for systemd.
    b.wait_state("MASTER", 1, 2, timeout=6)
    wait_until(lambda: int(a.property("NRestarts")) == restarts + 1 and a.property("ActiveState") == "active", 8,
               lambda: f"systemd has restarted carpd\n{a.log()}")
    assert main_pid(a) != before
    a.wait_state("MASTER", 1, 2)
    b.wait_state("BACKUP", 1, 2)
    assert "watchdog" in a.log().lower()


def test_journal_has_fields(running):
    a, b, _ = running
    since = time.monotonic()
    a.systemctl("restart", "carpd")
    a.systemctl("stop", "carpd")
    b.wait_state("MASTER", 1, 2)

    def found():
        return [entry for entry in b.journal("CARPD_VHID=1", "CARPD_STATE=MASTER")
                if int(entry["__MONOTONIC_TIMESTAMP"]) / 1e6 >= since]
    entries = wait_until(found, 5, lambda: f"the takeover in the journal\n{b.log()}")
    assert len(entries) == 1, entries
    entry = entries[0]
    assert entry["MESSAGE"] == "carp: VHID 1@eth0: BACKUP -> MASTER (master will time out)"
    assert entry["CARPD_INTERFACE"] == "eth0" and entry["CARPD_REASON"] == "master-will-time-out"
    assert entry["SYSLOG_IDENTIFIER"] == "carpd" and entry["_SYSTEMD_UNIT"] == "carpd.service"
    assert re.fullmatch("[0-9a-f]{32}", entry["MESSAGE_ID"])
    same = b.journal(f"MESSAGE_ID={entry['MESSAGE_ID']}")
    assert same and all("CARPD_STATE" in other for other in same)


@pytest.mark.measures
def test_stop_says_goodbye(running):
    a, b, client = running
    with Prober(client, [a.node, b.node], SHARED) as prober, Capture(a.node.lan.bridge, "a") as sent_by_a:
        for address in SHARED:
            prober.wait_owner(address, a.node)
        t0 = time.monotonic()
        a.systemctl("stop", "carpd")
        for address in SHARED:
            prober.wait_owner(address, b.node, since=t0)
            figures = prober.figures(address, t0)
            assert figures.gap <= 100 and figures.gap_after <= 60, figures
        goodbyes = [frame for frame in sent_by_a.select(kind="carp", since=t0) if frame.bow_out]
        assert {frame.vhid for frame in goodbyes} == {1, 2}
        for vhid in (1, 2):
            since = next(frame.time for frame in goodbyes if frame.vhid == vhid)
            assert entry_at(b, f"VHID {vhid}@eth0: BACKUP -> MASTER", t0) - since < 0.1
    assert a.property("Result") == "success" and a.property("ExecMainStatus") == "0"
    assert not a.processes_of() and not [name for name in a.node.links() if name.startswith("carp")]


def test_shutdown_of_the_machine_says_goodbye(running):
    """carpd is ordered so that at the shutdown there still is a network to say it on, and at the boot it comes up."""
    a, b, _ = running
    a.systemctl("enable", "carpd")
    with Capture(a.node.lan.bridge, "a") as sent_by_a:
        a.power_off()
        b.wait_state("MASTER", 1, 2, timeout=2)
        assert {frame.vhid for frame in sent_by_a.select(kind="carp") if frame.bow_out} == {1, 2}
    a.boot()
    try:
        assert a.property("ActiveState") == "active", a.log()
        a.wait_state("MASTER", 1, 2)
    finally:
        a.systemctl("disable", "carpd")


def test_interface_that_comes_after_the_boot(running):
    a, b, _ = running
    a.systemctl("enable", "carpd")
    a.power_off()
    a.node.detach()
    a.boot()
    try:
        assert a.property("ActiveState") == "active", a.log()
        wait_until(lambda: a.states() == {1: "INIT", 2: "INIT"}, 5, lambda: f"INIT: {a.states()}\n{a.log()}")
        a.node.attach()
        a.wait_state("MASTER", 1, 2)
        b.wait_state("BACKUP", 1, 2)
    finally:
        a.systemctl("disable", "carpd")


def test_credentials(running):
    """The password and the audit key are known to systemd alone; B, which has the password in its file, agrees."""
    a, b, _ = running
    key = "c" * 40
    a.run("sh", "-c", "umask 077; cat >/root/vhid-password", stdin="testpass\n")
    a.run("sh", "-c", "umask 077; cat >/root/audit-key", stdin=key + "\n")
    text = example(100, preempt=True).replace('password = "testpass"', 'credential = "vhid-password"')
    assert "testpass" not in text
    drop_in(a, "credentials", "[Service]\nLoadCredential=vhid-password:/root/vhid-password\n"
                              "LoadCredential=audit-key:/root/audit-key\n")
    try:
        a.systemctl("stop", "carpd")
        b.wait_state("MASTER", 1, 2)
        a.run("rm", "-f", "/var/log/carpd/audit.jsonl")
        configure(a, text + '\n[audit]\ncredential = "audit-key"\n')
        a.systemctl("start", "carpd")
        a.wait_state("MASTER", 1, 2)
        b.wait_state("BACKUP", 1, 2)
        verify = ["carpctl", "audit", "verify", "/var/log/carpd/audit.jsonl", "--key"]
        a.run(*verify, "/root/audit-key")
        with pytest.raises(RuntimeError):
            a.run(*verify, "/root/vhid-password")
    finally:
        remove_drop_in(a, "credentials")
        configure(a, example(100, preempt=True))
        a.run("rm", "-f", "/var/log/carpd/audit.jsonl")
        a.systemctl("restart", "carpd")


def test_wrong_configuration_is_not_tried_again(running):
    a, b, _ = running
    a.systemctl("stop", "carpd")
    configure(a, example(100).replace("vhid = 1", "vihd = 1", 1))
    try:
        with pytest.raises(RuntimeError):
            a.systemctl("start", "carpd")
        assert a.property("ActiveState") == "failed" and a.property("ExecMainStatus") == "78"
        assert a.property("NRestarts") == "0"
        assert [entry for entry in a.journal("--unit=carpd") if "unknown key 'vihd'" in str(entry.get("MESSAGE"))]
    finally:
        configure(a, example(100, preempt=True))
        a.systemctl("reset-failed", "carpd")


def test_hooks_may_start_and_stop_one_kind_of_unit(pair):
    """By polkit, as the user that runs administrators' commands; and a service can be bound to such a target."""
    a = pair[0]
    a.write("/etc/systemd/system/bound.service", BOUND)
    a.systemctl("daemon-reload")
    a.systemctl("enable", "bound")

    def systemctl(user, *words):
        a.run("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "systemctl", "--no-ask-password",
              *words)
    systemctl("carpd-hook", "start", "carp-master@eth0-1.target")
    assert a.property("ActiveState", "bound") == "active"
    systemctl("carpd-hook", "stop", "carp-master@eth0-1.target")
    wait_until(lambda: a.property("ActiveState", "bound") == "inactive", 5, "the bound service has stopped")
    for user, *words in (("carpd-hook", "restart", "carp-master@eth0-1.target"), ("carpd-hook", "start", "bound"),
                         ("carpd-hook", "stop", "carpd"), ("carpd-hook", "start", "carp-master@eth0-1.target", "bound"),
                         ("carpd-hook", "set-property", "carp-master@eth0-1.target", "Description=x"),
                         ("carpd-hook", "daemon-reload"), ("carpd-hook", "poweroff"),
                         ("carpd-check", "start", "carp-master@eth0-1.target")):
        with pytest.raises(RuntimeError):
            systemctl(user, *words)


@pytest.mark.parametrize("mac", ["virtual", "interface"])
def test_networkd_leaves_the_addresses_alone(running, mac):
    """With the two files of conf/networkd, networkd may come, go and reconfigure the interface of the addresses."""
    a, b, _ = running
    a.systemctl("stop", "carpd")
    configure(a, example(100, preempt=True, mac=mac))
    a.write("/etc/systemd/network/10-eth0.network",
            f"[Match]\nName=eth0\n[Network]\nAddress={a.node.address4}/24\nAddress={a.node.address6}/64\n"
            "IPv6AcceptRA=no\n")
    examples = "/usr/share/doc/carpd/networkd"
    a.run("cp", f"{examples}/70-carpd.network", "/etc/systemd/network/")
    a.run("install", "-D", "-m", "0644", f"{examples}/carpd.conf", "/etc/systemd/network/10-eth0.network.d/carpd.conf")
    # The addresses of the bed are the same, but not in networkd's eyes: its own are to be the first.
    a.node.ip("address", "flush", "dev", "eth0", "scope", "global")

    def configured():
        return "(configured)" in a.run("networkctl", "status", "eth0", check=False)
    try:
        a.systemctl("enable", "--now", "systemd-networkd")
        wait_until(configured, 20, lambda: f"networkd has configured eth0\n{a.log()}")
        a.systemctl("start", "carpd")
        a.wait_state("MASTER", 1, 2)
        since = time.monotonic()
        for act in (("networkctl", "reconfigure", "eth0"), ("systemctl", "restart", "systemd-networkd")):
            a.run(*act)
            wait_until(configured, 20, lambda: f"networkd is done\n{a.log()}")
        assert all(a.node.owns(address) for address in SHARED)
        assert a.states() == {1: "MASTER", 2: "MASTER"}
        log = [str(entry.get("MESSAGE")) for entry in a.journal("--unit=carpd")
               if int(entry["__MONOTONIC_TIMESTAMP"]) / 1e6 >= since]
        assert not [line for line in log if "removed" in line or "->" in line], log
    finally:
        a.systemctl("stop", "carpd")
        a.systemctl("disable", "--now", "systemd-networkd", "systemd-networkd.socket")
        a.run("rm", "-r", *a.run("sh", "-c", "ls -d /etc/systemd/network/*").split())
        a.node.detach()
        a.node.attach()
        configure(a, example(100, preempt=True))


def test_a_service_runs_on_the_master_only(running):
    """By systemd alone: carpd-hook starts and stops the target, and hears of the other machine's goodbye."""
    a, b, _ = running
    for machine in (a, b):
        machine.write("/etc/systemd/system/bound.service", BOUND)
        machine.systemctl("daemon-reload")
        machine.systemctl("enable", "bound")
        machine.systemctl("start", "carpd-hook")

    def runs_on(one, other):
        wait_until(lambda: one.property("ActiveState", "bound") == "active"
                   and other.property("ActiveState", "bound") == "inactive", 8,
                   lambda: f"the service runs on {one.label} only\n{one.log()}\n{other.log()}")
    try:
        runs_on(a, b)
        a.systemctl("stop", "carpd")
        runs_on(b, a)
        a.systemctl("start", "carpd")
        runs_on(a, b)
        # A restart is not told: the role stays, and so does the service.
        before = a.property("MainPID", "bound")
        a.systemctl("restart", "carpd")
        a.wait_state("MASTER", 1, 2)
        runs_on(a, b)
        assert a.property("MainPID", "bound") == before
        (program,) = [one for one in a.processes_of("carpd-hook.service").values() if one.ppid == a.leader]
        assert program.permitted == program.bounding == 0 and 0 not in program.uids
    finally:
        for machine in (a, b):
            machine.systemctl("stop", "carpd-hook", "carp-master@eth0-1.target", "carp-master@eth0-2.target")
            machine.systemctl("disable", "bound")


def test_a_failing_check_makes_the_machine_yield(running):
    a, b, _ = running
    for machine, advskew in ((a, 100), (b, 200)):
        configure(machine, example(advskew, preempt=True).replace(
            "[daemon]\n", '[daemon]\nadmin-group = "carpd-admin"\n', 1))
        machine.systemctl("restart", "carpd")
    a.wait_state("MASTER", 1, 2)
    a.write("/etc/carpd/check.toml", '[[check]]\nname = "web"\ncommand = ["/usr/bin/test", "-e", "/var/lib/web"]\n'
                                     'interval = "200ms"\nrise = 1\nfall = 1\n')
    a.run("touch", "/var/lib/web")
    try:
        a.systemctl("start", "carpd-check")
        assert a.property("ActiveState", "carpd-check") == "active"
        a.run("rm", "/var/lib/web")
        b.wait_state("MASTER", 1, 2)
        a.run("touch", "/var/lib/web")
        a.wait_state("MASTER", 1, 2)
        # What was held ends with who held it.
        a.run("rm", "/var/lib/web")
        b.wait_state("MASTER", 1, 2)
        a.systemctl("stop", "carpd-check")
        a.wait_state("MASTER", 1, 2)
    finally:
        a.systemctl("stop", "carpd-check")
        a.run("rm", "-f", "/etc/carpd/check.toml", "/var/lib/web")
        for machine, advskew in ((a, 100), (b, 200)):
            configure(machine, example(advskew, preempt=True))
            machine.systemctl("restart", "carpd")


@pytest.mark.measures
def test_reload(running):
    """A machine by `carpctl reload`, B by notify-reload: the process stays, and what did not change does not notice."""
    a, b, client = running
    third = '\n[[virtual-host]]\ninterface = "eth0"\nvhid = 3\nadvskew = %d\npassword = "testpass"\n' \
            'addresses = ["192.0.2.3/24"]\n'
    before = {machine: main_pid(machine) for machine in (a, b)}
    try:
        with Prober(client, [a.node, b.node], SHARED) as prober:
            for address in SHARED:
                prober.wait_owner(address, a.node)
            t0 = time.monotonic()
            for machine, advskew in ((a, 100), (b, 200)):
                configure(machine, example(advskew, preempt=True) + third % advskew)
                machine.systemctl("reload", "carpd")
                assert set(machine.states()) == {1, 2, 3}, machine.log()
            a.wait_state("MASTER", 1, 2, 3)
            b.wait_state("BACKUP", 1, 2, 3)
            for address in SHARED:
                figures = prober.figures(address, t0, window=3)
                assert figures.takeover is None and figures.lost == 0, figures
        # What is wrong changes nothing.
        for machine, advskew in ((a, 100), (b, 200)):
            configure(machine, example(advskew, preempt=True).replace("vhid = 1", "vihd = 1", 1))
            machine.systemctl("reload", "carpd", check=False)
            assert machine.property("ActiveState") == "active"
            wait_until(lambda: [entry for entry in machine.journal("--unit=carpd")
                                if "unknown key 'vihd'" in str(entry.get("MESSAGE"))], 5,
                       lambda: f"the reason in the journal\n{machine.log()}")
            assert set(machine.states()) == {1, 2, 3}
        # systemd before 253 leaves the reload to a command, which can fail.
        with pytest.raises(RuntimeError):
            a.systemctl("reload", "carpd")
    finally:
        for machine, advskew in ((a, 100), (b, 200)):
            configure(machine, example(advskew, preempt=True))
            machine.systemctl("reload", "carpd")
    assert {machine: main_pid(machine) for machine in (a, b)} == before
    a.wait_state("MASTER", 1, 2)
    assert set(a.states()) == set(b.states()) == {1, 2}
