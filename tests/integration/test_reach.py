"""Ways in: root, sudo with and without a password; keys that are checked; hosts that do not answer."""

import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from lab import faults as make
from lab.host import Host
from tests.integration.conftest import Site, await_line

pytestmark = pytest.mark.lab

CONFIGURATION = (
    "stat -c '%U:%G %a' /etc/kafka/server.properties /opt/kafka_2.13-3.9.1 /etc/systemd/system/kafka.service"
)


@pytest.fixture
def login(trouble: Site) -> Callable[[str], Site]:
    """Return a function that makes a site log in as another user."""

    def change(user: str) -> Site:
        file = trouble.folder / "ssh_config"
        file.write_text(file.read_text().replace("User root", f"User {user}"))
        return trouble

    return change


def reasons(ended: subprocess.CompletedProcess[str], site: Site) -> dict[str, str]:
    """Return why each failed host failed, from what fab printed below its table."""
    found = re.findall(r"^(\S+): (.*)$", ended.stdout + ended.stderr, re.MULTILINE)
    return {host: reason for host, reason in found if host in site.hosts}


def result(ended: subprocess.CompletedProcess[str], host: str) -> str:
    """Return a host's result in the table."""
    rows: list[str] = re.findall(rf"^{host}  +(\w+)  +\d+", ended.stdout + ended.stderr, re.MULTILINE)
    assert rows, ended.stdout + ended.stderr
    return rows[-1]


@contextmanager
def watched(host: Host) -> Iterator[set[bytes]]:
    """Gather the command lines and environments of all of a host's processes, as seen from this machine."""
    seen: set[bytes] = set()
    over = threading.Event()
    space = Path(f"/proc/{host.leader}/ns/pid").readlink()

    def look() -> None:
        while not over.wait(0.005):
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    if (process / "ns/pid").readlink() == space:
                        seen.update(((process / "cmdline").read_bytes(), (process / "environ").read_bytes()))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def test_a_user_with_sudo_installs(login: Callable[[str], Site]) -> None:
    site = login("ops")
    site.done("install")
    assert set(site.everywhere(CONFIGURATION).values()) == {"root:kafka 640\nroot:root 755\nroot:root 644\n"}


def test_a_user_whose_sudo_asks_for_a_password_installs(login: Callable[[str], Site]) -> None:
    site = login("admin")
    ended = site.fab("install", FABRIC_SUDO_PASSWORD=site.lab.admin_password)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert set(site.everywhere(CONFIGURATION).values()) == {"root:kafka 640\nroot:root 755\nroot:root 644\n"}


def test_the_password_is_seen_nowhere(login: Callable[[str], Site]) -> None:
    site = login("admin")
    with watched(site.lab.hosts[site.hosts[0]]) as seen:
        ended = site.fab("install", FABRIC_SUDO_PASSWORD=site.lab.admin_password)
    assert any(b"sh\0-s" in words for words in seen)
    assert not [words for words in seen if site.lab.admin_password.encode() in words]
    assert site.lab.admin_password not in ended.stdout + ended.stderr


def test_a_wrong_password_is_one_try_and_fails_in_the_words_of_sudo(login: Callable[[str], Site]) -> None:
    """Three failures would lock many an account."""
    site = login("admin")
    site.everywhere("journalctl --sync && journalctl -n 0 --show-cursor | sed -n 's/^-- cursor: //p' >/run/cursor")
    ended = site.fab("install", FABRIC_SUDO_PASSWORD="wrong, and not for the log")
    assert ended.returncode == 1
    for reason in (reasons(ended, site)[host] for host in site.hosts):
        assert reason.startswith("sudo does not take the password of admin: sudo: ")
        assert reason.endswith("sudo: 1 incorrect password attempt [H8]")
    since = 'journalctl --sync && journalctl --after-cursor "$(cat /run/cursor)" --no-pager -o cat'
    counted = f"{since} | grep -c 'pam_unix(sudo:auth): authentication failure'"
    assert set(site.everywhere(counted).values()) == {"1\n"}
    assert "not for the log" not in ended.stdout + ended.stderr


def test_without_a_password_the_message_names_the_option(login: Callable[[str], Site]) -> None:
    site = login("admin")
    ended = site.fab("install")
    assert ended.returncode == 1
    assert {reasons(ended, site)[host] for host in site.hosts} == {
        "sudo asks admin for a password: use fab --prompt-for-sudo-password [H8]"
    }


def test_one_host_with_another_password_does_not_stop_the_others(login: Callable[[str], Site]) -> None:
    site = login("admin")
    first = site.hosts[0]
    site.on(first, "cp -p /etc/shadow /root/shadow && echo admin:another | chpasswd")
    ended = site.fab("install", FABRIC_SUDO_PASSWORD=site.lab.admin_password)
    site.on(first, "mv /root/shadow /etc/shadow")
    assert [result(ended, host) for host in site.hosts] == ["failed", "changed", "changed"]
    assert list(reasons(ended, site)) == [first]


