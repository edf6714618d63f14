"""What /proc says about a process: users, capabilities, filters, descendants and open descriptors."""

import os
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Status:
    pid: int
    name: str
    state: str
    ppid: int
    uids: tuple
    gids: tuple
    groups: tuple
    inheritable: int
    permitted: int
    effective: int
    bounding: int
    ambient: int
    no_new_privileges: bool
    seccomp: int
    threads: int


@dataclass(frozen=True)
class Descriptor:
    number: int
    target: str
    kind: str  # a file's path, "unix", "packet", "raw", "udp", "tcp", "netlink", "[eventpoll]", ...


def status(pid):
    """None if there is no such process any more."""
    try:
        with open(f"/proc/{pid}/status") as file:
            lines = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    except OSError:
        return None
    numbers = lambda key: tuple(int(word) for word in lines[key].split())
    sixteen = lambda key: int(lines[key], 16)
    return Status(
        pid, lines["Name"], lines["State"][0], int(lines["PPid"]), numbers("Uid"), numbers("Gid"), numbers("Groups"),
        sixteen("CapInh"), sixteen("CapPrm"), sixteen("CapEff"), sixteen("CapBnd"), sixteen("CapAmb"),
        lines["NoNewPrivs"] == "1", int(lines["Seccomp"]), int(lines["Threads"]))


def alive(pid):
    found = status(pid)
    return found is not None and found.state not in "ZX"


def descendants(pid):
    """The processes below `pid`, nearest first, without zombies."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            found = status(int(entry))
            if found and found.state not in "ZX":
                parents.setdefault(found.ppid, []).append(found)
    below, queue = [], [pid]
    while queue:
        children = parents.get(queue.pop(0), [])
        below += children
        queue += [child.pid for child in children]
    return below


def proportional_set_size(pid):
    """Bytes of memory of a process, each page shared with others divided by their number (PSS)."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("Pss:"))


def descriptors(pid):
    """Every open descriptor; a socket's kind comes from the tables of the process's own network namespace."""
    sockets = {}
    for table in ("unix", "packet", "raw", "raw6", "udp", "udp6", "tcp", "tcp6", "netlink", "icmp", "icmp6"):
        try:
            with open(f"/proc/{pid}/net/{table}") as file:
                lines = file.read().splitlines()
        except OSError:
            continue
        for line in lines[1:]:
            words = line.split()
            if table == "unix":
                inode = words[6]
            elif table in ("packet", "netlink"):
                inode = words[-1] if table == "netlink" else words[8]
            else:
                # sl local remote st tx:rx tr:tm retrnsmt uid timeout inode
                inode = words[9]
            sockets[inode] = table.rstrip("6")
    found = []
    for entry in sorted(os.listdir(f"/proc/{pid}/fd"), key=int):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{entry}")
        except OSError:
            continue
        kind = target
        socket = re.fullmatch(r"socket:\[(\d+)\]", target)
        anonymous = re.fullmatch(r"anon_inode:(.*)", target)
        if socket:
            kind = sockets.get(socket[1], "unknown socket")
        elif anonymous:
            kind = anonymous[1]
        elif target.startswith("pipe:"):
            kind = "pipe"
        found.append(Descriptor(int(entry), target, kind))
    return found


def open_sockets_are_local(pid):
    """True if no descriptor of the process is a socket of any network."""
    return all("socket:" not in one.target or one.kind == "unix" for one in descriptors(pid))
