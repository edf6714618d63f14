"""A node that is a whole machine: Debian with systemd as process 1, booted by systemd-nspawn in the node's namespace.

    machine = Machine(lan.node("a", 101), "bookworm")
    machine.install()
    machine.boot()
    machine.run("systemctl", "start", "carpd")

Its files are a copy of bed/debian.py's; it has no mounts of ours and no registration, so it leaves nothing when it
ends.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import uuid
from pathlib import Path

from . import debian, processes
from .daemon import BUILD, ROOT, _dashed
from .waiting import Timeout, wait_until

_MACHINES = ROOT / ".build" / "machines"
_POWEROFF = signal.SIGRTMIN + 4
_CAPABILITIES = "CAP_NET_ADMIN,CAP_NET_RAW"


def _hierarchies():
    """Where a systemd in a container looks for its cgroups: the unified hierarchy, and systemd's own of version 1."""
    found = []
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, path, kind, options, *_ = line.split()
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(",")):
            found.append(Path(path))
    return found


def _remove_cgroups(name):
    """Ends whatever is left in the cgroups `name` and removes them."""
    def gone():
        for top in (hierarchy / name for hierarchy in _hierarchies()):
            for directory in [*sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True), top]:
                try:
                    for pid in (directory / "cgroup.procs").read_text().split():
                        os.kill(int(pid), signal.SIGKILL)
                    directory.rmdir()
                except (FileNotFoundError, ProcessLookupError):
                    pass
                except OSError:
                    return False
        return not any((hierarchy / name).exists() for hierarchy in _hierarchies())
    wait_until(gone, 10, lambda: f"the cgroups {name} are empty")


def remove_leftovers():
    """Ends and removes the machines of test processes that no longer live."""
    for directory in _MACHINES.glob("carpd-*") if _MACHINES.exists() else []:
        owner = re.match(r"carpd-(\d+)-", directory.name)
        if owner and not os.path.exists(f"/proc/{owner[1]}"):
            _remove_cgroups(directory.name)
            shutil.rmtree(directory) if directory.is_dir() else directory.unlink()


