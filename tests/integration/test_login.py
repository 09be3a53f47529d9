"""Logins of all sorts: what their shells print, set and limit has no part in what a task does."""

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

# Before anything is run, and after: an odd environment, words that look like an answer, and a status of its own.
LOUD = """umask 077; set -C; export TMOUT=1 TMPDIR=/nowhere CDPATH=/tmp LC_ALL=xx_YY JAVA_TOOL_OPTIONS=-Xmx1m
printf 'ok\\tstate\\tWelcome'; printf 'mind the gap' >&2
alias printf=false
trap 'echo bye; exit 9' EXIT
"""
MODES = (
    "find /opt/kafka/ ! -perm -o=r -o -type d ! -perm -o=x | head -n 3;"
    "stat -c %a /opt/kafka_2.13-3.9.1 /opt/kafka_2.13-3.9.1/libs /var/lib/kafka-fab"
)


@pytest.fixture
def loud(trouble: Site) -> Iterator[Site]:
    """Three hosts on which both root's and ops' shell are loud."""
    save = "for file in /root/.bashrc /home/ops/.bashrc; do cp -p $file $file.kept; "
    trouble.everywhere(f"cat >/run/loud.sh <<'E'\n{LOUD}E\n{save} cat /run/loud.sh $file.kept >$file; done")
    yield trouble
    trouble.everywhere("for file in /root/.bashrc /home/ops/.bashrc; do mv $file.kept $file; done; rm /run/loud*")


@pytest.mark.parametrize("user", [pytest.param("root", marks=pytest.mark.slow), "ops"])
def test_a_loud_login_installs_as_a_quiet_one(loud: Site, user: str, tmp_path: Path) -> None:
    config = loud.folder / "ssh_config"
    config.write_text(config.read_text().replace("User root", f"User {user}"))
    loud.done("install")
    assert set(loud.everywhere(MODES).values()) == {"755\n755\n755\n"}
    assert "nothing would change" in loud.done("plan")
    said = loud.done("-H", loud.hosts[0], "run", "umask; sleep 2; echo here")
    assert re.findall(rf"^{loud.hosts[0]}  (.*)$", said, re.MULTILINE)[:2] == ["0022", "here"]
    loud.done("bundle", "--out", str(tmp_path / "bundle.tar.gz"))
    with tarfile.open(tmp_path / "bundle.tar.gz") as archive:
        assert all(any(f"/{host}/" in name for name in archive.getnames()) for host in loud.hosts)


def test_sudo_that_requires_a_terminal(trouble: Site) -> None:
    config = trouble.folder / "ssh_config"
    first = trouble.hosts[0]
    for user, password in (("ops", ""), ("admin", trouble.lab.admin_password)):
        config.write_text(re.sub("User .*", f"User {user}", config.read_text()))
        trouble.on(first, "echo 'Defaults requiretty, timestamp_timeout=0' >/etc/sudoers.d/terminal")
        try:
            ended = trouble.fab("run", "id -un; tty || true", FABRIC_SUDO_PASSWORD=password)
        finally:
            trouble.on(first, "rm /etc/sudoers.d/terminal")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert f"{first}  root\n{first}  not a tty\n" in ended.stdout


@pytest.mark.parametrize(
    ("shell", "said"),
    [("/usr/sbin/nologin", "This account is currently not available."), ("/bin/rbash", "sh: command not found")],
)
def test_a_login_without_a_shell_is_told_as_such(trouble: Site, shell: str, said: str) -> None:
    first = trouble.hosts[0]
    trouble.on(first, f"useradd -m -s {shell} nobodys && echo 'PATH=/nowhere' >/home/nobodys/.bashrc")
    config = trouble.folder / "ssh_config"
    config.write_text(f"Host {first}\n User nobodys\n" + config.read_text())
    try:
        ended = trouble.fab("log-dirs")
    finally:
        trouble.on(first, "userdel -r nobodys")
    assert ended.returncode == 1
    [reason] = re.findall(rf"^{first}: (.*)$", ended.stdout + ended.stderr, re.MULTILINE)
    assert reason.startswith("the login of nobodys runs no commands here, it said: ")
    assert said in reason
