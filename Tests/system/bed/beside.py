"""Programs that run beside carpd at its control socket: carpctl hook, check, watch, demote --hold."""

import os
import signal
import subprocess
import threading
import time

from . import processes
from .daemon import BUILD
from .waiting import wait_until


class Beside:
    """`carpctl ARGUMENTS` in the background, with its lines and their times. It ends with `stop`, `kill` or the LAN."""

    def __init__(self, daemon, *arguments, environment=None, user=None, group=None):
        self.daemon = daemon
        self.lines = []  # (time, line), standard output and error together
        groups = f"--groups={group}" if group else "--clear-groups"
        prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", groups, "--"] if user else []
        self.process = subprocess.Popen(
            [*prefix, BUILD / "carpctl", "--socket", daemon.socket, *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env=dict(os.environ, **(environment or {})))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        daemon.node.lan.keep(self)

    def _read(self):
        with self.process.stdout as stream:
            for line in stream:
                self.lines.append((time.monotonic(), line.rstrip("\n")))

    def text(self):
        return "\n".join(f"{when:.3f} {line}" for when, line in list(self.lines))

    def wait_line(self, part, since=0.0, timeout=8.0):
        """Waits for a line with `part` and returns (time, line)."""
        return wait_until(lambda: [(when, line) for when, line in list(self.lines) if when >= since and part in line],
                          timeout, lambda: f"line with {part!r}\n{self.text()}")[0]

    def descendants(self):
        return processes.descendants(self.process.pid)

    def stop(self, timeout=5.0):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.kill()
        self._reader.join(2)
