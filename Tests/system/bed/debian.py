"""The Debian systems that machines under real systemd are copied from: made once, by debootstrap, below .build.

    /usr/bin/python3 Tests/system/bed/debian.py     makes those that are missing (what Tests/run does beside the build)
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

# The version of systemd that each has: the oldest that carpd is made for, and one that knows notify-reload.
RELEASES = {"bookworm": 252, "trixie": 257}

_BELOW = Path(__file__).resolve().parents[3] / ".build"
# What carpd needs, an init system, and polkit with what it depends on.
_PACKAGES = ["systemd", "systemd-sysv", "dbus", "iproute2", "libcap2", "libseccomp2", "libstdc++6", "libpam-systemd",
             "polkitd"]
# Nothing that starts by itself, hours after the boot or at once, and takes time from what is tested.
_MASKED = ["apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer",
           "e2scrub_reap.service", "fstrim.timer", "console-getty.service", "systemd-timesyncd.service"]
_UNUSED = ["var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale", "usr/share/man"]


def _sources():
    """(address, suites) of each binary source apt knows on this machine, in both forms of its lists."""
    lists = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for path in lists:
        text = path.read_text(errors="replace") if path.is_file() else ""
        if path.suffix == ".sources":
            for stanza in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n", "", text)):
                fields = dict(re.findall(r"(?m)^(\S+):\s*(.*)$", stanza))
                if "deb" in fields.get("Types", "").split():
                    for address in fields.get("URIs", "").split():
                        yield address, fields.get("Suites", "").split()
        else:
            for address, suite in re.findall(r"(?m)^deb\s+(?:\[.*?\]\s+)?(\S+)\s+(\S+)", text):
                yield address, [suite]


def _mirror():
    """Where this machine's apt has Debian from: that is sure to be reached."""
    for address, suites in _sources():
        if address.startswith("http") and set(suites) & set(RELEASES):
            return address
    raise RuntimeError(f"apt on this machine has no source of Debian ({' or '.join(RELEASES)}) that debootstrap could "
                       "use; the tests under systemd need one")


def root(release):
    """The directory of one of RELEASES; it is made by the first caller, while others wait."""
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    made = _BELOW / f"debian-{release}-{recipe}"
    _BELOW.mkdir(exist_ok=True)
    with open(_BELOW / f"debian-{release}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            for old in _BELOW.glob(f"debian-{release}-*"):
                shutil.rmtree(old)
            half = _BELOW / f"debian-{release}-half"
            done = subprocess.run(
                ["debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}", release, half, _mirror()],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
            if done.returncode:
                raise RuntimeError(f"debootstrap {release} failed:\n{done.stdout[-2000:]}")
            for name in _UNUSED:
                shutil.rmtree(half / name, ignore_errors=True)
            for unit in _MASKED:
                with contextlib.suppress(FileExistsError):
                    os.symlink("/dev/null", half / "etc/systemd/system" / unit)
            half.rename(made)
    return made


if __name__ == "__main__":
    try:
        for name in RELEASES:
            root(name)
    except (OSError, RuntimeError) as failure:
        sys.exit(f"no Debian system for the tests under systemd: {failure}")
