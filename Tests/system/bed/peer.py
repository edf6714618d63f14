"""Debian's ucarp as a peer: another implementation, with the address on its interface's own MAC."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path


class Ucarp:
    """ucarp on a node. The parameters are those of ucarp(8): -b, -k, -r, -P."""

    def __init__(self, node, vhid=1, address="192.0.2.1", password="testpass", advbase=1, advskew=0, ratio=3,
                 preempt=False):
        self.node = node
        self.log = []
        self.directory = Path(tempfile.mkdtemp(prefix="carpd-bed-ucarp-"))
        for name, action in (("up", "add"), ("down", "del")):
            script = self.directory / name
            script.write_text(f"#!/bin/sh\nexec ip address {action} {address}/32 dev {node.interface}\n")
            script.chmod(0o755)
        node.lan.keep(self)
        # -z runs the down script at exit, -f none keeps it out of syslog.
        self.process = subprocess.Popen(
            node.command("ucarp", "-i", node.interface, "-s", node.address4, "-v", vhid, "-p", password, "-a", address,
                         "-u", self.directory / "up", "-d", self.directory / "down", "-z", "-f", "none",
                         "-b", advbase, "-k", advskew, "-r", ratio, *(["-P"] if preempt else [])),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def _read_log(self):
        with self.process.stderr as stream:
            for line in stream:
                self.log.append((time.monotonic(), line.rstrip("\n")))

    def text(self):
        return "\n".join(f"{when:.3f} {line}" for when, line in list(self.log))

    def stop(self):
        """SIGTERM: the down script runs, no goodbye is sent. Returns the time of the signal."""
        started = time.monotonic()
        self.process.terminate()
        self.process.wait(15)
        return started

    def crash(self):
        """SIGKILL: the address stays behind. Returns the time of the signal."""
        started = time.monotonic()
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(5)
        return started

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join(2)
        shutil.rmtree(self.directory, ignore_errors=True)
