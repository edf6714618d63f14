"""Frames as the tests see and forge them: Ethernet, IPv4, IPv6, CARP, ARP, neighbour discovery, MLD.

Written from the protocol's description alone and sharing nothing with carpd's own code, so that the two check
each other.
"""

import hashlib
import hmac
import ipaddress
import struct
from dataclasses import dataclass, field

CARP_GROUP4 = "224.0.0.18"
CARP_GROUP6 = "ff02::12"
CARP_MAC4 = "01:00:5e:00:00:12"
CARP_MAC6 = "33:33:00:00:00:12"
BROADCAST = "ff:ff:ff:ff:ff:ff"


def virtual_mac(vhid):
    return f"00:00:5e:00:01:{vhid:02x}"


def mac_text(raw):
    return ":".join(f"{byte:02x}" for byte in raw)


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def checksum(data):
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def digest(password, vhid, addresses, counter):
    """HMAC-SHA1 over version, type, vhid, the addresses in ascending order (IPv4 first) and the counter."""
    parsed = {ipaddress.ip_interface(address).ip for address in addresses}
    message = bytes([2, 1, vhid])
    for version in (4, 6):
        message += b"".join(a.packed for a in sorted(x for x in parsed if x.version == version))
    key = password.encode() if isinstance(password, str) else password
    return hmac.new(key, message + struct.pack("!Q", counter), hashlib.sha1).digest()


def carp(vhid, addresses, password, advbase=1, advskew=0, counter=1, demotion=0, first=0x21, authlen=7,
         sum_error=0):
    """The 36 bytes of an advertisement."""
    head = struct.pack("!BBBBBB", first, vhid, advskew, authlen, demotion, advbase)
    tail = struct.pack("!Q", counter) + digest(password, vhid, addresses, counter)
    return head + struct.pack("!H", checksum(head + b"\0\0" + tail) ^ sum_error) + tail


def vrrp3(vrid, addresses, source, priority=100, interval_cs=100):
    """A VRRPv3 advertisement over IPv4, checksum with pseudo-header (RFC 5798)."""
    body = b"".join(ipaddress.ip_address(a).packed for a in addresses)
    head = struct.pack("!BBBBH", 0x31, vrid, priority, len(addresses), interval_cs)
    pseudo = (ipaddress.ip_address(source).packed + ipaddress.ip_address(CARP_GROUP4).packed
              + struct.pack("!BBH", 0, 112, 8 + len(body)))
    return head + struct.pack("!H", checksum(pseudo + head + b"\0\0" + body)) + body


def ethernet(destination, source, kind, payload):
    return mac_bytes(destination) + mac_bytes(source) + struct.pack("!H", kind) + payload


def frame4(payload, source, destination=CARP_GROUP4, ttl=255, tos=0xE0, protocol=112, source_mac=None, vhid=1,
           destination_mac=CARP_MAC4):
    head = struct.pack("!BBHHHBBH", 0x45, tos, 20 + len(payload), 0, 0x4000, ttl, protocol, 0)
    ends = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
    head = head[:10] + struct.pack("!H", checksum(head + ends)) + ends
    return ethernet(destination_mac, source_mac or virtual_mac(vhid), 0x0800, head + payload)


def frame6(payload, source, destination=CARP_GROUP6, ttl=255, traffic_class=0xE0, protocol=112, source_mac=None,
           vhid=1, destination_mac=CARP_MAC6):
    head = struct.pack("!IHBB", 6 << 28 | traffic_class << 20, len(payload), protocol, ttl)
    head += ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
    return ethernet(destination_mac, source_mac or virtual_mac(vhid), 0x86DD, head + payload)


def arp_request(target, sender, sender_mac):
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac_bytes(sender_mac) + ipaddress.ip_address(sender).packed
    body += bytes(6) + ipaddress.ip_address(target).packed
    return ethernet(BROADCAST, sender_mac, 0x0806, body)


