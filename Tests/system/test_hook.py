"""carpctl hook: what commands are told, in which order, and that neither a slow nor a hung nor a crashing one does harm."""

import json
import os
import re
import signal
import time

import pytest

from bed import Beside, Carpd, config, example_pair, host, wait_until
from bed import processes


class Told:
    """A command that writes down what it was told, and the runs that were."""

    def __init__(self, daemon, body=""):
        self.file = daemon.directory / f"told-{time.monotonic_ns()}"
        self.script = self.file.with_suffix(".sh")
        self.script.write_text(
            "#!/bin/sh\n"
            f'echo "$CARP_INTERFACE-$CARP_VHID ${{CARP_OLD_STATE-none}} $CARP_STATE $CARP_REASON $CARP_SKIPPED" >> {self.file}\n'
            f"{body}\n"
            f'echo "end $CARP_INTERFACE-$CARP_VHID" >> {self.file}\n')
        self.script.chmod(0o755)

    def lines(self):
        return self.file.read_text().splitlines() if self.file.exists() else []

    def runs(self, vhid=1):
        """[(old state, state, reason, skipped)] of one virtual host."""
        return [(words[1], words[2], words[3], int(words[4]))
                for words in (line.split() for line in self.lines()) if words[0] == f"eth0-{vhid}"]

    def states(self, vhid=1):
        return [run[1] for run in self.runs(vhid)]

    def wait_states(self, *states, vhid=1, timeout=8.0):
        wait_until(lambda: self.states(vhid) == list(states), timeout,
                   lambda: f"vhid {vhid} told {states}\n" + "\n".join(self.lines()))


@pytest.fixture
def alone(lan):
    """One machine that is MASTER of two virtual hosts."""
    daemon = Carpd(lan.node("a", 101), config(host(1), host(2, ["192.0.2.2/24"])))
    for vhid in (1, 2):
        daemon.wait_state("MASTER", vhid)
    return daemon


def test_tells_what_is_so_and_then_what_happens(alone):
    told = Told(alone)
    hook = Beside(alone, "hook", told.script, user=65534)
    # Its user may write nowhere here, so the file must be there for it.
    told.file.touch(mode=0o666)
    told.file.chmod(0o666)
    told.wait_states("MASTER")
    told.wait_states("MASTER", vhid=2)
    assert told.runs() == [("none", "MASTER", "found", 0)]
    alone.carpctl("yield", "eth0-1")
    wait_until(lambda: len(told.runs()) >= 3, 10, lambda: hook.text())
    assert [(old, new) for old, new, _, _ in told.runs()[:3]] == [
        ("none", "MASTER"), ("MASTER", "BACKUP"), ("BACKUP", "MASTER")]
    assert all(re.fullmatch(r"[a-z-]+", reason) for _, _, reason, _ in told.runs())
    assert told.states(2) == ["MASTER"]
    assert processes.status(hook.process.pid).threads == 1
    assert hook.stop() == 0


def test_flapping_is_told_in_order_and_ends_with_the_last_state(alone):
    told = Told(alone, "sleep 0.3")
    hook = Beside(alone, "hook", told.script)
    told.wait_states("MASTER")
    before = alone.show()["daemon"]["event"]
    for _ in range(15):
        alone.carpctl("yield", "eth0-1")
        alone.carpctl("promote", "eth0-1")

    def happened():
        """How often the state changed since the hook was told of it first."""
        events = json.loads(alone.carpctl("events", "--json", "--since", str(before)))["events"]
        return sum(event["kind"] == "transition" and event["vhid"] == 1 for event in events)
    wait_until(lambda: alone.state() == "MASTER" and told.states()[-1] == "MASTER" and told.lines()[-1] == "end eth0-1"
               and sum(run[3] + 1 for run in told.runs()[1:]) == happened(), 15,
               lambda: f"{happened()} changes, told: {told.runs()}\n{hook.text()}")
    runs = told.runs()
    # Each run begins where the one before it ended, however much was skipped.
    assert happened() >= 30 and len(runs) < 25, runs
    assert [old for old, *_ in runs[1:]] == [new for _, new, *_ in runs[:-1]]
    # One at a time: a run ends before the next one begins.
    mine = [line.startswith("end") for line in told.lines() if "eth0-1" in line]
    assert mine == [False, True] * len(runs)


