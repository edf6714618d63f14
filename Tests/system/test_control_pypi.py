"""The control socket with the PyPI `varlink` package, library and command line: a program that knows nothing but what the
daemon says of itself."""

import json
import subprocess
import sys

import pytest

from bed import Carpd, config, host
from bed.varlink import as_user

INTERFACE = "io.carpd.Control"
READER = 65534


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The package, in a directory of its own."""
    directory = tmp_path_factory.mktemp("varlink")
    done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", directory,
                           "varlink==31.0.0"], capture_output=True, text=True)
    assert done.returncode == 0, f"pip cannot install varlink, which this test needs: {done.stderr}"
    sys.path.insert(0, str(directory))
    try:
        import varlink
        yield varlink, directory
    finally:
        sys.path.remove(str(directory))


@pytest.fixture
def daemon(lan):
    daemon = Carpd(lan.node("a", 101), config(host()))
    daemon.wait_state("MASTER")
    return daemon


def opened(varlink, daemon, uid=0):
    client = varlink.Client.new_with_address(f"unix:{daemon.socket}")
    with as_user(uid):
        return client, client.open(INTERFACE)


def test_library(package, daemon):
    varlink, _ = package
    client, connection = opened(varlink, daemon)
    with connection:
        assert list(client.get_interfaces()) == ["org.varlink.service", INTERFACE]
        shown = connection.Show()
        assert shown["virtual_hosts"][0]["state"] == "MASTER"
        assert connection.Peers() == {"peers": []}
        assert connection.Counters()["interfaces"][0]["name"] == "eth0"
        _, watching = opened(varlink, daemon)
        with watching:
            stream = watching.Watch(_more=True)
            assert next(stream)["snapshot"]["virtual_hosts"] == shown["virtual_hosts"]
            assert connection.Demote("nightly", 30, "backup runs", 60, False)["demotion"] == 30
            event = next(stream)["event"]
            assert (event["kind"], event["demotion"], event["source"]) == ("demotion", 30, "uid 0")
            assert event["text"] == "carp: demoted by 30 to 30 (nightly: backup runs)"
        assert connection.Undemote(name="nightly")["demotion"] == 0
        assert connection.Events(event["number"])["events"][0]["reason"] == "withdrawn"
        with pytest.raises(varlink.VarlinkError) as refusal:
            connection.Promote("eth0", 9)
        assert refusal.value.error() == f"{INTERFACE}.NoSuchVirtualHost"


def test_a_reader_gets_a_typed_refusal(package, daemon):
    varlink, _ = package
    _, connection = opened(varlink, daemon, READER)
    with connection:
        assert connection.Show()["virtual_hosts"][0]["vhid"] == 1
        with pytest.raises(varlink.VarlinkError) as refusal:
            connection.Demote("mine", 1)
        assert refusal.value.error() == f"{INTERFACE}.NotAuthorized"
        assert refusal.value.parameters() == {"method": "Demote", "uid": READER}


def test_command_line(package, daemon):
    _, directory = package

    def cli(*arguments):
        done = subprocess.run([sys.executable, "-m", "varlink.cli", *arguments], capture_output=True, text=True,
                              timeout=20, env={"PYTHONPATH": str(directory), "PATH": "/usr/bin:/bin"})
        return done.stdout + done.stderr
    address = f"unix:{daemon.socket}"
    assert INTERFACE in cli("info", address)
    assert "method Watch() -> (snapshot: ?Snapshot" in cli("help", f"{address}/{INTERFACE}")
    assert json.loads(cli("call", f"{address}/{INTERFACE}.Show"))["virtual_hosts"][0]["state"] == "MASTER"
    assert json.loads(cli("call", f"{address}/{INTERFACE}.Demote", '{"name": "cli", "value": 7}')) == {"demotion": 7}
    assert "NoSuchDemotion" in cli("call", f"{address}/{INTERFACE}.Undemote", '{"name": "nope"}')
