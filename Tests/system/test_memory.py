"""How much memory all of carpd's processes take together."""

import statistics
import time

import pytest

from bed import Carpd, config, host

MEBIBYTE = 1 << 20


@pytest.mark.measures
def test_at_rest(abc):
    """Measured: 9.7 MiB. Of that some 4 are written to, the rest are pages of the programs' files."""
    a, _, _ = abc
    daemon = Carpd(a, config(host(1, ["192.0.2.1/24"], 0)))
    daemon.wait_state("MASTER")
    # By then what only a start needs has been handed back.
    time.sleep(3)
    samples = []
    for _ in range(7):
        memory = daemon.memory()
        assert set(memory) == {"supervisor", "launcher", "auditor", "engine"}
        samples.append(sum(memory.values()))
        time.sleep(1)
    assert statistics.median(samples) <= 12 * MEBIBYTE, memory
    # And what was handed back is there again at once.
    daemon.show()
    assert daemon.state() == "MASTER"


@pytest.mark.measures
def test_after_a_takeover(abc):
    """The most it takes, just after doing what it does rarely; measured: 14 to 16 MiB."""
    a, b, _ = abc
    first = Carpd(a, config(host(1, ["192.0.2.1/24"], 0)))
    first.wait_state("MASTER")
    second = Carpd(b, config(host(1, ["192.0.2.1/24"], 100)))
    second.wait_state("BACKUP")
    first.stop()
    second.wait_state("MASTER")
    second.show()
    assert sum(second.memory().values()) <= 22 * MEBIBYTE, second.memory()
