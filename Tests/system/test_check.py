"""carpctl check: a failing check demotes, another machine takes over, and no demotion outlives the process."""

import grp
import os
import signal
import time

import pytest

from bed import Beside, Carpd, config, host, wait_until
from bed import processes


@pytest.fixture
def pair(lan):
    """A is MASTER; both take over from a worse one."""
    a, b = lan.node("a", 101), lan.node("b", 102)
    first = Carpd(a, config(host(advskew=0), preempt=True))
    first.wait_state("MASTER")
    second = Carpd(b, config(host(advskew=100), preempt=True))
    second.wait_state("BACKUP")
    return first, second


def demotions(daemon):
    """{name: (value, reason)} of what carpd has not made itself."""
    return {one["name"]: (one["value"], one["reason"]) for one in daemon.show()["daemon"]["demotions"]
            if one["owner"] != "carpd"}


def wait_demoted(daemon, name, check, timeout=8.0):
    wait_until(lambda: name in demotions(daemon), timeout, lambda: f"{name} demotes\n{check.text()}")
    return demotions(daemon)[name]


def wait_undemoted(daemon, check, timeout=8.0):
    wait_until(lambda: not demotions(daemon), timeout, lambda: f"nothing demotes\n{check.text()}")


def test_a_failing_check_moves_the_addresses(pair):
    first, second = pair
    healthy = first.directory / "healthy"
    healthy.touch()
    configuration = first.directory / "check.toml"
    configuration.write_text(
        f'[[check]]\nname = "web"\ncommand = ["sh", "-c", "test -e {healthy} || {{ echo no answer; exit 1; }}"]\n'
        'interval = "200ms"\nrise = 3\nfall = 2\ndemotion = 200\n')
    check = Beside(first, "check", "--config", configuration)
    check.wait_line("check web passes")
    since = time.monotonic()
    healthy.unlink()
    assert wait_demoted(first, "web", check) == (200, "check failed: exit status 1: no answer")
    second.wait_state("MASTER")
    first.wait_state("BACKUP")
    assert [one["held"] for one in first.show()["daemon"]["demotions"] if one["name"] == "web"] == [True]
    check.wait_line("check web fails", since)
    healthy.touch()
    wait_undemoted(first, check)
    first.wait_state("MASTER")
    assert check.stop() == 0


def test_the_first_result_counts_at_once(pair):
    first, _ = pair
    check = Beside(first, "check", "--name", "slow", "--fall", "50", "--interval", "1h", "false")
    assert wait_demoted(first, "slow", check, timeout=4)[0] == 240


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_demotion_outlives_the_process(pair, number):
    first, second = pair
    check = Beside(first, "check", "--interval", "200ms", "sh", "-c", "trap '' TERM; sleep 4720 & exit 1")
    wait_demoted(first, "check", check)
    second.wait_state("MASTER")
    check.process.send_signal(number)
    check.process.wait(5)
    wait_undemoted(first, check)
    first.wait_state("MASTER")


@pytest.mark.parametrize("meaning, demotes", [("fail", True), ("ignore", False), ("keep", False)])
def test_a_broken_check(pair, meaning, demotes):
    first, _ = pair
    checks = {
        "missing": '["/nonexistent/check"]',
        "crash": '["sh", "-c", "kill -ABRT $$"]',
        "hung": """["sh", "-c", "trap '' TERM; setsid sleep 4721 & sleep 4721; sleep 4721"]""",
    }
    configuration = first.directory / "check.toml"
    configuration.write_text("".join(
        f'[[check]]\nname = "{name}"\ncommand = {command}\ninterval = "300ms"\nfall = 1\non-error = "{meaning}"\n'
        for name, command in checks.items()))
    check = Beside(first, "check", "--config", configuration)
    words = {"missing": "cannot be executed: No such file or directory", "crash": "ended by signal 6",
             "hung": "did not end in time"}
    if demotes:
        for name in checks:
            assert wait_demoted(first, name, check)[1] == f"check failed: {words[name]}"
    else:
        if meaning == "ignore":
            for name in checks:
                check.wait_line(f"check {name} passes")
        else:
            for name in checks:
                check.wait_line(f"check {name}: {words[name]}")
        assert demotions(first) == {}
    pids = [one.pid for one in check.descendants()]
    assert check.stop() == 0
    wait_until(lambda: not any(processes.alive(pid) for pid in pids), 5, "what it had started is gone")


def test_the_demotion_comes_back_with_the_daemon(pair):
    first, _ = pair
    check = Beside(first, "check", "--interval", "1h", "false")
    wait_demoted(first, "check", check)
    os.kill(first.child("engine").pid, signal.SIGKILL)
    check.wait_line("closed the connection")
    wait_demoted(first, "check", check)
    first.stop()
    first.start()
    wait_demoted(first, "check", check)


def test_who_may_not_demote_is_told_at_the_start(pair):
    first, _ = pair
    check = Beside(first, "check", "true", user=65534)
    assert check.process.wait(5) == 77
    check.wait_line("admin-group")


def test_a_member_of_the_admin_group_may_demote(lan):
    text = config(host()).replace("[daemon]\n", '[daemon]\nadmin-group = "games"\n')
    daemon = Carpd(lan.node("a", 101), text)
    daemon.wait_state("MASTER")
    check = Beside(daemon, "check", "false", user=65534, group=grp.getgrnam("games").gr_gid)
    wait_demoted(daemon, "check", check)
    assert [one["owner"] for one in daemon.show()["daemon"]["demotions"] if one["name"] == "check"] == ["uid 65534"]


def test_mistakes_in_the_file_have_their_places(pair):
    first, _ = pair
    configuration = first.directory / "check.toml"
    configuration.write_text('[[check]]\nname = "a"\ncomand = ["true"]\n')
    check = Beside(first, "check", "--config", configuration)
    assert check.process.wait(5) == 78
    check.wait_line(f"{configuration}:3:1: error: unknown key 'comand'; did you mean 'command'?")
