"""Waiting for a condition with a deadline, never for a length of time."""

import time


class Timeout(AssertionError):
    """A condition did not come true before its deadline."""


def wait_until(condition, timeout, what, interval=0.02):
    """Calls `condition` until it returns something true and returns that; Timeout after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise Timeout(f"not within {timeout:g} s: {what() if callable(what) else what}")
        time.sleep(interval)
