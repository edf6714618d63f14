"""Clients of the control socket that want too much: elections keep their time, memory stays bounded, others are served."""

import contextlib
import resource
import socket
import threading
import time

import pytest

from bed import Capture, Carpd, Varlink, config, host, wait_until

pytestmark = pytest.mark.measures

NOBODY, SOMEBODY = 65534, 65533
# 78 ms between two advertisements: what delays the engine shows at once.
INTERVAL = 20 / 256
MEGABYTE = 1 << 20


def memory(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


class Watched:
    """A MASTER whose advertisements are captured, and its memory, from before the load on."""

    def __init__(self, lan):
        self.node = lan.node("a", 101)
        self.daemon = Carpd(self.node, config(host(1, advbase=0, advskew=20, addresses=["192.0.2.1/24"])))
        self.daemon.wait_state("MASTER")
        self._pids = [self.daemon.process.pid, self.daemon.child("engine").pid]
        self._before = [memory(pid) for pid in self._pids]
        self.capture = Capture(lan.bridge, "a")
        # Extra advertisements follow a takeover for two seconds.
        self.capture.wait(30, kind="carp", timeout=10)
        time.sleep(2)
        self.since = time.monotonic()

    def close(self):
        self.capture.close()

    def still_well(self):
        """Every advertisement came, none so late that a backup would have noticed, and nothing grew."""
        self.capture.wait(5, kind="carp", since=time.monotonic())
        times = [frame.time for frame in self.capture.select(kind="carp", since=self.since)]
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        # A backup would take over after three intervals without an advertisement.
        assert max(gaps) < 2.9 * INTERVAL, sorted(gaps)[-5:]
        # The clients of these tests use the same processors, so a few may be late by what those take.
        ordered = sorted(gaps)
        assert ordered[len(gaps) // 2] < INTERVAL + 0.005, ordered[len(gaps) // 2:]
        assert ordered[len(gaps) * 9 // 10] < INTERVAL + 0.040, ordered[-10:]
        assert self.daemon.transitions(1, self.since) == [], self.daemon.text()
        assert [self.daemon.process.pid, self.daemon.child("engine").pid] == self._pids, self.daemon.text()
        grown = [memory(pid) - before for pid, before in zip(self._pids, self._before)]
        assert max(grown) < 24 * MEGABYTE, grown


@pytest.fixture
def watched(lan):
    with contextlib.closing(Watched(lan)) as made:
        yield made


@pytest.fixture
def descriptors():
    """A thousand connections need more descriptors than tests usually may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connect(path, uid):
    return Varlink(path, uid=uid, timeout=5)


def test_a_thousand_connections_of_one_user(watched, descriptors):
    """They are held open, each with half a request; others are served, and so is the same user afterwards."""
    held = []
    with contextlib.ExitStack() as stack:
        for _ in range(1000):
            try:
                client = stack.enter_context(connect(watched.daemon.socket, NOBODY))
                client.socket.sendall(b'{"method":')
                held.append(client)
            except OSError:  # closed by the daemon, which is its right
                continue
        for uid in (0, SOMEBODY):
            with connect(watched.daemon.socket, uid) as other:
                assert other.call("Show")["virtual_hosts"][0]["state"] == "MASTER"
        time.sleep(2)
        watched.still_well()
    # What is closed is forgotten.
    wait_until(lambda: answers(watched.daemon.socket, NOBODY), 10, "the user is served again")
    watched.still_well()


def answers(path, uid):
    try:
        with connect(path, uid) as client:
            return client.call("Show")
    except (OSError, EOFError):
        return None


def test_connections_as_fast_as_they_come(watched, descriptors):
    """Opened and closed for five seconds by one user, while root asks and is answered."""
    stop = threading.Event()

    def storm():
        while not stop.is_set():
            with contextlib.suppress(OSError):
                client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                client.settimeout(1)
                client.connect(str(watched.daemon.socket))
                client.close()
    thread = threading.Thread(target=storm)
    thread.start()
    try:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join()
    watched.still_well()
    wait_until(lambda: answers(watched.daemon.socket, 0), 10, "root is served")


def test_readers_that_never_read(watched):
    """Calls as many as the sockets take, and watchers, none of which ever reads."""
    with contextlib.ExitStack() as stack:
        for _ in range(16):
            client = stack.enter_context(connect(watched.daemon.socket, NOBODY))
            client.socket.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    client.send("Show")
        for _ in range(8):
            client = stack.enter_context(connect(watched.daemon.socket, SOMEBODY))
            client.send("Watch", more=True)
        with connect(watched.daemon.socket, 0) as root:
            end = time.monotonic() + 5
            asked = 0
            while time.monotonic() < end:
                root.call("SetLogLevel", level="info")
                asked += 1
            assert asked > 20
        watched.still_well()


def test_a_hundred_megabytes_without_a_nul(watched):
    """From one user, by as many connections as it takes: each is closed at its limit."""
    sent = closed = 0
    block = b" " * 65536
    while sent < 100 * MEGABYTE:
        with connect(watched.daemon.socket, NOBODY) as client:
            try:
                while sent < 100 * MEGABYTE:
                    sent += client.socket.send(block)
            except (BrokenPipeError, ConnectionResetError):
                closed += 1
    assert closed > 10
    watched.still_well()


def test_calls_without_pause(watched):
    """Eight clients ask as fast as they are answered; the election has its turn before each answer."""
    stop = threading.Event()
    answered = []

    def ask():
        with connect(watched.daemon.socket, NOBODY) as client:
            count = 0
            while not stop.is_set():
                client.call(["Show", "Events", "Peers"][count % 3], since=0)
                count += 1
            answered.append(count)
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(5)
    stop.set()
    for thread in threads:
        thread.join()
    assert len(answered) == 8 and min(answered) > 10, answered
    watched.still_well()


def test_refusals_without_pause(watched):
    """A reader who insists is held back, not reported thousands of times; an administrator is served all the while."""
    stop = threading.Event()
    counts = []

    def insist():
        with connect(watched.daemon.socket, NOBODY) as client:
            count = 0
            while not stop.is_set():
                client.send("Yield", interface="eth0", vhid=1)
                assert client.receive()["error"] == "io.carpd.Control.NotAuthorized"
                count += 1
            counts.append(count)
    threads = [threading.Thread(target=insist) for _ in range(8)]
    for thread in threads:
        thread.start()
    with connect(watched.daemon.socket, 0) as root:
        for _ in range(20):
            before = time.monotonic()
            root.call("SetLogLevel", level="info")
            assert time.monotonic() - before < 1
            time.sleep(0.2)
    stop.set()
    for thread in threads:
        thread.join()
    assert 20 < sum(counts) < 300, counts
    assert watched.daemon.state() == "MASTER"
    watched.still_well()
