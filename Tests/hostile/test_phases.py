"""Messages at the wrong time: before the engine is proven, before it is configured, after it was told to stop."""

import time

import pytest

from bed import wait_until

from evil import Evil, addresses, five_losses, named


def test_before_ready(a, tmp_path):
    daemon = Evil(a, "never", program=named(tmp_path, "before-ready"))
    five_losses(daemon, a, "violation: a message before its proof|broke the rules")


def test_right_behind_ready(a, tmp_path):
    """Sent before the proof, but read only behind it: then it is a request like any other."""
    daemon = Evil(a, "never", program=named(tmp_path, "before-configuration"))
    daemon.wait_said("has no part")
    daemon.survives()
    assert daemon.losses() == []


def test_without_a_filter_of_its_own(a, tmp_path):
    """The launcher's filter is inherited: the proof must see that the engine has set its own."""
    daemon = Evil(a, "never", program=named(tmp_path, "unconfined"))
    five_losses(daemon, a, "has more than it may")


def test_never_ready(a, tmp_path):
    daemon = Evil(a, "never", program=named(tmp_path, "silent-start"))
    started = time.monotonic()
    daemon.wait_losses(1, timeout=9)
    assert time.monotonic() - started < 6.5
    assert daemon.losses() == ["was not ready within five seconds"]
    assert daemon.process.poll() is None and addresses(a) == []


def test_after_shutdown(a):
    daemon = Evil(a, "after-shutdown")
    wait_until(lambda: addresses(a) == ["192.0.2.1"], 3, "it has the address")
    assert daemon.stop() < 1.0
    assert addresses(a) == []