@pytest.mark.measures
def test_a_hung_hook_delays_no_failover(abc):
    a, b, _ = abc
    first, second = example_pair(a, b)
    hooks = []
    for daemon in (first, second):
        told = Told(daemon, "trap '' TERM INT HUP; while :; do :; done")
        hooks.append((told, Beside(daemon, "hook", "--timeout", "60s", told.script)))
        wait_until(lambda: told.states() and told.states(2), 5, lambda: hooks[-1][1].text())
    started = time.monotonic()
    a.cut()
    for vhid in (1, 2):
        second.wait_state("MASTER", vhid)
        when = second.transitions(vhid, since=started)[-1][0]
        # As in test_takeover.py, with four processes that burn two processors beside it.
        assert when - started <= 3.781 + 0.4
    # It still is told nothing, as its command hangs; the daemon does not care.
    assert hooks[1][0].states() == ["BACKUP"]


def test_a_hung_hook_is_killed_with_all_it_started(alone):
    told = Told(alone, "trap '' TERM; setsid sleep 4713 & sleep 4713 & (sleep 4713 &) ; sleep 4713")
    quick = Told(alone)
    configuration = alone.directory / "hook.toml"
    configuration.write_text(
        f'[[hook]]\ncommand = ["{told.script}"]\nvhid = 1\ntimeout = "500ms"\non = ["MASTER"]\n'
        f'[[hook]]\ncommand = ["{quick.script}"]\n')
    hook = Beside(alone, "hook", "--config", configuration)
    # The other virtual host does not wait for it.
    quick.wait_states("MASTER", vhid=2, timeout=3)
    wait_until(lambda: len(hook.descendants()) >= 6, 3, lambda: hook.text())
    started = time.monotonic()
    hook.wait_line("did not end within its timeout", timeout=6)
    assert 0.2 < time.monotonic() - started
    wait_until(lambda: not hook.descendants(), 3, lambda: [one.name for one in hook.descendants()])
    # After it the next one for the same virtual host has its turn.
    quick.wait_states("MASTER")
    assert hook.stop() == 0


def test_what_a_hook_leaves_running_is_ended(alone):
    told = Told(alone, "setsid sleep 4714 & sleep 4714 & exit 0")
    hook = Beside(alone, "hook", told.script)
    wait_until(lambda: told.states() == ["MASTER"] and told.states(2) == ["MASTER"], 5, lambda: hook.text())
    wait_until(lambda: not hook.descendants(), 3, lambda: [one.name for one in hook.descendants()])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_hook_process_that_ends_leaves_no_children(alone, number):
    told = Told(alone, "trap '' TERM; setsid sleep 4715 & sleep 4715 & sleep 4715")
    hook = Beside(alone, "hook", told.script)
    wait_until(lambda: len(hook.descendants()) >= 10, 5, lambda: hook.text())
    pids = [one.pid for one in hook.descendants()]
    hook.process.send_signal(number)
    hook.process.wait(5)
    wait_until(lambda: not any(processes.alive(pid) for pid in pids), 5, "all it had started is gone")


def test_crashing_and_missing_commands(alone):
    alone.directory.joinpath("hook.toml").write_text(
        '[[hook]]\ncommand = ["/nonexistent/command"]\nvhid = 1\n'
        '[[hook]]\ncommand = ["sh", "-c", "kill -SEGV $$"]\nvhid = 1\n'
        '[[hook]]\ncommand = ["sh", "-c", "echo before; printf \'\\\\033[31m\'; echo after >&2; exit 3"]\nvhid = 1\n')
    hook = Beside(alone, "hook", "--config", alone.directory / "hook.toml")
    hook.wait_line("cannot be executed: No such file or directory")
    hook.wait_line("ended by signal 11")
    hook.wait_line("exit status 3")
    hook.wait_line("eth0-1 MASTER: sh: before")
    assert "\x1b" not in hook.text()
    since = time.monotonic()
    alone.carpctl("yield", "eth0-1")
    hook.wait_line("exit status 3", since=since)
    assert hook.stop() == 0


