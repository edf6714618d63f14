"""carpctl: what it shows, what it has the daemon do, its exit codes, and the terminal it leaves behind."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from bed import Beside, Carpd, config, host, wait_until
from bed.daemon import BUILD


def run(daemon, *arguments, user=None, **options):
    prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"] if user else []
    return subprocess.run([*prefix, BUILD / "carpctl", "--socket", daemon.socket, *arguments], capture_output=True,
                          text=True, timeout=20, **options)


@pytest.fixture(scope="module")
def pair():
    from bed import Lan
    with Lan() as lan:
        a, b = lan.node("a", 101), lan.node("b", 102)
        first = Carpd(a, config(host(advskew=0), host(2, ["2001:db8::1/64"], advskew=0), preempt=True))
        for vhid in (1, 2):
            first.wait_state("MASTER", vhid)
        second = Carpd(b, config(host(advskew=100), host(2, ["2001:db8::1/64"], advskew=100), preempt=True))
        for vhid in (1, 2):
            second.wait_state("BACKUP", vhid)
        yield first, second


@pytest.fixture(autouse=True)
def as_it_was(pair):
    """Every test finds A as MASTER and undemoted."""
    yield
    first, _ = pair
    for demotion in first.show()["daemon"]["demotions"]:
        if demotion["owner"] != "carpd":
            first.carpctl("undemote", demotion["name"])
    for vhid in (1, 2):
        first.wait_state("MASTER", vhid)


def test_table(pair):
    first, second = pair
    wait_until(lambda: second.virtual_host()["master"], 5, "the master is heard")
    for daemon in pair:
        done = run(daemon, "show", "--table")
        assert done.returncode == 0 and "\x1b" not in done.stdout
        lines = done.stdout.splitlines()
        assert lines[0].split() == ["HOST", "STATE", "ADV", "DEMOTION", "SINCE", "MASTER", "ADDRESSES"]
    rows = [line.split() for line in lines[1:3]]
    assert [row[:4] for row in rows] == [["eth0-1", "BACKUP", "1/100", "0"], ["eth0-2", "BACKUP", "1/100", "0"]]
    assert rows[0][5:] == ["192.0.2.101", "192.0.2.1/24"]


def test_peers(pair):
    first, second = pair
    wait_until(lambda: "master" in second.carpctl("peers"), 5, lambda: second.carpctl("peers"))
    lines = second.carpctl("peers").splitlines()
    assert lines[0].split() == ["HOST", "SOURCE", "ADVBASE", "ADVSKEW", "DEMOTION", "SEEN", "NOTE"]
    assert any(line.split()[:4] == ["eth0-1", "192.0.2.101", "1", "0"] and line.endswith("master") for line in lines)
    assert all(len(line) <= 80 for line in lines)
    peer = next(one for one in json.loads(second.carpctl("peers", "--json"))["peers"] if one["vhid"] == 1)
    assert peer["source"] == "192.0.2.101" and peer["master"] and peer["verified"] and "last-seen" in peer


def test_counters(pair):
    first, _ = pair
    text = first.carpctl("counters")
    assert re.search(r"^eth0:\n(\t+\d+ .*\n)+$", text)
    assert int(re.search(r"\t(\d+) packets sent \(IPv4\)", text)[1]) > 0
    assert json.loads(first.carpctl("counters", "--json"))["interfaces"][0]["counters"]["opackets"] > 0


def test_events(pair):
    first, _ = pair
    lines = first.carpctl("events").splitlines()
    numbers = [int(line.split()[0]) for line in lines]
    assert numbers == list(range(numbers[0], numbers[0] + len(lines)))
    assert any(line.endswith("carp: VHID 1@eth0: BACKUP -> MASTER (master timed out)") for line in lines)
    later = first.carpctl("events", "--since", str(numbers[-2])).splitlines()
    assert later[0].split()[0] == str(numbers[-1])
    reply = json.loads(first.carpctl("events", "--json"))
    assert {"number", "time", "kind", "reason", "text"} <= set(reply["events"][0]) and reply["next"] > numbers[-1]


def test_demote_and_undemote(pair):
    first, second = pair
    assert run(first, "demote", "test", "200", "--reason", "because").stdout == "demotion 200\n"
    second.wait_state("MASTER")
    table = first.carpctl("show", "--table")
    assert "demotion 200 by test (uid 0): because" in table
    assert run(first, "undemote", "test").stdout == "demotion 0\n"
    first.wait_state("MASTER")
    done = run(first, "undemote", "test")
    assert done.returncode == 1 and "there is no demotion test" in done.stderr


def test_a_demotion_that_expires(pair):
    first, _ = pair
    first.carpctl("demote", "short", "5", "--for", "1s")
    assert first.show()["daemon"]["demotion"] == 5
    wait_until(lambda: first.show()["daemon"]["demotion"] == 0, 5, "it expires")


def test_a_demotion_that_is_held(pair):
    first, _ = pair
    script = first.directory / "held.sh"
    script.write_text(f"#!/bin/sh\n{BUILD / 'carpctl'} --socket {first.socket} show --json > {first.directory}/during\n"
                      "exit 7\n")
    script.chmod(0o755)
    done = run(first, "demote", "held", "6", "--hold", "--", str(script))
    assert done.returncode == 7
    assert json.loads((first.directory / "during").read_text())["daemon"]["demotion"] == 6
    wait_until(lambda: first.show()["daemon"]["demotion"] == 0, 3, "it ends with the command")
    assert run(first, "demote", "held", "6", "--hold", "--", "/nonexistent").returncode == 127

    for number, status in ((signal.SIGTERM, 0), (signal.SIGKILL, -9)):
        held = Beside(first, "demote", "held", "6", "--hold")
        wait_until(lambda: first.show()["daemon"]["demotion"] == 6, 3, held.text)
        held.process.send_signal(number)
        assert held.process.wait(3) == status
        wait_until(lambda: first.show()["daemon"]["demotion"] == 0, 3, "it ends with the process")


def test_maintenance(pair):
    first, second = pair
    first.carpctl("maintenance", "on", "--reason", "new kernel")
    for vhid in (1, 2):
        second.wait_state("MASTER", vhid)
    assert first.show()["daemon"]["maintenance"] and "maintenance is on" in first.carpctl("show", "--table")
    first.carpctl("maintenance", "off")
    for vhid in (1, 2):
        first.wait_state("MASTER", vhid)


def test_promote_and_yield(pair):
    first, second = pair
    first.carpctl("yield", "eth0-1")
    second.wait_state("MASTER")
    first.wait_state("MASTER", timeout=12)
    second.carpctl("promote", "eth0-2")
    wait_until(lambda: any("BACKUP -> MASTER" in one for _, one, _ in second.transitions(2)), 5, second.text)
    for arguments in (["promote", "eth0-9"], ["yield", "nowhere-1"]):
        done = run(first, *arguments)
        assert done.returncode == 1 and "has no virtual host" in done.stderr
    assert run(first, "promote", "eth0").returncode == 64


def test_reload(pair):
    first, _ = pair
    good = first.config_file.read_text()
    generation = first.show()["daemon"]["generation"]
    try:
        first.write_config(good.replace("vhid = 1", "vihd = 1"))
        done = run(first, "reload")
        assert done.returncode == 78
        assert re.search(r"^\S*carpd.toml:\d+:1: error: unknown key 'vihd'; did you mean 'vhid'\?$", done.stderr, re.M)
        assert first.show()["daemon"]["generation"] == generation
    finally:
        first.write_config(good)
    done = run(first, "reload")
    assert done.returncode == 0 and f"configuration {generation + 1} is in force" in done.stdout
    assert first.state() == "MASTER"


def test_log_level(pair):
    first, _ = pair
    first.carpctl("log-level", "error")
    since = time.monotonic()
    first.carpctl("demote", "quiet", "1")
    first.carpctl("undemote", "quiet")
    first.carpctl("log-level", "info")
    first.carpctl("demote", "loud", "1")
    wait_until(lambda: first.lines("demoted", since), 3, first.text)
    assert len(first.lines("demoted", since)) == 1
    assert run(first, "log-level", "loud").returncode == 64


def test_audit_head(pair):
    first, _ = pair
    head = wait_until(lambda: run(first, "audit", "head").stdout.strip(), 3, "a head")
    assert re.fullmatch(r"\d+:[0-9a-f]{64}", head)
    # The record may be on its way to the disk.
    wait_until(lambda: run(first, "audit", "verify", str(first.audit_log), "--anchor", head).returncode == 0, 5,
               lambda: run(first, "audit", "verify", str(first.audit_log), "--anchor", head).stdout)


def test_exit_codes_say_what_to_do(pair):
    first, _ = pair
    everybody = ["show", "peers", "counters", "events"]
    for command in everybody:
        assert run(first, command, user=65534).returncode == 0, command
    for arguments in (["demote", "x", "1"], ["undemote", "x"], ["maintenance", "on"], ["promote", "eth0-1"],
                      ["yield", "eth0-1"], ["reload"], ["log-level", "info"], ["audit", "head"],
                      ["demote", "x", "1", "--hold", "--", "true"]):
        done = run(first, *arguments, user=65534)
        assert done.returncode == 77, (arguments, done)
        assert "admin-group" in done.stderr and "65534" in done.stderr
    missing = subprocess.run([BUILD / "carpctl", "--socket", "/nonexistent", "show"], capture_output=True, text=True)
    assert missing.returncode == 69 and "systemctl status carpd" in missing.stderr
    for arguments in (["shwo"], ["demote", "x"], ["demote", "x", "70000"], ["demote", "x", "1", "--for", "5"],
                      ["events", "--since", "-1"], ["show", "--json", "--table"], ["hook", "--vhid", "0", "true"]):
        done = run(first, *arguments)
        assert done.returncode == 64 and done.stderr, arguments


def test_watch_as_lines(pair):
    first, _ = pair
    watch = Beside(first, "watch", user=65534)
    watch.wait_line("carp: VHID 1@eth0: ? -> MASTER")
    watch.wait_line("carp: VHID 2@eth0: ? -> MASTER")
    since = time.monotonic()
    first.carpctl("yield", "eth0-1")
    watch.wait_line("carp: VHID 1@eth0: MASTER -> BACKUP", since)
    watch.wait_line("carp: VHID 1@eth0: BACKUP -> MASTER", since, timeout=12)
    assert watch.stop() == 0


def test_watch_as_json(pair):
    first, _ = pair
    watch = Beside(first, "watch", "--json")
    wait_until(lambda: watch.lines, 5, watch.text)
    first.carpctl("demote", "seen", "3", "--reason", "a reason")
    wait_until(lambda: any('"demotion"' in line for _, line in watch.lines[1:]), 5, watch.text)
    messages = [json.loads(line) for _, line in watch.lines]
    assert {"virtual-hosts", "interfaces", "daemon"} == set(messages[0]["snapshot"])
    events = [message["event"] for message in messages[1:]]
    first_number = messages[0]["snapshot"]["daemon"]["event"] + 1
    assert [event["number"] for event in events] == list(range(first_number, first_number + len(events)))
    assert any(event["kind"] == "demotion" and event["demotion"] == 3 for event in events)


class Screen:
    """`carpctl watch` on a terminal of 80 columns and 24 lines."""

    def __init__(self, daemon, **environment):
        self.master, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.terminal = terminal
        self.before = termios.tcgetattr(terminal)
        variables = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
        self.process = subprocess.Popen(
            [BUILD / "carpctl", "--socket", daemon.socket, "watch"], stdin=terminal, stdout=terminal, stderr=terminal,
            env=dict(variables, TERM="xterm", **environment), start_new_session=True)
        self.output = ""

    def read(self):
        while select.select([self.master], [], [], 0.05)[0]:
            self.output += os.read(self.master, 65536).decode(errors="replace")
        return self.output

    def wait(self, text):
        wait_until(lambda: text in self.read(), 8, lambda: f"{text!r} on the screen: {self.output!r}")

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.terminal)


@pytest.mark.parametrize("ending", ["q", signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_watch_on_a_terminal(pair, ending):
    first, _ = pair
    screen = Screen(first)
    try:
        screen.wait("\x1b[?1049h")
        screen.wait("\x1b[32mMASTER\x1b[0m")
        assert not termios.tcgetattr(screen.terminal)[3] & termios.ECHO
        # The screen follows the events.
        first.carpctl("demote", "screen", "3", "--reason", "seen on the screen")
        screen.wait("seen on the screen")
        for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.output).replace("\r", "").split("\n"):
            assert len(line) <= 80, line
        if ending == "q":
            os.write(screen.master, b"q")
        else:
            screen.process.send_signal(ending)
        assert screen.process.wait(3) == 0
        assert screen.read().endswith("\x1b[?25h\x1b[?1049l")
        assert termios.tcgetattr(screen.terminal) == screen.before
    finally:
        screen.close()


def test_no_colour_where_it_is_not_wanted(pair):
    first, _ = pair
    screen = Screen(first, NO_COLOR="1")
    try:
        screen.wait("MASTER")
        assert not re.search(r"\x1b\[[0-9;]*m", screen.output)
    finally:
        screen.close()


def test_completions(pair):
    first, _ = pair
    for shell in ("bash", "zsh", "fish"):
        done = run(first, "completions", shell)
        assert done.returncode == 0 and "maintenance" in done.stdout
        if shell == "bash":
            subprocess.run(["bash", "-n"], input=done.stdout, text=True, check=True)
    assert run(first, "completions", "csh").returncode == 64
