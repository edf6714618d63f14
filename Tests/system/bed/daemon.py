"""carpd on a node: its configuration, its processes, its log, and what carpctl says."""

import contextlib
import grp
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from . import processes
from .waiting import Timeout, wait_until

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("CARPD_BUILD", ROOT / ".build" / "release"))
# What a system call on no list does in the daemons: errno, or kill, which proves the lists complete.
FILTER = os.environ.get("CARPD_FILTER_DEFAULT", "errno")
PASSWORD = "testpass"


def host(vhid=1, addresses=("192.0.2.1/24",), advskew=100, advbase=1, interface="eth0", password=PASSWORD,
         mac=None, peers=(), **more):
    """One [[virtual-host]] of a configuration. Further keys are written as they are, `_` becoming `-`."""
    values = {"interface": interface, "vhid": vhid, "advbase": advbase, "advskew": advskew, "password": password,
              "addresses": list(addresses)}
    if mac:
        values["mac"] = mac
    if peers:
        values["peers"] = list(peers)
    values.update({key.replace("_", "-"): value for key, value in more.items()})
    # A JSON string, number, boolean or list of strings is a TOML one.
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items() if value is not None]
    return "\n".join(["[[virtual-host]]", *lines]) + "\n"


def config(*hosts, preempt=False):
    return f"[daemon]\npreempt = {json.dumps(preempt)}\n\n" + "\n".join(hosts)


def _dashed(pairs):
    """Varlink's field names have underscores, the configuration's dashes; tests use the latter."""
    return {key.replace("_", "-"): value for key, value in pairs}


def _hand_to_carpd(path, user=False):
    """The group (and the user, if asked) carpd, where the machine has them."""
    try:
        os.chown(path, pwd.getpwnam("carpd").pw_uid if user else -1, grp.getgrnam("carpd").gr_gid)
    except KeyError:
        pass


