"""A LAN of network namespaces: a bridge in a namespace of its own, and nodes with an `eth0` each.

    with Lan() as lan:
        a, b, client = lan.node("a", 101), lan.node("b", 102), lan.node("client", 50)

Names contain the pid of the test process, so that several LANs live side by side and what a killed run left behind
can be told from what is in use. Nothing outside these namespaces is touched.
"""

import contextlib
import ctypes
import itertools
import json
import os
import re
import subprocess

PREFIX4 = "192.0.2."
PREFIX6 = "2001:db8::"

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_numbers = itertools.count(1)


def run(*command, check=True, stdin=None):
    """Runs a command and returns its standard output; its standard error is in the exception if it fails."""
    done = subprocess.run([str(word) for word in command], input=stdin, capture_output=True, text=True)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


@contextlib.contextmanager
def entered(path):
    """The calling thread is in the network namespace `path` inside the block. Sockets opened there stay there."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    there = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if _libc.setns(there, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {path}")
        yield
    finally:
        if _libc.setns(home, _CLONE_NEWNET):
            os._exit(70)  # a thread that cannot come home must not go on in the wrong namespace
        os.close(there)
        os.close(home)


def remove_leftovers():
    """Removes the namespaces of test processes that no longer live."""
    for name in os.listdir("/run/netns") if os.path.isdir("/run/netns") else []:
        owner = re.fullmatch(r"carpd-(\d+)-\d+-.*", name)
        if owner and not os.path.exists(f"/proc/{owner[1]}"):
            run("ip", "netns", "del", name, check=False)


class Namespace:
    """A namespace of `lan` with nothing in it but `lo`."""

    def __init__(self, lan, label, forwarding=False):
        self.lan = lan
        self.label = label
        self.name = name = f"{lan.name}-{label}"
        self.path = f"/run/netns/{name}"
        self.interface = "eth0"
        run("ip", "netns", "add", name)
        # Addresses must be usable at once: no duplicate address detection, for interfaces to come as well.
        self.sysctl("net.ipv6.conf.all.accept_dad", 0)
        self.sysctl("net.ipv6.conf.default.accept_dad", 0)
        if forwarding:
            self.sysctl("net.ipv4.ip_forward", 1)
            self.sysctl("net.ipv6.conf.all.forwarding", 1)
        self.ip("link", "set", "lo", "up")

    def entered(self):
        return entered(self.path)

    def ip(self, *arguments, check=True):
        return run("ip", "-netns", self.name, *arguments, check=check)

    def ip_json(self, *arguments):
        return json.loads(self.ip("-json", *arguments) or "[]")

    def batch(self, lines):
        """One `ip -batch` for many objects."""
        run("ip", "-netns", self.name, "-batch", "-", stdin="\n".join(lines) + "\n")

    def command(self, *words):
        """The command line that runs `words` in this namespace; the pid stays that of the program itself."""
        return ["nsenter", f"--net={self.path}", *map(str, words)]

    def run(self, *words, check=True):
        return run(*self.command(*words), check=check)

    def sysctl(self, name, value=None):
        """Reads or writes a setting below /proc/sys/net, which shows the caller's namespace."""
        # A dot in an interface's name would be ambiguous; the bed has none.
        path = "/proc/sys/" + name.replace(".", "/")
        with self.entered():
            if value is None:
                with open(path) as file:
                    return file.read().strip()
            with open(path, "w") as file:
                file.write(str(value))

    def settings(self, interface):
        """Every setting that /proc/sys/net has for an interface, but for the statistics among them."""
        found = {}
        with self.entered():
            for family in ("ipv4", "ipv6"):
                directory = f"/proc/sys/net/{family}/conf/{interface}"
                for name in os.listdir(directory):
                    try:
                        with open(f"{directory}/{name}") as file:
                            found[f"{family} {name}"] = file.read().strip()
                    except OSError:  # a secret that was never set
                        continue
        return found

    @property
    def mac(self):
        return self.ip_json("link", "show", "dev", self.interface)[0]["address"]

    def link_local(self):
        """The link-local address of the interface; None while it has none."""
        for address in self.ip_json("-6", "address", "show", "dev", self.interface, "scope", "link"):
            for entry in address.get("addr_info", []):
                if entry.get("local"):
                    return entry["local"]
        return None

    def addresses(self):
        """Every address here as (interface, "address/prefix")."""
        return {
            (link["ifname"], f"{entry['local']}/{entry['prefixlen']}")
            for link in self.ip_json("address", "show") for entry in link.get("addr_info", []) if entry.get("local")
        }

    def owns(self, address):
        return any(entry.split("/")[0] == address for _, entry in self.addresses())

    def links(self):
        return {link["ifname"]: link for link in self.ip_json("link", "show") if link}

    def routes(self):
        """The main tables of both families, as text without what changes by itself."""
        text = self.ip("-4", "route", "show") + self.ip("-6", "route", "show")
        return sorted(re.sub(r" expires \d+sec", "", line).strip() for line in text.splitlines())

    def neighbour(self, address, interface="eth0"):
        """The MAC address this node knows for `address`."""
        for entry in self.ip_json("neigh", "show", "to", address, "dev", interface):
            if entry.get("lladdr"):
                return entry["lladdr"]
        return None

    def ping(self, address, count=1, timeout=1, source=None):
        """True if `address` answers."""
        family = "-6" if ":" in address else "-4"
        extra = ["-I", source] if source else []
        done = subprocess.run(
            self.command("ping", family, "-n", "-q", "-c", count, "-W", timeout, "-i", "0.2", *extra, address),
            capture_output=True)
        return done.returncode == 0


