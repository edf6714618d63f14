"""The audit log of real runs: `carpctl audit verify` accepts it and nothing else, `carpctl audit show` reads it."""

import json
import os
import random
import re
import shutil
import signal
import subprocess

import pytest

from bed import Carpd, config, host, wait_until
from bed.daemon import BUILD

KEY = "0123456789abcdef0123456789abcdef"
# A program is started for each changed byte: every one of the first records, and some by chance of the whole file. The
# unit tests change each byte of a log within one process.
RECORDS = int(os.environ.get("CARPD_AUDIT_RECORDS", "2"))


def carpctl(*arguments):
    return subprocess.run([BUILD / "carpctl", "audit", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60)


@pytest.fixture(scope="module", params=[None, KEY], ids=["plain", "keyed"])
def run(request, tmp_path_factory):
    """The directory of the log of a run with takeovers, an engine lost, denials, rotations and restarts; and the key."""
    from bed import Lan
    directory = tmp_path_factory.mktemp("audit")
    with Lan() as lan:
        a, b = lan.node("a", 101), lan.node("b", 102)
        # A takeover of so many addresses is about as many records; 64 KiB is the smallest size of a file.
        addresses = [f"192.0.2.{n}/24" for n in range(150, 230)]
        more = {"audit": {"max_size": 65536, "keep": 20}, "audit_key": request.param}
        daemon = Carpd(a, config(host(1, addresses, 100), preempt=True), **more)
        daemon.wait_state("MASTER")
        os.kill(daemon.child("engine").pid, signal.SIGKILL)
        daemon.wait_log("the engine process")
        other = Carpd(b, config(host(1, addresses, 0), preempt=True), **more)
        daemon.wait_state("BACKUP")
        other.stop()
        daemon.wait_state("MASTER")
        daemon.signal(signal.SIGUSR2)
        daemon.process.wait(5)
        daemon.start()
        daemon.wait_state("MASTER")
        daemon.kill_all()
        daemon.start()
        daemon.wait_state("MASTER")
        daemon.stop()
        for path in daemon.audit_log.parent.iterdir():
            shutil.copy(path, directory)
        key = directory / "key"
        if request.param:
            shutil.copy(daemon.key_file, key)
    return directory, ["--key", key] if request.param else []


@pytest.fixture
def log(run, tmp_path):
    """A copy that a test may spoil: the newest file, and the options of `verify`."""
    directory, key = run
    shutil.copytree(directory, tmp_path, dirs_exist_ok=True)
    return tmp_path / "audit.jsonl", key


def files(log):
    """The files of a log, the oldest first."""
    numbers = sorted(int(path.suffix[1:]) for path in log.parent.glob("audit.jsonl.*"))
    return [log.with_name(f"{log.name}.{number}") for number in reversed(numbers)] + [log]


def rejected(log, key, *arguments):
    done = carpctl("verify", log, *key, *arguments)
    assert done.returncode == 1, f"{done.stdout}\n{done.stderr}"
    assert done.stdout == "" or "warning" in done.stdout
    return done.stderr


def test_accepted(log):
    path, key = log
    done = carpctl("verify", path, *key)
    assert done.returncode == 0, done.stderr
    found = re.match(r"(\d+) records, (\d+) segments, head (\d+):([0-9a-f]{64})\n", done.stdout)
    records = [json.loads(line) for one in files(path) for line in one.read_text().splitlines()]
    assert (int(found[1]), int(found[2])) == (len(records), len(files(path)))
    assert found[3] == found[1] and len(files(path)) >= 3
    assert found[4] == records[-1]["hash"]
    # An orderly stop ends with an anchor, unless the disk takes longer than a stop may; a rotation always has one.
    anchors = [record for record in records if record["act"] == "anchor"]
    assert f"last anchor: {anchors[-1]['seq']}:{anchors[-1]['hash']}\n" in done.stdout
    assert {record["cause"] for record in anchors} >= {"rotation"}
    assert ("without the key" in carpctl("verify", path).stdout) == bool(key)
    acts = {record["act"] for record in records}
    assert acts >= {"start", "anchor", "capabilityDrop", "spawn", "childEnded", "socket", "policy", "acquire", "release",
                    "linkMade", "addressAdded", "addressDeleted", "announcement", "connection", "adopted", "stop"}
    assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
    assert {record["run"] for record in records} == {1, 2, 3}
    # What changes the system is on record as an intent and as its outcome.
    for act in ("addressAdded", "addressDeleted"):
        assert {record["decision"] for record in records if record["act"] == act} == {"intent", "allow"}, act
    assert carpctl("verify", path, *key, "--anchor", f"{found[3]}:{found[4]}").returncode == 0


def test_every_byte_counts(log):
    """Each byte of the first records, and others of the whole log by chance."""
    path, key = log
    first = files(path)[0]
    text = first.read_bytes()
    small = b"".join(text.splitlines(keepends=True)[:RECORDS])
    for one in files(path)[1:]:
        shutil.move(one, one.with_name(one.name + "-away"))
    alone = first.rename(path)
    accepted = []
    for index in range(len(small)):
        changed = bytearray(small)
        changed[index] ^= 1 << random.randrange(8)
        alone.write_bytes(changed)
        if carpctl("verify", alone, *key).returncode != 1:
            accepted.append((index, bytes(changed)))
    assert accepted == []
    for index in random.sample(range(len(text)), 50 * RECORDS):
        changed = bytearray(text)
        changed[index] ^= 1 << random.randrange(8)
        alone.write_bytes(changed)
        if carpctl("verify", alone, *key).returncode != 1:
            accepted.append((index, changed[index]))
    assert accepted == []
    alone.write_bytes(text)
    assert carpctl("verify", alone, *key).returncode == 0


def test_lines_and_files(log):
    path, key = log
    text = path.read_bytes()
    lines = text.splitlines(keepends=True)
    anchor = ["--anchor", f"{json.loads(lines[-1])['seq']}:{json.loads(lines[-1])['hash']}"]
    middle = len(lines) // 2
    for changed, message in [
        (lines[:middle] + lines[middle + 1:], "does not continue the record before"),
        (lines[:middle] + [lines[middle + 1], lines[middle]] + lines[middle + 2:], "does not continue"),
        (lines[:middle] + [lines[middle]] + lines[middle:], "does not continue"),
        (lines[1:], "does not continue"),
        (lines[:-1] + [lines[-1][:-1]], "the last line is not complete"),
        (lines[:-1] + [lines[-1][:50]], "the last line is not complete"),
        (lines[:middle] + [b"\n"] + lines[middle:], "is no record"),
    ]:
        path.write_bytes(b"".join(changed))
        complaint = rejected(path, key)
        assert message in complaint and str(path) in complaint, complaint
    # A log cut off at the end of a line is a good log; an anchor kept elsewhere tells.
    path.write_bytes(b"".join(lines[:-2]))
    assert carpctl("verify", path, *key).returncode == 0
    assert "it was cut off" in rejected(path, key, *anchor)
    path.write_bytes(text)
    assert carpctl("verify", path, *key, *anchor).returncode == 0
    # The oldest files go with time; one in the middle does not, nor do two change places.
    oldest, second, *_ = files(path)
    spare = oldest.read_bytes()
    oldest.unlink()
    done = carpctl("verify", path, *key)
    assert done.returncode == 0 and "older files are gone" in done.stdout
    oldest.write_bytes(spare)
    exchanged = second.read_bytes()
    second.write_bytes(spare)
    oldest.write_bytes(exchanged)
    rejected(path, key)
    oldest.write_bytes(spare)
    if second != path:
        second.unlink()
        assert "does not continue" in rejected(path, key)


def test_keys(log, tmp_path):
    path, key = log
    other = tmp_path / "other"
    other.write_text("another key\n")
    assert ("was written with another key" if key else "was written without a key") in rejected(
        path, ["--key", other])
    # As carpd reads it: without the newline that an editor leaves.
    if key:
        other.write_text(KEY + "\n")
        assert carpctl("verify", path, "--key", other).returncode == 0
    other.write_text("\n")
    done = carpctl("verify", path, "--key", other)
    assert done.returncode == 65 and done.stderr == f"carpctl: the key file {other} is empty\n"


def test_verify_errors(tmp_path):
    missing = tmp_path / "missing.jsonl"
    done = carpctl("verify", missing)
    assert done.returncode == 66
    assert done.stderr == f"carpctl: cannot read {missing}: No such file or directory\n"
    missing.write_text("")
    assert "holds no record" in rejected(missing, [])
    done = carpctl("verify", missing, "--key", tmp_path / "no-key")
    assert done.returncode == 66 and "no-key" in done.stderr
    missing.write_bytes(bytes(range(256)) * 1000)
    assert f"{missing}:" in rejected(missing, [])
    done = carpctl("verify", tmp_path)
    assert done.returncode == 66 and "Is a directory" in done.stderr
    for arguments in (["verify"], ["verify", missing, "--anchor", "12"], ["verify", missing, "--what"], ["prove"],
                      ["show"], ["show", missing, "--since", "yesterday"], ["show", missing, "-n", "-1"],
                      ["show", missing, "-n", "many"]):
        done = carpctl(*arguments)
        assert done.returncode == 64 and done.stdout == "" and done.stderr, arguments
    done = carpctl("show", tmp_path / "nowhere")
    assert done.returncode == 66 and done.stderr.startswith("carpctl: cannot read ")


def test_show(log):
    path, _ = log
    records = [json.loads(line) for one in files(path) for line in one.read_text().splitlines()]

    def shown(*arguments):
        done = carpctl("show", path, *arguments)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return done.stdout.splitlines()

    def chosen(condition):
        return [record["seq"] for record in records if condition(record)]

    def numbers(lines):
        return [int(line.split()[0]) for line in lines]

    assert numbers(shown()) == chosen(lambda r: True)
    assert [json.loads(line) for line in shown("--json")] == records
    assert numbers(shown("--act", "addressAdded")) == chosen(lambda r: r["act"] == "addressAdded")
    assert numbers(shown("--origin", "engine")) == chosen(lambda r: r["origin"] == "engine")
    assert numbers(shown("--decision", "intent")) == chosen(lambda r: r["decision"] == "intent")
    assert numbers(shown("--object", "192.0.2.151")) == chosen(
        lambda r: "192.0.2.151" in r["object"] or "192.0.2.151" in r["cause"])
    assert numbers(shown("--act", "spawn", "--decision", "allow", "-n", "2")) == chosen(
        lambda r: r["act"] == "spawn" and r["decision"] == "allow")[-2:]
    assert shown("-n", "0") == [] and shown("--act", "nothing") == []
    middle = records[len(records) // 2]["wall"]
    assert numbers(shown("--since", middle)) == chosen(lambda r: r["wall"] >= middle)
    assert shown("--since", "2999-01-01") == []
    line = shown("--act", "addressAdded", "--decision", "allow")[0]
    assert re.match(r"\d+ +20\d\d-\d\d-\d\dT[\d:.]+Z allow +\w+ +addressAdded +192\.0\.2\.\d+.*\[\d+ us\]", line), line
    # It shows what it can read, and says that there was something else.
    path.write_bytes(path.read_bytes() + b"\x1b[31mno record\n")
    done = carpctl("show", path)
    assert done.returncode == 0 and numbers(done.stdout.splitlines()) == chosen(lambda r: True)
    assert done.stderr == f"carpctl: 1 lines are no records, or were changed; see `carpctl audit verify {path}`\n"
