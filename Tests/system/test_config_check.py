"""carpd --check: every mistake with file, line and column, several in one run, and the exit status."""

import re
import subprocess

import pytest

from bed import Carpd, config, example, host
from bed.daemon import BUILD


@pytest.fixture
def check(lan, tmp_path):
    node = lan.node("a", 101)
    # The configuration role reads through a descriptor, but the way there must be open to the supervisor's user.
    for directory in (tmp_path, *list(tmp_path.parents)[:2]):
        directory.chmod(0o755)

    def run(text, mode=0o640):
        path = tmp_path / "carpd.toml"
        path.write_text(text)
        path.chmod(mode)
        subprocess.run(["chgrp", "carpd", path], check=False)
        done = subprocess.run(node.command(BUILD / "carpd", "--config", path, "--check"), capture_output=True,
                              text=True, timeout=10)
        return done.returncode, done.stdout + done.stderr
    return run


def errors(output):
    """[(line, column, message)] of the form FILE:LINE:COLUMN: error: MESSAGE."""
    return [(int(m[1]), int(m[2]), m[3]) for m in re.finditer(r"carpd\.toml:(\d+):(\d+): error: (.*)", output)]


def position(text, needle):
    """Line and column of a text, from 1."""
    before = text[:text.index(needle)]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def test_the_example_is_good(check):
    code, output = check(example(100))
    assert code == 0 and not errors(output), output


@pytest.mark.parametrize("bad, needle, words", [
    ("advskew = 100|advskew = 255", "255", ["0...254"]),
    ("vhid = 1\n|vhid = 0\n", "0\n", ["1...255"]),
    ("advskew = 100|advsckew = 100", "advsckew", ["advskew"]),
    ('"192.0.2.1/24"|"192.0.2.1"', '"192.0.2.1"', ["prefix"]),
    ('"192.0.2.1/24"|"192.0.2.256/24"', '"192.0.2.256/24"', ["address"]),
    ('["192.0.2.1/24"]|[]', "[]", ["addresses"]),
    ("preempt = false|preempt = 1", "1", ["true", "false"]),
    ("vhid = 1\n|vhid = \n", "\n", []),
], ids=["skew range", "vhid range", "unknown key", "prefix missing", "no address", "no addresses", "wrong type",
        "TOML"])
def test_one_mistake(check, bad, needle, words):
    old, new = bad.split("|")
    good = config(host(1, ["192.0.2.1/24"], 100))
    text = good.replace(old, new, 1)
    assert text != good
    code, output = check(text)
    assert code == 1
    found = errors(output)
    assert len(found) == 1, output
    line, column = position(text, new)
    assert found[0][0] in (line, line + new.count("\n")), output
    if needle.strip():
        assert found[0][:2] == (line, column + new.index(needle)), output
    for word in words:
        assert word in found[0][2], output


def test_several_mistakes_in_one_run(check):
    text = config(host(1, ["192.0.2.1/24"], 300), host(1, ["2001:db8::1"], 100), host(2, [], 0, mac="virtuel"))
    code, output = check(text)
    assert code == 1
    assert len(errors(output)) >= 4, output


@pytest.mark.parametrize("text, word", [
    (config(host(1, ["192.0.2.1/24"], 0), host(1, ["192.0.2.2/24"], 0)), "vhid"),
    (config(host(1, ["192.0.2.1/24"], 0), host(2, ["192.0.2.1/24"], 0)), "192.0.2.1"),
    (config(host(1, ["192.0.2.1/24"], 0, peers=["2001:db8::102"])), "family"),
    (config(host(1, ["192.0.2.1/24"], 0, peers=["192.0.2.102"], mac="virtual")), "peers"),
], ids=["duplicate vhid", "duplicate address", "peer of the wrong family", "virtual MAC with peers"])
def test_contradictions(check, text, word):
    code, output = check(text)
    assert code == 1 and any(word in message for _, _, message in errors(output)), output


def test_shared_address_is_the_interfaces_own(check):
    code, output = check(config(host(1, ["192.0.2.101/24"], 0)))
    assert code == 1 and "192.0.2.101" in output, output


def test_world_readable_passwords(check):
    code, output = check(example(100), mode=0o644)
    assert code == 1 and errors(output) and "testpass" not in output, output


def test_a_lease_that_does_not_keep_its_promise_is_a_warning(check):
    code, output = check(config(host(1, ["192.0.2.1/24"], 1, advbase=0)))
    assert code == 0 and "warning" in output, output


def test_missing_file(lan):
    node = lan.node("a", 101)
    done = subprocess.run(node.command(BUILD / "carpd", "--config", "/nonexistent/carpd.toml", "--check"),
                          capture_output=True, text=True, timeout=10)
    assert done.returncode not in (0, -11, -4) and "/nonexistent/carpd.toml" in done.stdout + done.stderr


def test_a_bad_file_stops_the_start(lan):
    node = lan.node("a", 101)
    daemon = Carpd(node, config(host(1, ["192.0.2.1/24"], 300)), wait=False)
    assert daemon.process.wait(5) != 0
    daemon.wait_log(r"carpd\.toml:\d+:\d+: error", timeout=2)