class Machine:
    """A node's machine. It is off until `boot`, may be booted again after `power_off`, and ends with the LAN."""

    def __init__(self, node, release):
        self.node = node
        self.systemd = debian.RELEASES[release]
        self.label = node.label
        self.root = _MACHINES / node.name
        self.leader = None
        self._nspawn = None
        node.lan.keep(self)
        _MACHINES.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", debian.root(release), self.root], check=True)
        self.write("/etc/machine-id", uuid.uuid4().hex + "\n")
        self.write("/etc/hostname", node.label + "\n")

    # Files

    def path(self, inside):
        return self.root / str(inside).lstrip("/")

    def write(self, inside, text, mode=0o644):
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def install(self):
        """`make install`, as a package's build does it."""
        subprocess.run(["make", "--no-print-directory", "-C", ROOT, "install", f"DESTDIR={self.root}", "PREFIX=/usr",
                        f"BUILD={BUILD}", f"SYSTEMD={self.systemd}"], check=True, stdout=subprocess.DEVNULL)

    # Life

    def boot(self):
        """Switches the machine on and waits until systemd says that it runs."""
        # Without a systemd on this machine nobody gives the container a cgroup of its own, and the systemds of two
        # machines would take each other's services for their own.
        by_hand = not os.path.isdir("/run/systemd/system")
        entries = []
        for hierarchy in _hierarchies() if by_hand else []:
            (hierarchy / self.node.name).mkdir(exist_ok=True)
            entries.append(hierarchy / self.node.name / "cgroup.procs")
        console = open(self.root.with_suffix(".console"), "w+")
        self._nspawn = subprocess.Popen(
            ["sh", "-c", 'for entry in $0; do echo $$ >"$entry" || exit 71; done; exec "$@"',
             " ".join(map(str, entries)), "systemd-nspawn", "--quiet", "--directory", self.root,
             "--machine", self.node.name, "--hostname", self.label, "--register=no",
             *(["--keep-unit"] if by_hand else []), f"--network-namespace-path={self.node.path}",
             f"--capability={_CAPABILITIES}", "--link-journal=no", "--resolv-conf=off", "--timezone=off",
             "--console=pipe", "--boot"],
            # A machine may write its network's settings in /proc/sys/net; a container may not unless told so.
            env=os.environ | {"SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"},
            stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT)

        def runs():
            if self._nspawn.poll() is not None:
                console.seek(0)
                raise Timeout("systemd-nspawn cannot boot a machine here, and without that nothing is tested under "
                              f"systemd: exit {self._nspawn.returncode}\n{console.read()[-3000:]}")
            self.leader = self.leader or next((child.pid for child in processes.descendants(self._nspawn.pid)
                                               if child.ppid == self._nspawn.pid), None)
            return self.leader and self.run("systemctl", "is-system-running", check=False).strip() in (
                "running", "degraded")
        with console:
            wait_until(runs, 60, lambda: f"{self.label} has booted\n{Path(console.name).read_text()[-3000:]}",
                       interval=0.1)
        return self

    def power_off(self):
        """An orderly shutdown, as by the power button."""
        os.kill(self.leader, _POWEROFF)
        self._ended(30)

    def _ended(self, timeout):
        try:
            self._nspawn.wait(timeout)
        finally:
            if self._nspawn.poll() is not None:
                self.leader = self._nspawn = None

    def close(self):
        """Switches the machine off at once, and removes it."""
        if self._nspawn and self._nspawn.poll() is None:
            # Process 1 takes all others with it; without one there was no boot.
            os.kill(self.leader or self._nspawn.pid, signal.SIGKILL)
            self._nspawn.wait(10)
        _remove_cgroups(self.node.name)
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.with_suffix(".console").unlink(missing_ok=True)

    # Inside

    def run(self, *words, check=True, stdin=None, timeout=60):
        """Runs a command in the machine as root and returns its standard output."""
        done = subprocess.run(
            ["nsenter", "--target", str(self.leader), "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup",
             "--", *map(str, words)], input=stdin, capture_output=True, text=True, errors="replace", timeout=timeout)
        if check and done.returncode:
            raise RuntimeError(f"{self.label}: {' '.join(map(str, words))}: exit {done.returncode}: "
                               f"{done.stderr.strip()}{done.stdout.strip()}\n{self.log()}")
        return done.stdout

    def systemctl(self, *words, **options):
        return self.run("systemctl", *words, **options)

    def property(self, name, unit="carpd.service"):
        return self.systemctl("show", "--value", "--property", name, unit).strip()

    def journal(self, *matches):
        """The journal's entries that match, as dictionaries."""
        lines = self.run("journalctl", "--quiet", "--no-pager", "--output=json", *matches, check=False).splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def log(self):
        return self.run("journalctl", "--quiet", "--no-pager", "--output=short-precise", "--lines=60", check=False)

    def processes_of(self, unit="carpd.service"):
        """The processes of a service, seen from outside, by name."""
        group = self.property("ControlGroup", unit)

        def belongs(one):
            try:
                lines = Path(f"/proc/{one.pid}/cgroup").read_text().split()
            except OSError:
                return False  # It ended meanwhile.
            return any(line.endswith(group) for line in lines)

        found = [one for one in processes.descendants(self.leader) if group and belongs(one)]
        return {one.name: one for one in found}

    # carpd there

    def show(self):
        return json.loads(self.run("carpctl", "show", "--json", timeout=10), object_pairs_hook=_dashed)

    def states(self):
        """The state of each virtual host by its vhid; empty while carpd does not answer."""
        try:
            return {host["vhid"]: host["state"] for host in self.show()["virtual-hosts"]}
        except (RuntimeError, ValueError, subprocess.TimeoutExpired):
            return {}

    def wait_state(self, state, *vhids, timeout=10.0):
        wait_until(lambda: (seen := self.states()) and all(seen.get(vhid) == state for vhid in vhids), timeout,
                   lambda: f"{vhids} on {self.label} are {state}, not {self.states()}\n{self.log()}", interval=0.05)
