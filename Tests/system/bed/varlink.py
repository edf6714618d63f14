"""A client of the control socket, as another user if wanted, that shows every message as it came."""

import contextlib
import json
import os
import socket
import threading


class VarlinkError(Exception):
    """An error that the daemon answered with."""

    def __init__(self, name, parameters):
        super().__init__(f"{name} {parameters}")
        self.name = name
        self.parameters = parameters


# Users are the process's, not the thread's.
_becoming = threading.Lock()


@contextlib.contextmanager
def as_user(uid, gid=None, groups=()):
    """What is connected within is connected by this user: the kernel notes the effective one."""
    with _becoming:
        before = os.getgroups()
        os.setgroups(list(groups))
        os.setegid(uid if gid is None else gid)
        os.seteuid(uid)
        try:
            yield
        finally:
            os.seteuid(0)
            os.setegid(0)
            os.setgroups(before)


class Varlink:
    """One connection. `call` waits for the reply, `watch` yields what comes."""

    def __init__(self, path, uid=0, gid=None, groups=(), timeout=10.0, receive_buffer=None):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        # Blocking, so that a full queue of others is waited for.
        with as_user(uid, gid, groups):
            self.socket.connect(str(path))
        self.socket.settimeout(timeout)
        self._buffer = b""

    def send(self, method, more=False, **parameters):
        name = method if "." in method else f"io.carpd.Control.{method}"
        message = {"method": name, "parameters": parameters}
        if more:
            message["more"] = True
        self.socket.sendall(json.dumps(message).encode() + b"\0")

    def receive(self):
        """The next message; raises EOFError at the end."""
        while b"\0" not in self._buffer:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError
            self._buffer += data
        text, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(text)

    def reply(self):
        message = self.receive()
        if "error" in message:
            raise VarlinkError(message["error"], message.get("parameters", {}))
        return message["parameters"]

    def call(self, method, **parameters):
        self.send(method, **parameters)
        return self.reply()

    def watch(self):
        """The snapshot, and a generator of what follows."""
        self.send("Watch", more=True)
        snapshot = self.reply()["snapshot"]

        def following():
            while True:
                yield self.reply()
        return snapshot, following()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()
