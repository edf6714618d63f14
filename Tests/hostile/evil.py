"""carpd with `carpd-evil` in the engine's place, and what must be true of it afterwards."""

import re
import shutil
import subprocess

from bed import Carpd, config, host, wait_until
from bed.daemon import BUILD

EVIL = BUILD / "carpd-evil"
# So many lives play a variant each; the one after them behaves, unless the part is played again and again.
LIVES = 4
VIOLATION = r"broke the rules of its channel"


def hosts(count=5, mac="interface", advskew=100):
    """Virtual hosts 1, 2, ... with one IPv4 address each; an evil engine takes one more in each of its lives."""
    return [host(n, [f"192.0.2.{n}/24"], advskew, mac=mac) for n in range(1, count + 1)]


def addresses(node, count=9):
    """Which of the shared addresses of `hosts` the node has."""
    owned = {entry.split("/")[0] for _, entry in node.addresses()}
    return [f"192.0.2.{n}" for n in range(1, count + 1) if f"192.0.2.{n}" in owned]


class Evil(Carpd):
    """carpd whose engine plays `part`. Its control socket answers nobody, so nothing waits for that."""

    def __init__(self, node, part, variant=0, virtual_hosts=None, program=EVIL, arguments=(), **more):
        text = config(*(virtual_hosts or hosts()))
        text = text.replace("[daemon]\n", f'[daemon]\nadmin-group = "evil-{part}"\nread-group = "{variant}"\n')
        super().__init__(node, text, ["--engine", program, *arguments], wait=False, **more)

    def said(self, pattern=""):
        """What the evil engines said, in order."""
        found = [re.search(r"from a child: evil: (.*)", line) for _, line in list(self.log)]
        return [match[1] for match in found if match and re.search(pattern, match[1])]

    def wait_said(self, pattern, timeout=8.0, count=1):
        return wait_until(lambda: len(self.said(pattern)) >= count and self.said(pattern), timeout,
                          lambda: f"{count} times evil: /{pattern}/\n{self.text()}")

    def losses(self):
        """Why engines were lost."""
        return [re.search(r"the engine process (.*); starting another", line)[1]
                for _, line in self.lines(r"the engine process .*; starting another")]

    def wait_losses(self, count, timeout=8.0):
        return wait_until(lambda: len(self.losses()) >= count and self.losses(), timeout,
                          lambda: f"{count} lost engines\n{self.text()}")

    def violations(self):
        return [line for _, line in self.lines(VIOLATION)]

    def survives(self):
        """The same supervisor still lives, and it serves an engine."""
        assert self.process.poll() is None, f"exited with {self.process.returncode}\n{self.text()}"
        wait_until(lambda: [child.permitted for child in self.children() if child.name == "carpd-engine"] == [0], 3,
                   self.text)

    def wait_exit(self, code, timeout=8.0):
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still alive after {timeout} s\n{self.text()}") from None
        self._reader.join(2)
        assert self.process.returncode == code, f"exit {self.process.returncode}, not {code}\n{self.text()}"

    def recorded(self, act):
        """How many acts of one kind are on record; equal ones are folded into one record with their number."""
        return sum(record.get("count", 1) for record in self.records(act))

    def wait_recorded(self, act, count, timeout=4.0):
        wait_until(lambda: self.recorded(act) >= count, timeout,
                   lambda: f"{count} records {act}, not {self.recorded(act)}\n{self.text()}")


def five_losses(daemon, node, pattern):
    """The part is played again and again: everything is given up."""
    daemon.wait_exit(70)
    assert len(daemon.lines(pattern)) >= 5, daemon.text()
    assert daemon.lines("five engines lost"), daemon.text()
    daemon.wait_recorded("childEnded", 5)
    assert addresses(node) == [] and not [name for name in node.links() if name.startswith("carp")]


def listed(kind):
    """The variants of `kind` that carpd-evil knows."""
    lines = subprocess.run([EVIL, "--list"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split(" ", 1)[1] for line in lines if line.startswith(kind + " ")]


def named(directory, part):
    """A copy of carpd-evil that plays `part` before it has a configuration."""
    path = directory / f"carpd-evil.{part}"
    shutil.copy(EVIL, path)
    path.chmod(0o755)
    directory.chmod(0o755)
    return path
