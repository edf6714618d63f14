"""A router that advertises itself and a prefix on the LAN, as most LANs have one."""

import ipaddress
import socket
import struct
import threading


class RouterAdvertiser:
    """Sends an advertisement with an autonomous /64 and itself as default router, every `interval` seconds, at most
    `count` times, until `close`."""

    def __init__(self, node, prefix="2001:db8:99::", interval=0.5, count=240):
        self.sent = 0
        with node.entered():
            self._socket = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
            self._index = socket.if_nametoindex(node.interface)
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, self._index)
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        # Type 134, hop limit 64, router lifetime 1800 s; then the prefix information option: on-link, autonomous.
        self._message = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
        self._message += struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 3600, 1800, 0)
        self._message += ipaddress.IPv6Address(prefix).packed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(interval, count), daemon=True)
        self._thread.start()

    def _run(self, interval, count):
        for _ in range(count):
            try:
                self._socket.sendto(self._message, ("ff02::1", 0, 0, self._index))
                self.sent += 1
            except OSError:  # no link-local address yet
                pass
            if self._stop.wait(interval):
                return

    def close(self):
        self._stop.set()
        self._thread.join()
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()