def test_a_user_who_may_not_use_sudo_is_told_so(login: Callable[[str], Site]) -> None:
    site = login("admin")
    first = site.hosts[0]
    site.on(first, "cp -p /etc/sudoers.d/lab /root/lab && sed -i /admin/d /etc/sudoers.d/lab")
    ended = site.fab("install", FABRIC_SUDO_PASSWORD=site.lab.admin_password)
    site.on(first, "mv /root/lab /etc/sudoers.d/lab")
    assert [result(ended, host) for host in site.hosts] == ["failed", "changed", "changed"]
    assert "admin is not in the sudoers file" in reasons(ended, site)[first]


def test_a_host_without_sudo_is_told_so(login: Callable[[str], Site]) -> None:
    site = login("ops")
    first = site.hosts[0]
    site.on(first, "mv /usr/bin/sudo /root/sudo")
    ended = site.fab("install")
    site.on(first, "mv /root/sudo /usr/bin/sudo")
    assert [result(ended, host) for host in site.hosts] == ["failed", "changed", "changed"]
    assert reasons(ended, site)[first] == "ops is not root, and there is no sudo: connect as root, or install sudo [H8]"


@pytest.fixture
def known_hosts(trouble: Site) -> Path:
    """A copy of the lab's known_hosts that the site's ssh_config names."""
    copy = trouble.folder / "known_hosts"
    copy.write_text(trouble.lab.known_hosts.read_text())
    config = trouble.folder / "ssh_config"
    config.write_text(config.read_text().replace(str(trouble.lab.known_hosts), str(copy)))
    return copy


def test_a_wrong_host_key_is_refused(trouble: Site, known_hosts: Path) -> None:
    first, second, _ = trouble.hosts
    lines = {line.split(",")[0]: line for line in known_hosts.read_text().splitlines()}
    lines[first] = lines[first].rsplit(" ", 1)[0] + " " + lines[second].rsplit(" ", 1)[1]
    known_hosts.write_text("\n".join(lines.values()) + "\n")
    ended = trouble.fab("install")
    assert ended.returncode == 1
    assert [result(ended, host) for host in trouble.hosts] == ["failed", "changed", "changed"]
    assert "is not the one in known_hosts" in reasons(ended, trouble)[first]
    assert f"ssh-keygen -R {trouble.lab.hosts[first].address}" in reasons(ended, trouble)[first]
    assert trouble.on(first, "ls /opt") == ""


def test_an_unknown_host_key_is_refused(trouble: Site, known_hosts: Path) -> None:
    first = trouble.hosts[0]
    lines = [line for line in known_hosts.read_text().splitlines() if not line.startswith(f"{first},")]
    known_hosts.write_text("\n".join(lines) + "\n")
    ended = trouble.fab("install")
    assert ended.returncode == 1
    assert [result(ended, host) for host in trouble.hosts] == ["failed", "changed", "changed"]
    assert "is not in known_hosts" in reasons(ended, trouble)[first]
    assert "Traceback" not in ended.stdout + ended.stderr


def test_an_unreachable_host_does_not_stop_the_others(trouble: Site) -> None:
    first = trouble.hosts[0]
    with make.unplugged(trouble.lab.hosts[first]):
        ended = trouble.fab("install", FABRIC_TIMEOUTS_CONNECT="2")
    assert ended.returncode == 1
    assert [result(ended, host) for host in trouble.hosts] == ["failed", "changed", "changed"]
    assert "cannot be reached" in reasons(ended, trouble)[first]
    assert "1 of 3 hosts failed" in ended.stdout + ended.stderr


def test_a_second_run_reaches_the_host_that_was_unreachable(trouble: Site) -> None:
    first = trouble.hosts[0]
    with make.unplugged(trouble.lab.hosts[first]):
        trouble.fab("install", FABRIC_TIMEOUTS_CONNECT="2")
    ended = trouble.fab("install")
    assert [result(ended, host) for host in trouble.hosts] == ["changed", "ok", "ok"]


def test_a_host_that_loses_power_in_mid_run_is_told_as_a_lost_connection(trouble: Site) -> None:
    first = trouble.hosts[0]
    trouble.on(first, "systemd-run --unit=stranger flock /run/kafka-fab.lock sleep 60")
    running = trouble.start_fab("install")
    await_line(running, f"{first}  note  lock")
    with make.powered_off(trouble.lab.hosts[first]):
        output, _ = running.communicate(timeout=30)
    assert running.returncode == 1
    assert f"{first}: connection lost" in output


def test_a_given_ssh_config_with_an_include_is_honoured(trouble: Site, tmp_path: Path) -> None:
    (trouble.folder / "ssh_config").rename(tmp_path / "lab")
    (tmp_path / "config").write_text(f"Include {tmp_path}/l*\n")
    ended = trouble.fab("-S", str(tmp_path / "config"), "log-dirs")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert set(trouble.everywhere("ls /opt").values()) == {"kafka-logs\n"}


def test_a_command_runs_as_root_on_each_host(trouble: Site) -> None:
    said = trouble.done("-H", ",".join(trouble.hosts[:2]), "run", "hostname; id -un")
    for host in trouble.hosts[:2]:
        assert f"{host}  {host}\n" in said
        assert f"{host}  root\n" in said