def test_follows_the_daemon_through_restarts(alone):
    told = Told(alone)
    configuration = alone.directory / "hook.toml"
    configuration.write_text(f'gone-after = "2s"\n[[hook]]\ncommand = ["{told.script}"]\n')
    hook = Beside(alone, "hook", "--config", configuration)
    told.wait_states("MASTER")
    # A planned restart that keeps the role: nothing to tell.
    alone.signal(signal.SIGUSR2)
    assert alone.process.wait(5) == 0
    alone.start()
    hook.wait_line("following carpd", timeout=8)
    alone.wait_state("MASTER")
    # The daemon is gone for longer than the leases last: nobody is MASTER here.
    alone.stop()
    wait_until(lambda: told.states()[-1] == "INIT", 8, lambda: hook.text())
    alone.start()
    wait_until(lambda: told.states()[-1] == "MASTER", 12, lambda: hook.text())
    # Whatever was told, it never was a state twice, and each began where the one before ended.
    runs = told.runs()
    assert all(old != new for old, new, *_ in runs)
    assert [old for old, *_ in runs[1:]] == [new for _, new, *_ in runs[:-1]]
    assert hook.stop() == 0


def test_the_engine_is_replaced(alone):
    told = Told(alone)
    hook = Beside(alone, "hook", told.script)
    told.wait_states("MASTER")
    os.kill(alone.child("engine").pid, signal.SIGKILL)
    hook.wait_line("closed the connection")
    hook.wait_line("following carpd")
    since = time.monotonic()
    alone.wait_state("MASTER")
    alone.carpctl("yield", "eth0-1")
    hook.wait_line("BACKUP", since=since)
    wait_until(lambda: told.states()[:2] == ["MASTER", "BACKUP"], 5, lambda: hook.text())


def test_filters_and_kinds(alone):
    masters = Told(alone)
    configuration = alone.directory / "hook.toml"
    other = Told(alone)
    other.script.write_text(f'#!/bin/sh\necho "$CARP_EVENT $CARP_DEMOTION" >> {other.file}\n')
    configuration.write_text(
        f'[[hook]]\ncommand = ["{masters.script}"]\non = ["MASTER"]\nvhid = 2\n'
        f'[[hook]]\ncommand = ["{other.script}"]\non = ["demotion"]\n')
    hook = Beside(alone, "hook", "--config", configuration)
    masters.wait_states("MASTER", vhid=2)
    alone.carpctl("demote", "test", "7")
    wait_until(lambda: other.lines() == ["demotion 7"], 5, lambda: hook.text())
    assert masters.states(1) == [] and masters.states(2) == ["MASTER"]


def test_targets_follow_the_state(alone):
    """With a systemctl that writes down what it is asked for; test_systemd.py has the real one."""
    directory = alone.directory / "bin"
    directory.mkdir()
    calls = alone.directory / "calls"
    program = directory / "systemctl"
    program.write_text(
        f'#!/bin/sh\necho "$*" >> {calls}\n'
        '[ "$1" != list-units ] || echo "carp-master@eth9-7.target loaded active active x"\n')
    program.chmod(0o755)
    hook = Beside(alone, "hook", "--config", "/nonexistent", "--targets",
                  environment={"PATH": f"{directory}:{os.environ['PATH']}"})

    def asked():
        return [line.removeprefix("--no-block ") for line in calls.read_text().splitlines()] if calls.exists() else []
    wait_until(lambda: {"start carp-master@eth0-1.target", "start carp-master@eth0-2.target",
                        "stop carp-master@eth9-7.target"} <= set(asked()), 5, lambda: hook.text())
    before = len(asked())
    alone.carpctl("yield", "eth0-2")
    wait_until(lambda: asked()[before:] == ["stop carp-master@eth0-2.target", "start carp-master@eth0-2.target"], 10,
               lambda: f"{asked()}\n{hook.text()}")
    # Its own end changes nothing.
    assert hook.stop() == 0
    assert len(asked()) == before + 2