class Node(Namespace):
    """A machine on the LAN: a namespace with `eth0`, whose other end is a port of the bridge named after the node."""

    def __init__(self, lan, label, number, interface="eth0", forwarding=False):
        super().__init__(lan, label, forwarding)
        self.number = number
        self.interface = interface
        self.address4 = f"{PREFIX4}{number}"
        self.address6 = f"{PREFIX6}{number}"
        self.attach()

    def attach(self):
        """Makes the node's interface, with its own addresses, up, at the bridge (again after `detach`)."""
        bridge = self.lan.bridge
        run("ip", "link", "add", self.interface, "netns", self.name, "type", "veth",
            "peer", "name", self.label, "netns", bridge.name)
        bridge.batch([f"link set dev {self.label} master br0 up"])
        self.batch([
            f"address add {self.address4}/24 dev {self.interface}",
            f"link set dev {self.interface} up",
            f"address add {self.address6}/64 dev {self.interface} nodad",
        ])

    def detach(self):
        """Removes the node's interface."""
        self.ip("link", "del", "dev", self.interface)

    def cut(self):
        """Kills the link: the switch's port goes down and the node loses its carrier. To the LAN the node is dead."""
        self.lan.bridge.ip("link", "set", "dev", self.label, "down")

    def mend(self):
        self.lan.bridge.ip("link", "set", "dev", self.label, "up")


class Lan:
    """Namespaces and whatever was started in them; all of it ends with the block, after a failure too."""

    def __init__(self):
        self.name = f"carpd-{os.getpid()}-{next(_numbers)}"
        self.bridge = None
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        try:
            self.bridge = self.namespace("br")
            self.bridge.ip("link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0",
                           "mcast_snooping", "0")
            self.bridge.ip("link", "set", "br0", "up")
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *failure):
        self._stack.close()
        return False

    def keep(self, thing):
        """`thing.close()` is called before the namespaces go, last kept first closed."""
        self._stack.callback(thing.close)
        return thing

    def node(self, label, number, **options):
        """A machine at the bridge, with the addresses 192.0.2.`number` and 2001:db8::`number`."""
        self._removed_at_the_end(label)
        return Node(self, label, number, **options)

    def namespace(self, label, **options):
        """A machine without any interface, for networks beside the bridge; see `link`."""
        self._removed_at_the_end(label)
        return Namespace(self, label, **options)

    def _removed_at_the_end(self, label):
        # By name and before it is built, so that half a node is removed as well.
        self._stack.callback(run, "ip", "netns", "del", f"{self.name}-{label}", check=False)

    @staticmethod
    def link(one, other, addresses_of_one, addresses_of_other, name="eth0", other_name=None):
        """A cable between two namespaces; both ends up, each with its addresses ("192.0.2.1/24")."""
        other_name = other_name or one.label
        run("ip", "link", "add", name, "netns", one.name, "type", "veth", "peer", "name", other_name,
            "netns", other.name)
        for namespace, interface, addresses in ((one, name, addresses_of_one),
                                                (other, other_name, addresses_of_other)):
            namespace.batch([f"link set dev {interface} up"] + [
                f"address add {address} dev {interface}{' nodad' if ':' in address else ''}"
                for address in addresses])

    def second_network(self, *nodes):
        """A network with a bridge of its own: `eth1` of these nodes, with the addresses 198.51.100.N, whose other ends
        are the ports "LABEL-1"."""
        self.bridge.ip("link", "add", "br1", "type", "bridge", "stp_state", "0", "forward_delay", "0",
                       "mcast_snooping", "0")
        self.bridge.ip("link", "set", "br1", "up")
        for node in nodes:
            port = f"{node.label}-1"
            run("ip", "link", "add", "eth1", "netns", node.name, "type", "veth",
                "peer", "name", port, "netns", self.bridge.name)
            self.bridge.batch([f"link set dev {port} master br1 up"])
            node.batch([f"address add 198.51.100.{node.number}/24 dev eth1", "link set dev eth1 up"])

    def partition(self, *nodes):
        """These nodes cannot hear each other any more; everyone else still hears them."""
        for node in nodes:
            self.bridge.run("bridge", "link", "set", "dev", node.label, "isolated", "on")

    def heal(self, *nodes):
        for node in nodes:
            self.bridge.run("bridge", "link", "set", "dev", node.label, "isolated", "off")

    def drop(self, rule):
        """Frames that match the nftables `rule` are dropped by the switch until `pass_all`."""
        self.bridge.run("nft", "add table bridge bed; add chain bridge bed forward "
                               "{ type filter hook forward priority 0; }; "
                               f"add rule bridge bed forward {rule} drop")

    def pass_all(self):
        self.bridge.run("nft", "delete", "table", "bridge", "bed", check=False)

    def learnt_port(self, mac):
        """The port behind which the switch believes `mac` to be; None if it does not know."""
        for entry in json.loads(self.bridge.run("bridge", "-json", "fdb", "show", "br", "br0") or "[]"):
            if entry.get("mac") == mac and entry.get("state") != "permanent" and entry.get("master"):
                return entry["ifname"]
        return None