@dataclass
class Frame:
    """One captured frame, decoded as far as the tests care. `kind` is "carp", "arp", "na", "ns", "ra", "mld", "udp",
    "icmp" or "other"; the fields of that kind are set, the others are None."""

    time: float
    raw: bytes
    destination_mac: str = ""
    source_mac: str = ""
    kind: str = "other"
    family: int = 0
    source: str = None
    destination: str = None
    ttl: int = None
    tos: int = None
    dont_fragment: bool = None
    protocol: int = None
    payload: bytes = field(default=b"", repr=False)
    # CARP
    version: int = None
    vhid: int = None
    advskew: int = None
    authlen: int = None
    demotion: int = None
    advbase: int = None
    counter: int = None
    digest: bytes = field(default=None, repr=False)
    checksum_right: bool = None
    # ARP, neighbour discovery
    operation: int = None
    sender_mac: str = None
    sender: str = None
    target_mac: str = None
    target: str = None
    override: bool = None
    solicited: bool = None
    router: bool = None

    @property
    def bow_out(self):
        return self.kind == "carp" and self.advbase == 255 and self.advskew == 255

    def verifies(self, password, addresses):
        return self.digest == digest(password, self.vhid, addresses, self.counter)


def decode(raw, when=0.0):
    frame = Frame(when, raw, mac_text(raw[:6]), mac_text(raw[6:12]))
    kind = struct.unpack_from("!H", raw, 12)[0] if len(raw) >= 14 else 0
    body = raw[14:]
    if kind == 0x0806 and len(body) >= 28:
        frame.kind, frame.family = "arp", 4
        frame.operation = struct.unpack_from("!H", body, 6)[0]
        frame.sender_mac, frame.sender = mac_text(body[8:14]), str(ipaddress.IPv4Address(body[14:18]))
        frame.target_mac, frame.target = mac_text(body[18:24]), str(ipaddress.IPv4Address(body[24:28]))
    elif kind == 0x0800 and len(body) >= 20:
        length = (body[0] & 15) * 4
        total = struct.unpack_from("!H", body, 2)[0]
        frame.family, frame.tos, frame.ttl, frame.protocol = 4, body[1], body[8], body[9]
        frame.dont_fragment = bool(body[6] & 0x40)
        frame.source, frame.destination = (str(ipaddress.IPv4Address(body[i:i + 4])) for i in (12, 16))
        frame.payload = body[length:total]
    elif kind == 0x86DD and len(body) >= 40:
        word, length, frame.protocol, frame.ttl = struct.unpack_from("!IHBB", body)
        frame.family, frame.tos = 6, word >> 20 & 255
        frame.source, frame.destination = (str(ipaddress.IPv6Address(body[i:i + 16])) for i in (8, 24))
        frame.payload = body[40:40 + length]
        if frame.protocol == 0 and len(frame.payload) >= 8:  # hop-by-hop options: MLD's router alert
            frame.protocol = frame.payload[0]
            frame.payload = frame.payload[8 + frame.payload[1] * 8:]
    _decode_payload(frame)
    return frame


def _decode_payload(frame):
    data = frame.payload
    if frame.protocol == 112 and len(data) >= 36:
        frame.kind = "carp"
        frame.version, frame.vhid, frame.advskew = data[0], data[1], data[2]
        frame.authlen, frame.demotion, frame.advbase = data[3], data[4], data[5]
        frame.counter, frame.digest = struct.unpack_from("!Q", data, 8)[0], data[16:36]
        frame.checksum_right = checksum(data[:36]) == 0
    elif frame.protocol == 17:
        frame.kind = "udp"
    elif frame.protocol == 1:
        frame.kind = "icmp"
    elif frame.protocol == 58 and data:
        frame.kind = {130: "mld", 131: "mld", 132: "mld", 143: "mld", 133: "rs", 134: "ra", 135: "ns",
                      136: "na"}.get(data[0], "icmp")
        if frame.kind in ("ns", "na") and len(data) >= 24:
            frame.router, frame.solicited, frame.override = (bool(data[4] & bit) for bit in (0x80, 0x40, 0x20))
            frame.target = str(ipaddress.IPv6Address(data[8:24]))
            if len(data) >= 32 and data[24] in (1, 2):
                frame.target_mac = mac_text(data[26:32])
