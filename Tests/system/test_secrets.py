"""Keys that the configuration only names: password files beside it, credentials of the service manager."""

import os
import shutil
import subprocess

import pytest

from bed import config, host
from bed.daemon import BUILD


@pytest.fixture
def place(tmp_path):
    """A configuration's directory: what is read later is read by the user carpd."""
    for directory in (tmp_path, *list(tmp_path.parents)[:2]):
        directory.chmod(0o755)
    (tmp_path / "secrets").mkdir(mode=0o750)
    shutil.chown(tmp_path / "secrets", group="carpd")
    return tmp_path


def check(place, key, environment=None):
    """Output and exit status of `carpd --check` with `key` in the place of the password."""
    path = place / "carpd.toml"
    path.write_text(config(host()).replace('password = "testpass"', key))
    path.chmod(0o640)
    shutil.chown(path, group="carpd")
    done = subprocess.run([BUILD / "carpd", f"--config={path}", "--check"], capture_output=True, text=True, timeout=10,
                          env=os.environ | (environment or {}))
    return done.returncode, done.stderr


def secret(place, text, mode=0o640):
    path = place / "secrets" / "one.pass"
    path.write_text(text)
    path.chmod(mode)
    shutil.chown(path, group="carpd")


@pytest.mark.parametrize("text, mode, words", [
    (None, 0, "cannot open the password file"), ("secret\n", 0o644, "chmod o-r"),
    ("0123456789012345678901234\n", 0o640, "longer than 20 bytes"), ("secret\n", 0o640, None),
], ids=["missing", "everybody's", "too long", "right"])
def test_password_file(place, text, mode, words):
    if text:
        secret(place, text, mode)
    code, output = check(place, 'password-file = "one.pass"')
    assert (code == 0) == (words is None) and (words or "") in output, output


def test_credential(place):
    code, output = check(place, 'credential = "one"')
    assert code == 1 and "LoadCredential=" in output, output
    (place / "credentials").mkdir()
    (place / "credentials" / "one").write_text("secret\n")
    code, output = check(place, 'credential = "one"', {"CREDENTIALS_DIRECTORY": str(place / "credentials")})
    assert code == 0, output
