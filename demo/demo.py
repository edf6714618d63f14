#!/usr/bin/python3
"""Two machines share an IPv4 and an IPv6 address: `make demo` shows who has them, and what a client notices.

Two machines and a client are network namespaces on a bridge; nothing outside them is touched, and they are removed at
the end. Both run carpd with conf/carpd.toml. Takes less than two minutes.
"""

import re
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests" / "system"))
sys.dont_write_bytecode = True

from bed import Carpd, Lan, Prober, wait_until  # noqa: E402
from bed.daemon import BUILD  # noqa: E402
from bed.lan import remove_leftovers  # noqa: E402

SHARED = {1: "192.0.2.1", 2: "2001:db8::1"}
BOLD, PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")


def say(text=""):
    print(text, flush=True)


def chapter(text):
    say(f"\n{BOLD}== {text}{PLAIN}")


def configuration(advskew, preempt):
    """conf/carpd.toml, as its comments say to change it for each machine."""
    text = (ROOT / "conf" / "carpd.toml").read_text()
    text = re.sub(r"(?m)^advskew\s*=\s*\d+.*$", f"advskew = {advskew}", text)
    text = re.sub(r"(?m)^preempt\s*=.*$", f"preempt = {str(preempt).lower()}", text)
    # The audit log of the demonstration stays out of /var/log.
    return re.sub(r'(?m)^log\s*=.*$', '', text)


class Demonstration:
    def __init__(self, lan):
        self.a, self.b = lan.node("a", 101), lan.node("b", 102)
        self.client = lan.node("client", 50)
        self.prober = None
        self.log_from = {}
        self.waits = []  # (what happened, address, Figures)

    def start(self, node, advskew, preempt):
        daemon = Carpd(node, configuration(advskew, preempt))
        node.daemon = daemon
        self.log_from[node] = 0
        return daemon

    def wait_roles(self, master, backup):
        for vhid in SHARED:
            master.daemon.wait_state("MASTER", vhid)
            backup.daemon.wait_state("BACKUP", vhid)

    def show(self):
        for node in (self.a, self.b):
            if node.daemon.process.poll() is not None:
                say(f"  {node.label.upper()}: carpd is not running")
                continue
            say(f"  {node.label.upper()} $ carpctl show")
            for line in node.daemon.carpctl("show").splitlines():
                say(f"    {line}")

    def logs(self):
        """What both logs said about roles since they were last shown."""
        for node in (self.a, self.b):
            lines = node.daemon.log[self.log_from[node]:]
            self.log_from[node] += len(lines)
            for _, line in lines:
                if "VHID" in line and "->" in line:
                    say(f"  {node.label.upper()}: {line[line.index('carp:'):]}")

    def ping(self):
        for address in SHARED.values():
            good = wait_until(lambda: self.client.ping(address), 3, f"{address} answers")
            mac = self.client.neighbour(address)
            say(f"  client: ping {address}: {'answers' if good else 'NO ANSWER'}, its MAC address is {mac}")

    def measured(self, t0, what, window=1.5):
        """How long the client of each address was without an answer because of `what`."""
        for address in SHARED.values():
            figures = self.prober.figures(address, t0, window)
            say(f"  client of {address}: {what}; longest wait for an answer {figures.gap:.1f} ms, "
                f"{figures.lost} questions lost; {figures.owner.upper()} answers")
            self.waits.append((what, address, figures))


def main():
    if not (BUILD / "carpd").exists():
        say("there is no build yet: make build")
        return 1
    # Ctrl-C and kill clean up too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    remove_leftovers()
    started = time.monotonic()
    with Lan() as lan:
        demonstration = Demonstration(lan)
        play(demonstration)
    chapter("Summary: the longest time the client of an address waited")
    for what, address, figures in demonstration.waits:
        say(f"  {what:<45} {address:<12} {figures.gap:>8.1f} ms")
    say(f"\nDone in {time.monotonic() - started:.0f} s; the namespaces are gone.")
    return 0


def play(demonstration):
    a, b, client = demonstration.a, demonstration.b, demonstration.client
    chapter("Two machines, A (192.0.2.101, advskew 100) and B (192.0.2.102, advskew 200), and a client")
    say("  Both share 192.0.2.1 (vhid 1) and 2001:db8::1 (vhid 2), password testpass: conf/carpd.toml, preempt = false")
    demonstration.start(a, 100, preempt=False)
    demonstration.start(b, 200, preempt=False)
    say("  carpd is started on both; nobody is MASTER before three advertisements could have been heard ...")
    demonstration.wait_roles(a, b)
    demonstration.logs()
    demonstration.show()
    demonstration.ping()

    with Prober(client, [a, b], list(SHARED.values())) as prober:
        demonstration.prober = prober
        say("  From now on the client asks each address 2000 times a second who it is.")
        for address in SHARED.values():
            prober.wait_owner(address, a)

        chapter("The link of A dies")
        t0 = time.monotonic()
        a.cut()
        for address in SHARED.values():
            prober.wait_owner(address, b, since=t0, timeout=6)
        demonstration.logs()
        demonstration.measured(t0, "A dies, B takes over")
        say("  (at most 3 x advbase + 200/256 s = 3781 ms by the protocol)")
        demonstration.show()

        chapter("A comes back: it stays BACKUP, as preempt is off")
        t0 = time.monotonic()
        a.mend()
        for vhid in SHARED:
            a.daemon.wait_state("BACKUP", vhid)
        demonstration.measured(t0, "A is back and stays BACKUP", window=4.5)
        demonstration.logs()
        demonstration.show()

        chapter("The same with preempt = true: A is restarted with it while B is MASTER, and takes over")
        t0 = time.monotonic()
        a.daemon.stop()
        demonstration.logs()
        demonstration.start(a, 100, preempt=True)
        demonstration.wait_roles(a, b)
        demonstration.logs()
        demonstration.measured(t0, "A preempts B")
        demonstration.show()

        chapter("The link of A dies again, and comes back")
        t0 = time.monotonic()
        a.cut()
        for address in SHARED.values():
            prober.wait_owner(address, b, since=t0, timeout=6)
        demonstration.measured(t0, "A dies, B takes over")
        t0 = time.monotonic()
        a.mend()
        demonstration.wait_roles(a, b)
        demonstration.logs()
        demonstration.measured(t0, "A is back and takes over again")

        chapter("carpd on A is stopped (SIGTERM): it says goodbye, and B need not wait")
        t0 = time.monotonic()
        took = a.daemon.stop()
        for address in SHARED.values():
            prober.wait_owner(address, b, since=t0)
        say(f"  carpd on A was gone after {took * 1000:.0f} ms")
        demonstration.logs()
        demonstration.measured(t0, "A stops, B takes over")
        demonstration.show()
        demonstration.ping()

    took = b.daemon.stop()
    say(f"  carpd on B is stopped too, after {took * 1000:.0f} ms; nobody has the addresses: "
        f"{'true' if not (b.owns(SHARED[1]) or b.owns(SHARED[2])) else 'NOT TRUE'}")


if __name__ == "__main__":
    sys.exit(main())
