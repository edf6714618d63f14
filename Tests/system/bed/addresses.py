"""Who owned which address when, by rtnetlink: the kernel's own word, from all nodes at once."""

import select
import socket
import struct
import threading
import time
from dataclasses import dataclass

from .waiting import wait_until

_RTM_NEWLINK, _RTM_DELLINK, _RTM_NEWADDR, _RTM_DELADDR, _RTM_GETLINK, _RTM_GETADDR = 16, 17, 20, 21, 18, 22
_NLMSG_DONE = 3
_NLM_F_REQUEST, _NLM_F_DUMP = 1, 0x300
_GROUPS = 1 << 0 | 1 << 4 | 1 << 8  # links, IPv4 addresses, IPv6 addresses
_IFA_ADDRESS, _IFA_LOCAL, _IFA_CACHEINFO, _IFA_PROTO = 1, 2, 6, 11
_IFLA_IFNAME = 3
_SO_RCVBUFFORCE = 33


@dataclass(frozen=True)
class Change:
    """The kernel said that an address is there (again: a renewal) or gone. Times are time.monotonic()."""
    time: float
    node: str
    present: bool
    address: str
    prefix: int
    interface: str
    valid_lifetime: int = None
    protocol: int = None


@dataclass(frozen=True)
class Ownership:
    node: str
    start: float
    end: float  # float("inf") while it lasts


def _attributes(data):
    while len(data) >= 4:
        length, kind = struct.unpack_from("HH", data)
        if length < 4:
            return
        yield kind & 0x3FFF, data[4:length]
        data = data[(length + 3) & ~3:]


class AddressMonitor:
    """Watches the nodes from before the first event to `close`. One thread reads all of them, so that the order of
    events on two nodes is the order in which it saw them (to well below a millisecond)."""

    def __init__(self, *nodes):
        self.changes = []
        self.link_changes = []  # (time, node, interface, up)
        self._names = {}
        self._sockets = {}
        self._dumps = 0
        for node in nodes:
            with node.entered():
                handle = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
                handle.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 32 << 20)
                handle.bind((0, _GROUPS))
            self._sockets[handle] = node.label
            self._dump(handle, _RTM_GETLINK)
            self._receive_until_done(handle)
            self._dump(handle, _RTM_GETADDR)
            self._receive_until_done(handle)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _dump(self, handle, kind):
        body = struct.pack("Bxxx", 0) if kind == _RTM_GETADDR else struct.pack("BxHiII", 0, 0, 0, 0, 0)
        body = body.ljust(16 if kind == _RTM_GETLINK else 8, b"\0")
        handle.send(struct.pack("IHHII", 16 + len(body), kind, _NLM_F_REQUEST | _NLM_F_DUMP, 1, 0) + body)

    def _receive_until_done(self, handle):
        while not self._receive(handle):
            pass

    def _run(self):
        while not self._stop.is_set():
            for handle in select.select(list(self._sockets), [], [], 0.1)[0]:
                self._receive(handle)

    def _receive(self, handle):
        data = handle.recv(1 << 18)
        now = time.monotonic()
        node = self._sockets[handle]
        done = False
        while len(data) >= 16:
            length, kind, _, _, _ = struct.unpack_from("IHHII", data)
            body = data[16:length]
            if kind == _NLMSG_DONE:
                done = True
            elif kind in (_RTM_NEWLINK, _RTM_DELLINK):
                self._link(now, node, kind == _RTM_NEWLINK, body)
            elif kind in (_RTM_NEWADDR, _RTM_DELADDR):
                self._address(now, node, kind == _RTM_NEWADDR, body)
            data = data[(length + 3) & ~3:]
        return done

    def _link(self, now, node, present, body):
        family, _, index, flags, _ = struct.unpack_from("BxHiII", body)
        if family != 0:  # a bridge port's or IPv6's own notice about the link
            return
        for kind, value in _attributes(body[16:]):
            if kind == _IFLA_IFNAME:
                name = value.rstrip(b"\0").decode()
                self._names[node, index] = name
                self.link_changes.append((now, node, name, present and bool(flags & 1)))

    def _address(self, now, node, present, body):
        family, prefix, _, _, index = struct.unpack_from("BBBBI", body)
        values = dict(_attributes(body[8:]))
        raw = values.get(_IFA_LOCAL, values.get(_IFA_ADDRESS))
        cache = values.get(_IFA_CACHEINFO)
        self.changes.append(Change(
            now, node, present, socket.inet_ntop(socket.AF_INET if family == 2 else socket.AF_INET6, raw), prefix,
            self._names.get((node, index), f"#{index}"),
            struct.unpack_from("II", cache)[1] if cache else None,
            values[_IFA_PROTO][0] if _IFA_PROTO in values else None))

    def owners(self, address):
        """Every time one node had `address`, in order of their beginnings. A renewal does not begin a new one."""
        holding, past = {}, []
        for change in list(self.changes):
            if change.address != address:
                continue
            if change.present:
                holding.setdefault(change.node, change.time)
            elif change.node in holding:
                past.append(Ownership(change.node, holding.pop(change.node), change.time))
        past += [Ownership(node, start, float("inf")) for node, start in holding.items()]
        return sorted(past, key=lambda ownership: ownership.start)

    def overlaps(self, address):
        """Pairs of ownerships of two nodes at one time: must be empty where "never two owners" is promised."""
        owned = self.owners(address)
        return [(one, other) for i, one in enumerate(owned) for other in owned[i + 1:]
                if one.node != other.node and other.start < one.end]

    def wait_owner(self, address, node, timeout):
        """Waits until `node` has `address` and returns that ownership."""
        label = getattr(node, "label", node)
        return wait_until(
            lambda: next((o for o in self.owners(address) if o.node == label and o.end == float("inf")), None),
            timeout, lambda: f"{label} owns {address}; owners: {self.owners(address)}", interval=0.01)

    def wait_gone(self, address, node, timeout):
        label = getattr(node, "label", node)
        wait_until(lambda: not any(o.node == label and o.end == float("inf") for o in self.owners(address)),
                   timeout, lambda: f"{label} without {address}", interval=0.01)
        return max((o.end for o in self.owners(address) if o.node == label), default=None)

    def close(self):
        self._stop.set()
        self._thread.join()
        for handle in self._sockets:
            handle.close()

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()
