"""How long a client waits: probes by UDP, answered by whoever owns the address, with the owner's name.

The prober sends to every address 2000 times a second on an absolute schedule; a responder on every node listens on
the wildcard address and replies from the address that was probed, so it may come and go. Each is a process of its
own. Records are in shared memory, to be read while the measurement runs:

    prober = Prober(client, [a, b], ["192.0.2.1", "2001:db8::1"])
    t0 = time.monotonic(); a.cut()
    prober.wait_owner("192.0.2.1", b, since=t0, timeout=5)
    figures = prober.figures("192.0.2.1", t0, window=3)
"""

import ctypes
import errno
import mmap
import os
import signal
import socket
import struct
import time
from dataclasses import dataclass

from .waiting import wait_until

PORT = 9
RATE = 2000
_CAPACITY = RATE * 300
_IP_PKTINFO = 8
_IPV6_RECVPKTINFO, _IPV6_PKTINFO = 49, 50
_PR_SET_PDEATHSIG, _PR_SET_TIMERSLACK = 1, 29


def _fork(work):
    """Runs `work` in a child that dies with its parent; returns the pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        libc.prctl(_PR_SET_TIMERSLACK, 1)
        try:
            # The instruments must not be what is late on a busy machine.
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(5))
        except OSError:
            pass
        work()
    finally:
        os._exit(0)


def _end(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    os.waitpid(pid, 0)


def _respond(handle, family, name):
    """Echoes the number of each probe with this node's name, from the address it came to."""
    level, kind = (socket.IPPROTO_IP, _IP_PKTINFO) if family == 4 else (socket.IPPROTO_IPV6, _IPV6_PKTINFO)
    while True:
        try:
            data, ancillary, _, sender = handle.recvmsg(64, 64)
            raw = ancillary[0][2]
            if family == 4:
                back = b"\0\0\0\0" + raw[8:12] + b"\0\0\0\0"  # any interface, from the address probed
            else:
                back = raw[:16] + b"\0\0\0\0"
            handle.sendmsg([data[:8] + name], [(level, kind, back)], 0, sender)
        except (OSError, IndexError):  # the address went away under the answer
            continue


class _Table:
    """The probes to one address: when each was sent, when its first answer came (0: never) and from whom."""

    def __init__(self, address):
        self.address = address
        self._memory = mmap.mmap(-1, _CAPACITY * 17 + 8)
        view = memoryview(self._memory)
        self.sent = view[:_CAPACITY * 8].cast("q")
        self.answered = view[_CAPACITY * 8:_CAPACITY * 16].cast("q")
        self.who = view[_CAPACITY * 16:_CAPACITY * 17].cast("b")
        self.last = view[_CAPACITY * 17:].cast("q")  # how many have been sent


