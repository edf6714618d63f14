"""What a service manager hears (sd_notify) and what its journal gets: fields, ids, priorities."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from bed import Carpd, config, host, wait_until
from bed.daemon import BUILD, ROOT

# In a mount namespace of its own a journal that writes the entries it gets, one JSON object a line, to argv[1]; then the
# rest of argv with standard error as that journal's stream.
JOURNAL = """
import ctypes, json, os, socket, subprocess, sys
os.makedirs("/run/systemd/journal", exist_ok=True)
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run/systemd/journal"], check=True)
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind("/run/systemd/journal/socket")
os.chmod("/run/systemd/journal/socket", 0o666)
supervisor = os.getpid()
if os.fork() == 0:
    journal.settimeout(0.2)
    with open(sys.argv[1], "w", buffering=1) as out:
        while os.getppid() == supervisor:
            try:
                entry = journal.recv(65536).decode()
            except TimeoutError:
                continue
            fields = dict(line.split("=", 1) for line in entry.splitlines())
            out.write(json.dumps(fields) + "\\n")
    os._exit(0)
stream = os.fstat(2)
os.environ["JOURNAL_STREAM"] = f"{stream.st_dev}:{stream.st_ino}"
os.execv(sys.argv[2], sys.argv[2:])
"""


class Service(Carpd):
    """carpd as a service manager starts it: with NOTIFY_SOCKET, WATCHDOG_USEC, and perhaps a journal."""

    def __init__(self, node, text, watchdog=None, journal=False, **more):
        self.messages = []  # (time, text)
        self.watchdog = watchdog
        self.journal = journal
        super().__init__(node, text, **more)

    def start(self, wait=True):
        path = self.directory / "notify"
        path.unlink(missing_ok=True)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(os.fspath(path))
        path.chmod(0o777)
        threading.Thread(target=self._read_messages, args=(self.notify,), daemon=True).start()
        variables = [f"NOTIFY_SOCKET={path}"] + ([f"WATCHDOG_USEC={self.watchdog}"] if self.watchdog else [])
        around = ["unshare", "-m", sys.executable, "-c", JOURNAL, self.directory / "journal"] if self.journal else []
        self.socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            self.node.command("env", *variables, *around, BUILD / "carpd", "--config", self.config_file,
                              "--runtime-directory", self.runtime_directory),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
        self._reader = threading.Thread(target=self._read_log, args=(self.process.stderr,), daemon=True)
        self._reader.start()
        if wait:
            wait_until(lambda: self.said("READY=1"), 10, lambda: f"READY=1 among {self.messages}\n{self.text()}")
        return self

    def _read_messages(self, notify):
        while True:
            self.messages.append((time.monotonic(), notify.recv(4096).decode()))

    def said(self, line, since=0.0):
        return [when for when, text in list(self.messages) if when >= since and line in text.splitlines()]

    def entries(self, **fields):
        """What the journal got with these fields."""
        try:
            lines = (self.directory / "journal").read_text().splitlines(keepends=True)
        except FileNotFoundError:
            return []
        found = [json.loads(line) for line in lines if line.endswith("\n")]
        return [entry for entry in found if fields.items() <= entry.items()]


@pytest.fixture
def node(lan):
    return lan.node("a", 101)


def test_ready_status_stopping(node):
    daemon = Service(node, config(host(1), host(2, ["192.0.2.2/24"])))
    wait_until(lambda: daemon.said("STATUS=MASTER of 2 of 2 virtual hosts"), 8, lambda: f"{daemon.messages}")
    assert not daemon.said("WATCHDOG=1")
    daemon.stop()
    assert daemon.said("STOPPING=1")


def test_the_watchdog_is_fed_by_a_live_loop_and_engine(node):
    daemon = Service(node, config(host()), watchdog=1_000_000)
    daemon.wait_state("MASTER")
    wait_until(lambda: len(daemon.said("WATCHDOG=1")) >= 4, 5, lambda: f"{daemon.messages}")
    times = daemon.said("WATCHDOG=1")
    assert all(later - earlier < 1 for earlier, later in zip(times, times[1:]))
    # An engine that stands still, and nobody who could put another in its place.
    stopped = [daemon.child("launcher").pid, daemon.child("engine").pid]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    begin = time.monotonic()
    wait_until(lambda: time.monotonic() > begin + 3, 5, "three seconds")
    assert not daemon.said("WATCHDOG=1", since=begin + 1.5)
    daemon.kill_all()


def test_a_stopped_loop_does_not_feed_it(node):
    daemon = Service(node, config(host()), watchdog=1_000_000)
    os.kill(daemon.process.pid, signal.SIGSTOP)
    begin = time.monotonic()
    wait_until(lambda: time.monotonic() > begin + 2, 5, "two seconds")
    assert not daemon.said("WATCHDOG=1", since=begin + 0.5)
    os.kill(daemon.process.pid, signal.SIGCONT)
    wait_until(lambda: daemon.said("WATCHDOG=1", since=begin + 2), 5, lambda: f"{daemon.messages}")


def test_the_journal_gets_fields(node):
    daemon = Service(node, config(host(7)), journal=True)
    entry = wait_until(lambda: daemon.entries(CARPD_STATE="MASTER"), 8, lambda: f"{daemon.entries()}\n{daemon.text()}")[0]
    assert entry["MESSAGE"] == "carp: VHID 7@eth0: BACKUP -> MASTER (master timed out)"
    assert (entry["CARPD_VHID"], entry["CARPD_INTERFACE"], entry["CARPD_REASON"]) == ("7", "eth0", "master-timed-out")
    assert (entry["PRIORITY"], entry["SYSLOG_IDENTIFIER"]) == ("5", "carpd")
    assert re.fullmatch("[0-9a-f]{32}", entry["MESSAGE_ID"])
    # carpd(8) names it, for those who look for it.
    assert entry["MESSAGE_ID"] in (ROOT / "man" / "carpd.8").read_text()
    # What has gone there is not said twice.
    assert not daemon.lines("VHID 7@")
    daemon.stop()
    assert daemon.entries(MESSAGE="carp: stopping")


def test_standard_error_that_is_no_journal(node):
    daemon = Service(node, config(host()))
    daemon.expect_transitions("INIT -> BACKUP (initialization complete)", "BACKUP -> MASTER (master timed out)",
                              timeout=8)
