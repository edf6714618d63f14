"""Somebody has taken over the engine: the system calls an intruder would want end the process or fail."""

import pytest

from evil import LIVES, Evil, addresses, five_losses, listed

KILLED = listed("killed")
REFUSED = listed("refused")


@pytest.mark.parametrize("first", range(0, len(KILLED), LIVES), ids=lambda n: KILLED[n])
def test_each_kills(a, first):
    expected = KILLED[first:first + LIVES]
    daemon = Evil(a, "killed", first)
    daemon.wait_losses(len(expected))
    daemon.wait_said("done")
    assert daemon.said("^doing") == [f"doing {name}" for name in expected]
    assert not daemon.said("errno|succeeded"), daemon.text()
    # SIGSYS
    assert daemon.losses() == ["ended by signal 31"] * len(expected)
    daemon.survives()
    assert len(addresses(a)) >= len(expected)


def test_each_fails(a):
    # With the filters' default set to kill, which the whole suite can be run with, these would be deaths too.
    daemon = Evil(a, "refused", arguments=["--filter-default", "errno"])
    daemon.wait_said("done")
    assert [line.split()[1] for line in daemon.said("^doing")] == REFUSED
    assert not daemon.said("succeeded"), daemon.said("succeeded")
    assert len(daemon.said("errno")) == len(REFUSED)
    assert daemon.losses() == []
    daemon.survives()


def test_an_intruder_that_never_learns_is_given_up(a):
    five_losses(Evil(a, "killed-again", KILLED.index("socket-packet")), a, "ended by signal 31")
