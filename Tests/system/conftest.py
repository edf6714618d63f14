"""Fixtures for the system tests. They run as root and make every namespace they use."""

import os
import shutil

import pytest

from bed import Lan
from bed.daemon import BUILD
from bed.lan import remove_leftovers
from bed.machine import remove_leftovers as remove_machines


def pytest_configure(config):
    config.addinivalue_line("markers", "measures: measures times in milliseconds; runs with nothing beside it")
    config.addinivalue_line("markers", "bed_only: tests the bed itself and needs no carpd")


def pytest_sessionstart(session):
    if os.geteuid() != 0:
        pytest.exit("the system tests need root: they make network namespaces", returncode=4)
    missing = [tool for tool in ("ip", "bridge", "nft", "nsenter", "ping", "ucarp", "debootstrap", "systemd-nspawn") if not shutil.which(tool)]
    if missing:
        pytest.exit(f"missing programs: {' '.join(missing)} (make packages installs them)", returncode=4)
    remove_machines()
    remove_leftovers()


def pytest_collection_modifyitems(items):
    """Without a build every test that needs carpd fails with one plain sentence, not with a traceback each."""
    if not (BUILD / "carpd").exists():
        for item in items:
            if not item.get_closest_marker("bed_only"):
                item.add_marker(pytest.mark.xfail(run=False, strict=True, reason=f"no carpd in {BUILD}: make build"))


@pytest.fixture
def lan():
    with Lan() as made:
        yield made


@pytest.fixture
def abc(lan):
    """The two machines of the example and a client."""
    return lan.node("a", 101), lan.node("b", 102), lan.node("client", 50)
