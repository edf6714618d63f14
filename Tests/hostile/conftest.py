"""The hostile tests use the bed of Tests/system; see the README there. They need carpd, carpd-engine, carpctl and
carpd-evil in the build directory."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))

import pytest

from bed import Lan
from bed.daemon import BUILD
from bed.lan import remove_leftovers


def pytest_configure(config):
    config.addinivalue_line("markers", "measures: measures times in milliseconds; runs with nothing beside it")


def pytest_sessionstart(session):
    if os.geteuid() != 0:
        pytest.exit("the hostile tests need root: they make network namespaces", returncode=4)
    missing = [name for name in ("carpd", "carpd-engine", "carpctl", "carpd-evil") if not (BUILD / name).exists()]
    if missing:
        pytest.exit(f"not in {BUILD}: {' '.join(missing)}", returncode=4)
    remove_leftovers()


@pytest.fixture
def lan():
    with Lan() as made:
        yield made


@pytest.fixture
def a(lan):
    """The machine under attack, alone on its LAN."""
    return lan.node("a", 101)


@pytest.fixture
def abc(lan):
    """The two machines of the example and a client."""
    return lan.node("a", 101), lan.node("b", 102), lan.node("client", 50)