class Carpd:
    """A daemon, started by the constructor. It ends with `stop`, `kill_all` or the LAN.

    `audit` has further keys of [audit], `_` for `-`; `audit_key` becomes the log's key. When a daemon has ended, its
    audit log must verify.
    """

    def __init__(self, node, text, arguments=(), wait=True, directory=None, audit=None, audit_key=None):
        self.node = node
        # A second daemon given the first one's directory is a restart of it.
        self._owns_directory = directory is None
        self.directory = Path(directory or tempfile.mkdtemp(prefix="carpd-bed-"))
        self.directory.chmod(0o755)
        self.config_file = self.directory / "carpd.toml"
        self.runtime_directory = self.directory / "run"
        self.socket = self.runtime_directory / "control.sock"
        self.audit_log = self.directory / "audit" / "audit.jsonl"
        self.log = []  # (time, line)
        self.process = None
        self._arguments = list(arguments)
        self._audit = {"log": str(self.audit_log), **(audit or {})}
        self.audit_log = Path(self._audit["log"])
        # A test that spoils the log on purpose says so.
        self.audit_is_verified = True
        self.key_file = None
        if audit_key is not None:
            self.key_file = self.directory / "secrets" / "audit.key"
            self._audit["key_file"] = self.key_file.name
            self.key_file.parent.mkdir(mode=0o750, exist_ok=True)
            self.key_file.write_text(audit_key)
            for path, mode in ((self.key_file.parent, 0o750), (self.key_file, 0o640)):
                path.chmod(mode)
                _hand_to_carpd(path)
        self.write_config(text)
        if not self.runtime_directory.exists():
            self.runtime_directory.mkdir(mode=0o755)
            _hand_to_carpd(self.runtime_directory, user=True)
        if not self.audit_log.parent.exists():
            self.audit_log.parent.mkdir(mode=0o750)
            with contextlib.suppress(KeyError):
                os.chown(self.audit_log.parent, pwd.getpwnam("carpd-audit").pw_uid, -1)
        node.lan.keep(self)
        self.start(wait)

    # Life

    def write_config(self, text):
        # A log of its own for each daemon, behind everything else: the lines of the rest keep their numbers.
        if "[audit]" not in text:
            text += "\n[audit]\n" + "".join(
                f"{key.replace('_', '-')} = {json.dumps(value)}\n" for key, value in self._audit.items())
        self.config_file.write_text(text)
        self.config_file.chmod(0o640)
        _hand_to_carpd(self.config_file)

    def start(self, wait=True):
        self.socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            self.node.command(BUILD / "carpd", "--config", self.config_file, "--runtime-directory",
                              self.runtime_directory, "--log-format", "text", "--filter-default", FILTER,
                              *self._arguments),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
        self._reader = threading.Thread(target=self._read_log, args=(self.process.stderr,), daemon=True)
        self._reader.start()
        if wait:
            wait_until(lambda: self.answers() or self.process.poll() is not None, 10,
                       lambda: f"carpd answers on {self.node.label}\n{self.text()}")
            if self.process.poll() is not None:
                raise Timeout(f"carpd on {self.node.label} exited with {self.process.returncode}\n{self.text()}")
        return self

    def _read_log(self, stream):
        with stream:
            for line in stream:
                self.log.append((time.monotonic(), line.rstrip("\n")))

    def signal(self, number):
        assert self.process.poll() is None, f"carpd exited with {self.process.returncode} by itself\n{self.text()}"
        os.kill(self.process.pid, number)

    def stop(self, timeout=5.0):
        """SIGTERM; returns how many seconds it took to exit and asserts that it exited with 0."""
        started = time.monotonic()
        self.signal(signal.SIGTERM)
        self.process.wait(timeout)
        took = time.monotonic() - started
        assert self.process.returncode == 0, f"exit {self.process.returncode}\n{self.text()}"
        self.verify_audit_log()
        return took

    def kill_all(self):
        """SIGKILL to every process of this daemon, all stopped first so that none can act on another's death.
        Returns the time of the first kill."""
        pids = [self.process.pid] + [child.pid for child in self.children()]
        for number in (signal.SIGSTOP, signal.SIGKILL):
            if number == signal.SIGKILL:
                started = time.monotonic()
            for pid in pids:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
        self.process.wait(5)
        wait_until(lambda: not any(processes.alive(pid) for pid in pids), 5, "killed processes are gone")
        return started

    def close(self):
        if self.process.poll() is None:
            children = self.children()
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            # Children that outlive their supervisor would be a defect; the bed must not leave them anyway.
            for child in children:
                if processes.alive(child.pid) and (processes.status(child.pid) or child).name == child.name:
                    os.kill(child.pid, signal.SIGKILL)
        self._reader.join(2)
        try:
            self.verify_audit_log()
        finally:
            if self._owns_directory:
                shutil.rmtree(self.directory, ignore_errors=True)

    # Audit log

    def audit_verify(self, *arguments):
        """`carpctl audit verify` on the log, with its key if it has one."""
        key = ["--key", self.key_file] if self.key_file else []
        return subprocess.run([BUILD / "carpctl", "audit", "verify", self.audit_log, *key, *arguments],
                              capture_output=True, text=True, timeout=60)

    def verify_audit_log(self):
        """Every log that a daemon of the tests has written is a good one, whatever was done to the daemon."""
        if not self.audit_is_verified or not self.audit_log.is_file() or not self.audit_log.stat().st_size:
            return
        done = self.audit_verify()
        # The one thing that an auditor killed in the middle of a write leaves, and that only the next start can close.
        if done.returncode and "the last line is not complete" not in done.stderr:
            raise AssertionError(f"carpctl audit verify: {done.stderr}\n{self.text()}")

    def records(self, act=None):
        """The records in the newest file of the audit log, of one kind if named."""
        try:
            lines = self.audit_log.read_text(errors="replace").splitlines(keepends=True)
        except FileNotFoundError:
            return []
        # The last line may still be under way.
        records = [json.loads(line) for line in lines if line.endswith("\n")]
        return [record for record in records if act in (None, record["act"])]

    # Processes

    def children(self):
        return processes.descendants(self.process.pid)

    def child(self, name):
        """The status of the child whose name is `carpd-<name>`; there must be exactly one."""
        found = [child for child in self.children() if child.name == f"carpd-{name}"]
        assert len(found) == 1, f"{len(found)} processes carpd-{name} among {[c.name for c in self.children()]}"
        return found[0]

    @property
    def supervisor(self):
        return processes.status(self.process.pid)

    def memory(self):
        """PSS of each resident process in bytes, by name."""
        everybody = [("supervisor", self.process.pid)] + [(child.name, child.pid) for child in self.children()]
        return {name.removeprefix("carpd-"): processes.proportional_set_size(pid) for name, pid in everybody}

    # carpctl

    def carpctl(self, *arguments, check=True):
        done = subprocess.run([BUILD / "carpctl", "--socket", self.socket, *arguments], capture_output=True, text=True,
                              timeout=10)
        if check and done.returncode:
            raise RuntimeError(f"carpctl {' '.join(arguments)}: exit {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def answers(self):
        if not self.socket.exists():
            return False
        try:
            self.show()
            return True
        except (RuntimeError, ValueError, subprocess.TimeoutExpired):
            return False

    def show(self):
        return json.loads(self.carpctl("show", "--json"), object_pairs_hook=_dashed)

    def virtual_host(self, vhid=1):
        return next((host for host in self.show()["virtual-hosts"] if host["vhid"] == vhid), None)

    def state(self, vhid=1):
        found = self.virtual_host(vhid)
        return found and found["state"]

    def wait_state(self, state, vhid=1, timeout=8.0):
        wait_until(lambda: self.state(vhid) == state, timeout, interval=0.05,
                   what=lambda: f"vhid {vhid} on {self.node.label} is {state}, not {self.state(vhid)}\n{self.text()}")
        # The line that tells of it may still be under way; to who asks the log next it is no news.
        with contextlib.suppress(Timeout):
            wait_until(lambda: (self.transitions(vhid) or [(0, "-> INIT")])[-1][1].endswith(f"-> {state}"), 0.5, "")

    def counters(self, interface="eth0"):
        """The receive counters of an interface as one dictionary."""
        for entry in self.show().get("interfaces", []):
            if entry["name"] == interface:
                return entry["counters"]
        raise KeyError(interface)

    # Log

    def text(self):
        return "\n".join(f"{when:.3f} {line}" for when, line in list(self.log))

    def lines(self, pattern, since=0.0):
        """The log lines since a time that match, as (time, line)."""
        return [(when, line) for when, line in list(self.log) if when >= since and re.search(pattern, line)]

    def wait_log(self, pattern, since=0.0, timeout=8.0):
        """Waits for a line that matches and returns (time, line)."""
        return wait_until(lambda: self.lines(pattern, since), timeout,
                          lambda: f"line /{pattern}/ on {self.node.label}\n{self.text()}")[0]

    def transitions(self, vhid=1, since=0.0):
        """[(time, "BACKUP -> MASTER", reason)] of one virtual host."""
        found = []
        for when, line in self.lines(rf"carp: VHID {vhid}@", since):
            parts = re.search(r"(\w+ -> \w+) \((.*)\)", line)
            if parts:
                found.append((when, parts[1], parts[2]))
        return found

    def expect_transitions(self, *expected, vhid=1, since=0.0, timeout=3.0):
        """Asserts that exactly these ("BACKUP -> MASTER (reason)") were logged, waiting for the last: the engine may
        have answered carpctl before its line is written."""
        def logged():
            return [f"{change} ({reason})" for _, change, reason in self.transitions(vhid, since)]
        wait_until(lambda: len(logged()) >= len(expected), timeout,
                   lambda: f"transitions {expected} on {self.node.label}\n{self.text()}")
        assert logged() == list(expected), self.text()


def example(advskew, preempt=False, mac=None, **more):
    """The configuration of the example: 192.0.2.1 in vhid 1 and 2001:db8::1 in vhid 2."""
    return config(host(1, ["192.0.2.1/24"], advskew, mac=mac, **more),
                  host(2, ["2001:db8::1/64"], advskew, mac=mac, **more),
                  preempt=preempt)


def example_pair(a, b, preempt=False, mac=None):
    """carpd on both machines of the example: A is MASTER of both virtual hosts and B is BACKUP."""
    first = Carpd(a, example(100, preempt, mac))
    second = Carpd(b, example(200, preempt, mac))
    for vhid in (1, 2):
        first.wait_state("MASTER", vhid)
        second.wait_state("BACKUP", vhid)
    return first, second