def _probe(tables, handles):
    period = 1_000_000_000 // RATE
    clock = time.monotonic_ns
    pack, unpack = struct.Struct("q").pack, struct.Struct("q").unpack_from
    lines = [(h.send, h.recv, t.sent, t.answered, t.who, t.last) for t, h in zip(tables, handles)]
    due = clock()
    for number in range(_CAPACITY):
        for send, recv, sent, answered, who, last in lines:
            sent[number] = clock()
            try:
                send(pack(number))
            except OSError:  # no route, or an ICMP error of an earlier probe: this one is lost
                pass
            last[0] = number + 1
        while True:
            for send, recv, sent, answered, who, last in lines:
                while True:
                    try:
                        data = recv(16)
                    except BlockingIOError:
                        break
                    except OSError as failure:
                        if failure.errno in (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH):
                            continue
                        break
                    which = unpack(data)[0]
                    if not answered[which]:
                        who[which] = data[8]
                        answered[which] = clock()
            now = clock()
            if now >= due + period:
                break
            # Half a period at a time: answers are seen at most a quarter of a millisecond late.
            time.sleep(min(due + period - now, period // 2) / 1e9)
        due += period
        if now - due > 50 * period:  # the machine stood still: do not make up for it in a burst
            due = now


@dataclass
class Figures:
    """What the client of one address went through around an event at `t0`. Times in milliseconds but for `t0`."""
    address: str
    t0: float
    takeover: float  # from t0 to the first answer of an owner other than the one before; None if there was none
    gap: float  # the longest time without any answer that ended after t0 (and within the window)
    lost: int  # probes sent from t0 on that were never answered
    gap_after: float  # the longest time without an answer in the window after the new owner's first answer
    owner: str  # who answered last

    def __str__(self):
        takeover = "-" if self.takeover is None else f"{self.takeover:.1f}"
        return (f"{self.address}: takeover {takeover} ms, gap {self.gap:.1f} ms, lost {self.lost}, "
                f"gap after {self.gap_after:.1f} ms, owner {self.owner}")


class Prober:
    """Probes `addresses` from `client`; `nodes` answer. Runs until `close`, five minutes at most."""

    def __init__(self, client, nodes, addresses):
        self._names = {index + 1: node.label for index, node in enumerate(nodes)}
        self._pids = []
        self._tables = {address: _Table(address) for address in addresses}
        families = {6 if ":" in address else 4 for address in addresses}
        try:
            for index, node in enumerate(nodes):
                for family in sorted(families):
                    self._start_responder(node, family, bytes([index + 1]))
            with client.entered():
                handles = [self._connected(address) for address in addresses]
            self._pids.append(_fork(lambda: _probe(list(self._tables.values()), handles)))
            for handle in handles:
                handle.close()
        except BaseException:
            self.close()
            raise

    def _start_responder(self, node, family, name):
        with node.entered():
            if family == 4:
                handle = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                handle.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
                handle.bind(("0.0.0.0", PORT))
            else:
                handle = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
                handle.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                handle.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVPKTINFO, 1)
                handle.bind(("::", PORT))
        self._pids.append(_fork(lambda: _respond(handle, family, name)))
        handle.close()

    @staticmethod
    def _connected(address):
        handle = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        handle.setblocking(False)
        handle.connect((address, PORT))
        return handle

    def answers(self, address, since=0.0):
        """(time sent, time answered, node) of every answered probe sent after `since`, in the order of sending."""
        table = self._tables[address]
        since_ns = int(since * 1e9)
        return [
            (table.sent[i] / 1e9, table.answered[i] / 1e9, self._names[table.who[i]])
            for i in range(self._first(table, since_ns), table.last[0]) if table.answered[i]
        ]

    @staticmethod
    def _first(table, since_ns):
        low, high = 0, table.last[0]
        while low < high:
            middle = (low + high) // 2
            if table.sent[middle] < since_ns:
                low = middle + 1
            else:
                high = middle
        return low

    def last_answer(self, address):
        """(time, node) of the most recent answer; (None, None) before there was one."""
        table = self._tables[address]
        # A quarter of a second back is enough to find out who answers now.
        for i in range(table.last[0] - 1, max(-1, table.last[0] - RATE // 4), -1):
            if table.answered[i]:
                return table.answered[i] / 1e9, self._names[table.who[i]]
        return None, None

    def wait_owner(self, address, node, since=0.0, timeout=5.0):
        """Waits until `node` answers for `address` with a probe answered after `since`."""
        label = getattr(node, "label", node)

        def answering():
            when, who = self.last_answer(address)
            return who == label and when >= since
        wait_until(answering, timeout, lambda: f"{label} answers for {address}; last {self.last_answer(address)}")

    def wait_window(self, address, t0, window):
        """Waits until the window of `figures` has passed."""
        owner = self._takeover(address, t0)
        end = (owner[0] if owner else t0) + window + 0.1
        wait_until(lambda: time.monotonic() >= end, window + 10, "the end of the window", interval=0.05)

    def _takeover(self, address, t0):
        """(time, node) of the first answer after t0 that came from another node than the last answer before t0."""
        before = None
        for _, answered, node in sorted(self.answers(address, t0 - 1), key=lambda entry: entry[1]):
            if answered <= t0:
                before = node
            elif node != before:
                return answered, node
        return None

    def figures(self, address, t0, window=3.0):
        """Waits until `window` seconds after the takeover (after t0, if nobody took over) and sums up."""
        self.wait_window(address, t0, window)
        owner = self._takeover(address, t0)
        end = (owner[0] if owner else t0) + window
        table = self._tables[address]
        sent = [table.sent[i] / 1e9 for i in range(self._first(table, int((t0 - 0.2) * 1e9)), table.last[0])]
        entries = self.answers(address, t0 - 0.2)
        arrivals = sorted(answered for _, answered, _ in entries)
        start = self._first(table, int(t0 * 1e9))
        lost = sum(1 for i in range(start, table.last[0]) if t0 * 1e9 <= table.sent[i] <= end * 1e9
                   and not table.answered[i])
        last = self.last_answer(address)[1]
        return Figures(
            address, t0, (owner[0] - t0) * 1000 if owner else None,
            _longest(arrivals, sent, t0, end) * 1000, lost,
            _longest(arrivals, sent, owner[0] if owner else t0, end) * 1000, last)

    def close(self):
        while self._pids:
            _end(self._pids.pop())

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()


def _longest(arrivals, sent, start, end):
    """The longest time between two answers that ends within (start, end], less the time in which the prober itself
    did not run: on a machine that stood still nobody waited."""
    longest, previous = 0.0, start if not arrivals or arrivals[0] > start else None
    position = 0
    for arrival in arrivals:
        if previous is not None and start < arrival <= end:
            pause, before = 0.0, previous
            while position < len(sent) and sent[position] <= arrival:
                if sent[position] > previous:
                    pause = max(pause, sent[position] - before)
                    before = sent[position]
                position += 1
            period = 1.0 / RATE
            longest = max(longest, arrival - previous - max(0.0, pause - 2 * period))
        previous = arrival
    if previous is not None and previous < end:
        longest = max(longest, min(end, sent[-1] if sent else end) - previous)
    return longest
