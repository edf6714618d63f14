"""What was on the wire: a capture with the kernel's timestamps, and the means to forge frames."""

import ctypes
import select
import socket
import struct
import threading
import time

from .packets import decode
from .waiting import wait_until

_ETH_P_ALL = 0x0003
_SO_TIMESTAMPNS = 35
_SO_ATTACH_FILTER = 26
_SO_RCVBUFFORCE = 33
_PACKET_OUTGOING = 4


def _control_filter():
    """A classic BPF program that passes ARP, protocol 112, ICMPv6 and what has hop-by-hop options (MLD): everything
    that decides who owns an address, and none of the probes."""
    # (code, jump if true, jump if false, operand); jumps are relative to the next instruction.
    load_half, load_byte, equal, give = 0x28, 0x30, 0x15, 0x06
    program = [
        (load_half, 0, 0, 12),
        (equal, 9, 0, 0x0806),
        (equal, 0, 2, 0x0800),
        (load_byte, 0, 0, 23),
        (equal, 6, 5, 112),
        (equal, 0, 4, 0x86DD),
        (load_byte, 0, 0, 20),
        (equal, 3, 0, 112),
        (equal, 2, 0, 58),
        (equal, 1, 0, 0),
        (give, 0, 0, 0),
        (give, 0, 0, 0x40000),
    ]
    return b"".join(struct.pack("HBBI", *step) for step in program), len(program)


def open_packet_socket(namespace, interface):
    with namespace.entered():
        # Bound at once: a socket of protocol 0 receives nothing until it is bound to the interface.
        handle = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        handle.bind((interface, _ETH_P_ALL))
    return handle


class Capture:
    """Frames at `interface` of `namespace`, oldest first, in `frames`.

    At a port of the bridge (`Capture(lan.bridge, "a")`) only what the node sends is kept: the port's outgoing
    direction is the rest of the LAN. At a node's own interface both directions are kept unless `received_only`.
    `everything` also keeps user traffic.
    """

    def __init__(self, namespace, interface="eth0", everything=False, received_only=None):
        self.frames = []
        self._received_only = interface != "eth0" if received_only is None else received_only
        with namespace.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            if not everything:
                code, length = _control_filter()
                buffer = ctypes.create_string_buffer(code)
                self._socket.setsockopt(
                    socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HxxxxxxL", length, ctypes.addressof(buffer)))
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 32 << 20)
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            self._socket.bind((interface, _ETH_P_ALL))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        handle = self._socket
        while not self._stop.is_set():
            if not select.select([handle], [], [], 0.1)[0]:
                continue
            try:
                raw, ancillary, _, sender = handle.recvmsg(65535, 128)
            except OSError:  # the interface went down or away; the socket lives on
                continue
            if self._received_only and sender[2] == _PACKET_OUTGOING:
                continue
            when = time.monotonic()
            for level, kind, data in ancillary:
                if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
                    seconds, nanoseconds = struct.unpack("qq", data[:16])
                    when -= time.time() - (seconds + nanoseconds / 1e9)
            self.frames.append(decode(raw, when))

    def select(self, kind=None, since=0.0, until=float("inf"), **fields):
        """The frames of that kind and time whose fields have these values."""
        return [
            frame for frame in list(self.frames)
            if since <= frame.time <= until and (kind is None or frame.kind == kind)
            and all(getattr(frame, name) == value for name, value in fields.items())
        ]

    def wait(self, count=1, timeout=5.0, **selection):
        """Waits until `count` frames match and returns all that do."""
        def enough():
            found = self.select(**selection)
            return found if len(found) >= count else None
        return wait_until(enough, timeout, lambda: f"{count} frames {selection}; have {len(self.select(**selection))}")

    def close(self):
        self._stop.set()
        self._thread.join()
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()


class Injector:
    """Sends frames as they are from `interface` of `namespace`."""

    def __init__(self, namespace, interface="eth0"):
        self._socket = open_packet_socket(namespace, interface)

    def send(self, frame):
        self._socket.send(frame)

    def close(self):
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()
