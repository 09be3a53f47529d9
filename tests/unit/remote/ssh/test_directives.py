"""Directives of ssh_config: every word of the installed `ssh -G` is sorted, and what only ssh does is refused."""

import re
import subprocess
from pathlib import Path

import pytest

from kafka_fab.remote.ssh import directives
from kafka_fab.remote.ssh.failure import HostFailure
from kafka_fab.remote.ssh.openssh import OpenSSH, SshConfig

# Those that `ssh -G` names only where they are set.
SET = """
BindAddress 192.0.2.1
BindInterface lo
CertificateFile c
ChannelTimeout session=1m
ControlPath p
DynamicForward 1
HostKeyAlias a
IdentityAgent a
KbdInteractiveDevices pam
KnownHostsCommand /bin/true
LocalCommand true
LocalForward 1 a:1
PKCS11Provider p
PreferredAuthentications publickey
ProxyCommand c
RefuseConnection words
RemoteCommand c
RemoteForward 1 a:1
RevokedHostKeys r
SetEnv A=b
Tag t
User joe
VersionAddendum v
"""


def answered(text: str) -> SshConfig:
    Path("given").write_text(text)
    return OpenSSH(Path("nothing"), "given").ask("kafka1")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_all_that_the_installed_ssh_knows_is_sorted() -> None:
    """A directive of a later OpenSSH fails here: say in directives.py what is done with it."""
    assert not directives.unknown(answered(f"IgnoreUnknown *\n{SET}"))


def test_a_directive_is_sorted_once() -> None:
    assert not directives.OBEYED & directives.HARMLESS
    assert not {one.name.lower() for one in directives.REFUSED} & (directives.OBEYED | directives.HARMLESS)


def test_what_is_obeyed_stands_in_the_code() -> None:
    """The keywords that `ssh -G` itself works out stand nowhere else."""
    by_ssh = {key for key in directives.OBEYED if key.startswith("canonical")} | {"ignoreunknown", "tag"}
    folder = Path(directives.__file__).parent
    text = "".join(file.read_text() for file in folder.glob("*.py") if file.name != "directives.py")
    assert directives.OBEYED - {word.lower() for word in re.findall(r'"(\w+)"', text)} - {"host"} == by_ssh


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("BindInterface lo", "BindInterface (lo) is set for kafka1, which kafka-fab does not do: name an address"),
        ("KnownHostsCommand /bin/true", "KnownHostsCommand (/bin/true) is set for kafka1"),
        ("ProxyCommand x\nProxyUseFdpass yes", "ProxyUseFdpass (yes) is set for kafka1"),
        ("RemoteCommand top", "RemoteCommand (top) is set for kafka1"),
        ("SessionType none", "SessionType (none) is set for kafka1"),
    ],
)
def test_what_only_ssh_does_is_refused(text: str, words: str) -> None:
    with pytest.raises(HostFailure, match=re.escape(words)):
        directives.refuse(answered(text), pytest.fail)


@pytest.mark.parametrize("text", ["RemoteCommand top", "SessionType none"])
def test_on_a_hop_no_command_is_run(text: str) -> None:
    directives.refuse(answered(text), pytest.fail, is_hop=True)


@pytest.mark.parametrize("text", ["", "ProxyUseFdpass yes", "RemoteCommand none", "KnownHostsCommand none"])
def test_what_asks_for_nothing_is_not(text: str) -> None:
    directives.refuse(answered(text), pytest.fail)


def test_a_directive_of_a_later_ssh_is_refused_where_it_is_set() -> None:
    answer, usual = SshConfig("kafka1", "later yes"), SshConfig("localhost", "later no")
    directives.refuse(answer, lambda: SshConfig("localhost", "later yes"))
    with pytest.raises(HostFailure, match=re.escape("later (yes) is set for kafka1, which kafka-fab does not know")):
        directives.refuse(answer, lambda: usual)


def test_what_ssh_does_by_itself_is_asked_of_it() -> None:
    Path("given").write_text("Port 2222\n")
    assert OpenSSH(Path("nothing"), "given").usual()["port"] == "22"


def test_the_list_is_that_of_the_installed_ssh() -> None:
    """So that the words above, which are set by hand, are not the only ones that are looked at."""
    asked = subprocess.run(["ssh", "-F", "none", "-G", "h"], capture_output=True, text=True, check=True).stdout
    assert len(set(SshConfig("h", asked)) & directives.KNOWN) > 60
