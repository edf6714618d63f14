"""Somebody has taken over the launcher, the process that can change users, or the config role.

The launcher is confined in two steps: at its start, and by `seal` once the configuration is known, before anything from
the network is received. Both states are tried.
"""

import pwd
import re
import signal
import subprocess
from pathlib import Path

import pytest

from evil import EVIL, listed

KILLED = -signal.SIGSYS
ATTEMPTS = ["setuid", "setresuid-root", "setresuid-part", "setresuid-other", "setresgid-root", "setreuid", "setfsuid",
            "setgroups", "engine-then-root", "kill", "tkill", "tgkill", "sigqueue", "pidfd-kill", "pidfd-getfd",
            "execve", "execveat-path", "execveat-opened", "socket", "socket-unix", "ptrace", "process-vm-readv",
            "unshare", "clone-new-user", "clone-thread", "clone3", "setns", "mount", "chroot", "bpf", "keyctl",
            "io-uring", "memfd", "open-shadow", "create-file", "chmod", "raise-capability"]


@pytest.fixture
def victim():
    """A process of the supervisor's user."""
    user = pwd.getpwnam("carpd")
    process = subprocess.Popen(["sleep", "60"], user=user.pw_uid, group=user.pw_gid, extra_groups=[])
    yield process
    Path("/tmp/carpd-evil").unlink(missing_ok=True)
    process.kill()
    process.wait()


def attempt(role, name, victim, **more):
    environment = {"CARPD_ROLE": role, "EVIL": name, "EVIL_VICTIM": str(victim.pid), **more}
    done = subprocess.run([EVIL], env=environment, capture_output=True, text=True, timeout=10)
    return done.returncode, done.stderr.strip()


# Where the audit log goes is known only with the configuration; until then the launcher may make files where its user may.
UNTIL_SEALED = ["create-file", "open-passwd"]


@pytest.mark.parametrize("sealed", [False, True], ids=["at the start", "sealed"])
@pytest.mark.parametrize("name", ATTEMPTS)
def test_launcher(victim, name, sealed):
    if name in UNTIL_SEALED and not sealed:
        return
    more = {"EVIL_SEALED": "1"} if sealed else {}
    code, said = attempt("evil-launcher", name, victim, **more)
    if code != KILLED:
        assert re.fullmatch(rf"evil: {name} errno \d+", said), f"{code}: {said}"
    assert victim.poll() is None, "the supervisor was killed"


@pytest.mark.parametrize("name", listed("killed"))
def test_config_role(victim, name):
    user = pwd.getpwnam("carpd-config")
    done = subprocess.run([EVIL], env={"CARPD_ROLE": "evil-config", "EVIL": name}, capture_output=True, text=True,
                          timeout=10, user=user.pw_uid, group=user.pw_gid, extra_groups=[])
    assert done.returncode == KILLED, f"{done.returncode}: {done.stderr}"


def test_config_role_is_refused_the_rest():
    user = pwd.getpwnam("carpd-config")
    done = subprocess.run([EVIL], env={"CARPD_ROLE": "evil-config", "EVIL": "refused"}, capture_output=True, text=True,
                          timeout=10, user=user.pw_uid, group=user.pw_gid, extra_groups=[])
    assert done.returncode == 0 and "succeeded" not in done.stderr, done.stderr
    assert done.stderr.count("errno") == len(listed("refused"))
