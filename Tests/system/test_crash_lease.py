"""SIGKILL of every process of the master: the kernel lets its addresses go before the backup has them.

Each crash is on a LAN of its own, several at a time, at a random moment of the advertisement interval.
CARPD_CRASHES sets how many (default 5; the promise is stated for 20 and more).
"""

import concurrent.futures
import os
import random
import time

import pytest

from bed import AddressMonitor, Carpd, Lan, config, example_pair, host

CRASHES = int(os.environ.get("CARPD_CRASHES", "5"))
AT_ONCE = 5


def crash_of_the_example(mac):
    with Lan() as lan:
        a, b = lan.node("a", 101), lan.node("b", 102)
        with AddressMonitor(a, b) as monitor:
            first, _ = example_pair(a, b, mac=mac)
            return crash(monitor, first, b, ["192.0.2.1", "2001:db8::1"])


def crash_of_five(mac):
    """Five virtual hosts whose leases are out of phase, since their intervals differ. With an advskew above 127 the
    lease would be a second longer and the promise void."""
    def hosts(more):
        return config(*(host(n, [f"192.0.2.{n}/24", f"2001:db8::{n}/64"], 20 + 20 * n + more, mac=mac)
                        for n in range(1, 6)))
    with Lan() as lan:
        a, b = lan.node("a", 101), lan.node("b", 102)
        with AddressMonitor(a, b) as monitor:
            first, second = Carpd(a, hosts(0)), Carpd(b, hosts(100))
            for vhid in range(1, 6):
                first.wait_state("MASTER", vhid)
                second.wait_state("BACKUP", vhid)
            time.sleep(random.uniform(0, 3))  # lets the phases drift apart
            return crash(monitor, first, b, [f"192.0.2.{n}" for n in range(1, 6)]
                         + [f"2001:db8::{n}" for n in range(1, 6)])


def crash(monitor, first, b, addresses):
    """Kills, waits for the new owner of each address and returns (address, gone after, taken after, overlaps)."""
    time.sleep(random.uniform(0, 1.4))  # a random phase of the interval: nothing to wait for
    t0 = first.kill_all()
    results = []
    for address in addresses:
        taken = monitor.wait_owner(address, b, 6).start - t0
        gone = monitor.wait_gone(address, "a", 6) - t0
        results.append((address, gone, taken, monitor.overlaps(address)))
    return results


@pytest.mark.parametrize("mac", ["virtual", "interface"])
@pytest.mark.parametrize("scenario", [crash_of_the_example, crash_of_five])
def test_never_two_owners(scenario, mac):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        count = CRASHES if scenario is crash_of_the_example else max(1, CRASHES // 2)
        runs = list(pool.map(lambda _: scenario(mac), range(count)))
    for run in runs:
        for address, gone, taken, overlaps in run:
            assert not overlaps, f"{address}: two owners; gone after {gone:.3f} s, taken after {taken:.3f} s"
            assert gone < taken, address
    assert runs
