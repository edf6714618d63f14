"""Datagrams that are no messages, or not the engine's to send: each is recorded and ends the engine, and nothing else."""

import pytest

from evil import LIVES, Evil, addresses, five_losses, listed

NAMES = listed("malformed")


@pytest.mark.parametrize("first", range(0, len(NAMES), LIVES), ids=lambda n: NAMES[n])
def test_each_is_a_violation(a, first):
    expected = NAMES[first:first + LIVES]
    daemon = Evil(a, "malformed", first)
    daemon.wait_losses(len(expected))
    daemon.wait_said("done")
    assert daemon.said("^doing") == [f"doing {name}" for name in expected]
    assert not daemon.said("got away"), daemon.text()
    assert len(daemon.violations()) == len(expected), daemon.text()
    daemon.wait_recorded("violation", len(expected))
    daemon.survives()
    # The last engine goes on with what the others had taken.
    assert len(addresses(a)) >= len(expected)


@pytest.mark.parametrize("name", ["short-advertise", "unknown-type-255", "1-descriptors", "not-its-own-shutdown"])
def test_an_engine_that_never_learns_is_given_up(a, name):
    daemon = Evil(a, "malformed-again", NAMES.index(name))
    five_losses(daemon, a, "broke the rules of its channel")
    daemon.wait_recorded("violation", 5)


def test_an_empty_datagram_is_the_end_too(a):
    daemon = Evil(a, "zero-length")
    daemon.wait_losses(LIVES)
    daemon.wait_log("from a child: evil: doing zero-length")
    daemon.survives()
    assert set(daemon.losses()) == {"closed its channel"}
