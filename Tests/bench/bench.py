#!/usr/bin/python3
"""Failover figures as a Markdown table: `make bench`, or `BENCH="--runs 3 --only graceful" make bench`.

Each run has a LAN of its own with the two machines of the example and a client that asks each shared address 2000
times a second. One run goes through all faults in turn; the figures are minimum / **median** / maximum over the runs.
Runs follow each other, so nothing of the bench itself is beside a measurement.
"""

import argparse
import concurrent.futures
import os
import platform
import random
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "Tests" / "system"))
sys.dont_write_bytecode = True

from bed import (  # noqa: E402
    AddressMonitor, Capture, Carpd, Lan, Prober, config, example, example_pair, host, wait_until)
from bed.lan import remove_leftovers  # noqa: E402

SHARED = {"IPv4": "192.0.2.1", "IPv6": "2001:db8::1"}
FAULTS = ["preemption", "crash", "restart after crash", "link death", "recovery", "graceful"]
# A time no fault is longer than, so that a defect ends a run instead of the bench.
LONGEST = 10.0


def one_run(mac, faults):
    """[(fault, family, Figures)] of one LAN. B is MASTER first, so that A's start is a preemption."""
    results = []
    with Lan() as lan:
        a, b, client = lan.node("a", 101), lan.node("b", 102), lan.node("client", 50)
        second = Carpd(b, example(200, preempt=True, mac=mac))
        for vhid in (1, 2):
            second.wait_state("MASTER", vhid)
        with Prober(client, [a, b], list(SHARED.values())) as prober:
            for address in SHARED.values():
                prober.wait_owner(address, b)

            def measure(fault, t0, owner):
                for family, address in SHARED.items():
                    prober.wait_owner(address, owner, since=t0, timeout=LONGEST)
                    figures = prober.figures(address, t0, window=3.0)
                    if fault in faults:
                        results.append((fault, family, figures))

            t0 = time.monotonic()
            first = Carpd(a, example(100, preempt=True, mac=mac))
            measure("preemption", t0, a)
            if {"crash", "restart after crash"} & set(faults):
                phase()
                measure("crash", first.kill_all(), b)
                t0 = time.monotonic()
                first.start()
                measure("restart after crash", t0, a)
            if {"link death", "recovery"} & set(faults):
                phase()
                t0 = time.monotonic()
                a.cut()
                measure("link death", t0, b)
                t0 = time.monotonic()
                a.mend()
                measure("recovery", t0, a)
            if "graceful" in faults:
                phase()
                t0 = time.monotonic()
                first.stop()
                measure("graceful", t0, b)
    return results


def phase():
    """A random moment of the advertisement interval."""
    time.sleep(random.uniform(0, 1.4))


def crash(mac, five):
    """Whether the addresses ever had two owners around a SIGKILL of all of the master: (overlaps, margin in s)."""
    with Lan() as lan:
        a, b = lan.node("a", 101), lan.node("b", 102)
        with AddressMonitor(a, b) as monitor:
            if five:
                # Leases out of phase, since the intervals differ; an advskew above 127 would void the promise.
                def hosts(more):
                    return config(*(host(n, [f"192.0.2.{n}/24", f"2001:db8::{n}/64"], 20 + 20 * n + more, mac=mac)
                                    for n in range(1, 6)))
                first, second = Carpd(a, hosts(0)), Carpd(b, hosts(100))
                for vhid in range(1, 6):
                    first.wait_state("MASTER", vhid)
                    second.wait_state("BACKUP", vhid)
                addresses = [f"{prefix}{n}" for n in range(1, 6) for prefix in ("192.0.2.", "2001:db8::")]
            else:
                first, second = example_pair(a, b, mac=mac)
                addresses = list(SHARED.values())
            phase()
            first.kill_all()
            overlaps, margins = 0, []
            for address in addresses:
                taken = monitor.wait_owner(address, b, LONGEST).start
                margins.append(taken - monitor.wait_gone(address, a, LONGEST))
                overlaps += len(monitor.overlaps(address))
            return overlaps, min(margins)


def many(count):
    """Times of a takeover of `count` IPv4 and `count` IPv6 addresses, in ms from B's first new address."""
    addresses4 = [f"10.9.{n // 250}.{n % 250 + 1}" for n in range(count)]
    addresses6 = [f"2001:db8:9::{n + 1:x}" for n in range(count)]
    with Lan() as lan:
        a, b = lan.node("a", 101), lan.node("b", 102)

        def hosts(advskew):
            return config(host(1, [f"{x}/16" for x in addresses4] + [f"{x}/64" for x in addresses6], advskew))
        first, second = Carpd(a, hosts(0)), Carpd(b, hosts(100))
        first.wait_state("MASTER")
        second.wait_state("BACKUP")
        with AddressMonitor(b) as monitor, Capture(lan.bridge, "b") as sent_by_b:
            t0 = time.monotonic()
            first.stop()
            second.wait_state("MASTER")
            everything = set(addresses4) | set(addresses6)
            wait_until(lambda: {c.address for c in list(monitor.changes) if c.present} >= everything, 30, "all added")
            wait_until(lambda: {f.sender for f in sent_by_b.select(kind="arp", since=t0)} >= set(addresses4)
                       and {f.target for f in sent_by_b.select(kind="na", since=t0)} >= set(addresses6), 30,
                       "all announced", interval=0.2)
            sent_by_b.wait(count=4, timeout=10, kind="carp", family=4, since=t0)
            added = {}
            for change in list(monitor.changes):
                if change.present and change.address in everything:
                    added.setdefault(change.address, change.time)
            start = min(added.values())
            first_notice = {}
            for frame in sent_by_b.select(since=t0):
                who = frame.sender if frame.kind == "arp" else frame.target if frame.kind == "na" else None
                if who in everything:
                    first_notice.setdefault(who, frame.time)
            adverts = [f.time for f in sent_by_b.select(kind="carp", family=4, since=t0)]
            late = max(y - x for x, y in zip(adverts, adverts[1:])) - (1 + 100 / 256)
            return {
                "IPv4: first to last added": (max(added[x] for x in addresses4) - start) * 1000,
                "IPv4: first added to last announced": (max(first_notice[x] for x in addresses4) - start) * 1000,
                "IPv6: first to last added": (max(added[x] for x in addresses6) - start) * 1000,
                "IPv6: first added to last announced": (max(first_notice[x] for x in addresses6) - start) * 1000,
                "latest advertisement, after its time": max(0.0, late * 1000),
            }


def memory():
    """PSS in MiB by process of a MASTER with one virtual host: (some time after the takeover, right after it)."""
    with Lan() as lan:
        daemon = Carpd(lan.node("a", 101), config(host(1, ["192.0.2.1/24"], 0)))
        daemon.wait_state("MASTER")
        after = daemon.memory()
        time.sleep(12)
        return [{name: size / (1 << 20) for name, size in found.items()} for found in (daemon.memory(), after)]


def cell(values, digits=1):
    values = [value for value in values if value is not None]
    if not values:
        return "-"
    return f"{min(values):.{digits}f} / **{statistics.median(values):.{digits}f}** / {max(values):.{digits}f}"


def note(text):
    """Progress goes to standard error; standard output is the page."""
    print(f"[{time.monotonic() - STARTED:6.0f} s] {text}", file=sys.stderr, flush=True)


STARTED = time.monotonic()


def main():
    parser = argparse.ArgumentParser(description="failover figures of carpd, as Markdown")
    parser.add_argument("--runs", type=int, default=7, help="runs of each fault (7)")
    parser.add_argument("--crashes", type=int, default=20, help="crashes for the check of two owners (20)")
    parser.add_argument("--many", type=int, default=1000, help="addresses of each family in one virtual host (1000)")
    parser.add_argument("--only", action="append", choices=FAULTS + ["two owners", "many", "memory"], help="only this (repeat)")
    parser.add_argument("--mac", action="append", choices=["virtual", "interface"], help="only this mode (repeat)")
    choice = parser.parse_args()
    wanted = set(choice.only or FAULTS + ["two owners", "many", "memory"])
    faults = [fault for fault in FAULTS if fault in wanted]
    macs = choice.mac or ["virtual", "interface"]
    remove_leftovers()

    print(f"Linux {platform.release()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; "
          f"advbase 1, advskew 100 and 200; {time.strftime('%Y-%m-%d')}. Cells: minimum / **median** / maximum.\n")
    if faults:
        results = {}
        for number in range(choice.runs):
            for mac in macs:
                note(f"run {number + 1} of {choice.runs}, mac {mac}")
                for fault, family, figures in one_run(mac, faults):
                    results.setdefault((fault, family, mac), []).append(figures)
        print("| fault | family | mac | runs | takeover ms | gap ms | lost of 2000/s | gap in the 3 s after, ms |")
        print("|---|---|---|---|---|---|---|---|")
        for fault in faults:
            for family in SHARED:
                for mac in macs:
                    rows = results.get((fault, family, mac), [])
                    print(f"| {fault} | {family} | {mac} | {len(rows)} | {cell([r.takeover for r in rows])} "
                          f"| {cell([r.gap for r in rows])} | {cell([r.lost for r in rows], 0)} "
                          f"| {cell([r.gap_after for r in rows])} |", flush=True)
        print("\nTakeover: from the fault (or the start of the better machine) to the new owner's first answer. "
              "In a crash the old owner's kernel answers until its leases run out.\n")
    if "two owners" in wanted:
        print("| SIGKILL of all of the master | mac | crashes | two owners at once | shortest time without owner, ms |")
        print("|---|---|---|---|---|")
        for five in (False, True):
            for mac in macs:
                note(f"{choice.crashes} crashes, {'five virtual hosts' if five else 'example'}, mac {mac}")
                with concurrent.futures.ThreadPoolExecutor(4) as pool:
                    found = list(pool.map(lambda _: crash(mac, five), range(choice.crashes)))
                print(f"| {'five virtual hosts, both families' if five else 'the example'} | {mac} | {len(found)} "
                      f"| {sum(overlaps for overlaps, _ in found)} | {min(m for _, m in found) * 1000:.0f} |",
                      flush=True)
        print()
    if "many" in wanted:
        rows = []
        for number in range(3):
            note(f"{choice.many} + {choice.many} addresses, run {number + 1} of 3")
            rows.append(many(choice.many))
        print(f"| {choice.many} IPv4 and {choice.many} IPv6 addresses in one virtual host | runs | ms |")
        print("|---|---|---|")
        for name in rows[0]:
            print(f"| {name} | {len(rows)} | {cell([row[name] for row in rows])} |")
    if "memory" in wanted:
        note("memory")
        rest, after = memory()
        print("\n| memory (PSS), one virtual host | at rest, MiB | right after a takeover, MiB |")
        print("|---|---|---|")
        for name in rest:
            print(f"| {name} | {rest[name]:.1f} | {after[name]:.1f} |")
        print(f"| together | **{sum(rest.values()):.1f}** | {sum(after.values()):.1f} |")
    note("done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
