"""Forms of ssh_config and known_hosts beside the real `ssh`: both get in by the same way, or neither does."""

import base64
import hashlib
import hmac
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import fabric
import pytest

from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.ssh import known_hosts
from kafka_fab.remote.ssh.connection import Connection, HostFailure
from kafka_fab.remote.ssh.openssh import OpenSSH
from lab import Lab

pytestmark = pytest.mark.lab

LOOK = "echo $(hostname) $(id -un) ${SSH_CONNECTION% *}"
PORT, CERTIFIED = 2222, 2223
REFUSED = ""


@dataclass(frozen=True)
class Hosts:
    """Three hosts, the files that stand for them in a form, and an authority that has signed the second one's key."""

    words: dict[str, str]
    folder: Path

    def text(self, form: str) -> str:
        for key, value in self.words.items():
            form = form.replace(f"<{key}>", value)
        return form


@pytest.fixture(scope="module")
def hosts(lab: Lab, trouble_hosts: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    folder = tmp_path_factory.mktemp("openssh")
    mine = [lab.hosts[name] for name in trouble_hosts]
    keys = [(host.root / "etc/ssh/ssh_host_ed25519_key.pub").read_text().split()[:2] for host in mine]
    for name in ("authority", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    (folder / "two.pub").write_text(" ".join(keys[1]) + "\n")
    sign: list[str | Path] = [
        "ssh-keygen",
        "-q",
        "-s",
        folder / "authority",
        "-I",
        "two",
        "-h",
        "-n",
        f"two,{mine[1].address}",
    ]
    subprocess.run([*sign, folder / "two.pub"], check=True)
    certificate = (folder / "two-cert.pub").read_text()
    mine[1].run(f"cat >/run/two-cert.pub <<'E'\n{certificate}E\n", check=True)
    mine[1].run(f"cat >/run/authority.pub <<'E'\n{(folder / 'authority.pub').read_text()}E\n", check=True)
    mine[1].run(
        f"/usr/sbin/sshd -o PidFile=/run/second.pid -p {PORT} -o TrustedUserCAKeys=/run/authority.pub;"
        f"/usr/sbin/sshd -o PidFile=/run/third.pid -p {CERTIFIED} -o HostCertificate=/run/two-cert.pub", check=True,
    )  # fmt: skip
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "user"], check=True)
    sign = ["ssh-keygen", "-q", "-s", folder / "authority", "-I", "user", "-n", "root", folder / "user.pub"]
    subprocess.run(sign, check=True)
    (folder / "user-cert.pub").rename(folder / "certificate")
    (folder / "open").write_text(lab.key.read_text())
    words = {"key": str(lab.key), "folder": str(folder), "known": str(folder / "known_hosts")}
    for number, host, key in zip(("one", "two", "three"), mine, keys, strict=True):
        words |= {number: host.address, f"key {number}": " ".join(key), f"blob {number}": key[1]}
        words |= {f"hash {number}": hashed(host.address)}
    words["name two"] = trouble_hosts[1]
    words["authority"] = " ".join((folder / "authority.pub").read_text().split()[:2])
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", folder / "rsa"], check=True)
    words["bridge"] = lab.bridge_address
    words["rsa"] = " ".join((folder / "rsa.pub").read_text().split()[:2])
    words["stranger"] = " ".join((folder / "stranger.pub").read_text().split()[:2])
    yield Hosts(words, folder)
    mine[1].run("kill $(cat /run/second.pid /run/third.pid); rm /run/two-cert.pub /run/authority.pub", check=True)


def hashed(name: str) -> str:
    salt = bytes(range(20))
    digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


def by_ssh(config: Path, name: str) -> str:
    """Return what the real ssh comes to see, nothing where it is refused."""
    argv = ["ssh", "-F", str(config), "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", name, LOOK]
    ended = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
    return ended.stdout.strip() if ended.returncode == 0 else REFUSED


def by_fab(config: Path, name: str) -> tuple[str, str]:
    """Return what a connection of ours comes to see, nothing where it is refused; and why."""
    # Read once a run: here each form is a run.
    known_hosts.read.cache_clear()
    try:
        with Connection(name, fabric.Config(), OpenSSH(Path("nothing"), str(config)), HostProgress(name)) as c:
            c.open()
            return c.run(LOOK, hide=True, in_stream=False).stdout.strip(), ""
    except HostFailure as failure:
        return REFUSED, str(failure)


def compared(hosts: Hosts, config: str, keys: str, name: str = "t") -> tuple[str, str]:
    (hosts.folder / "known_hosts").write_bytes(hosts.text(keys).encode("utf-8", "surrogateescape"))
    file = hosts.folder / "config"
    file.write_bytes(hosts.text(config).encode("utf-8", "surrogateescape"))
    real = by_ssh(file, name)
    (hosts.folder / "known_hosts").write_bytes(hosts.text(keys).encode("utf-8", "surrogateescape"))
    ours, why = by_fab(file, name)
    assert _without_ports(ours) == _without_ports(real), why
    assert "\n" not in why
    assert "Traceback" not in why
    return real, why


def _without_ports(seen: str) -> list[str]:
    """Leave out the port of the client's side: it is another one with each connection."""
    words = seen.split()
    return [*words[:3], *words[4:]]


COMMON = """
User root
IdentityFile <key>
IdentitiesOnly yes
UserKnownHostsFile <known>
GlobalKnownHostsFile none
StrictHostKeyChecking yes
"""
ALL = "<one> <key one>\n<two> <key two>\n<three> <key three>\n"
TWO = "Host t\n HostName <two>\n" + COMMON

CONFIGS = {
    "plain": "Host t\n HostName <two>\n",
    "a comment at a line's end": "Host t # ours\n HostName <two> # the second\n",
    "equals signs": "Host=t\n HostName=<two>\n",
    "quotes": 'Host "t"\n HostName "<two>"\n',
    "latin-1 in a comment": "# caf\udce9\nHost t\n HostName <two>\n",
    "latin-1 in a value": "Host t\n HostName <two>\n SetEnv WORD=caf\udce9\n",
    "the first one wins": "Host t\n HostName <two>\nHost *\n HostName <one>\n",
    "a negated pattern": "Host * !t\n HostName <one>\nHost t\n HostName <two>\n",
    "a token": "Host t\n HostName %h\nMatch originalhost t\n HostName <one>\n",
    "match host with an equals sign": "Host t\n HostName <two>\nMatch host=<two>\n User ops\n",
    "match final": "Host t\n HostName <two>\nMatch final\n Port 2222\n",
    "match final host": "Host t\n HostName <two>\nMatch final host <two>\n User ops\n",
    "match exec": 'Match exec "test %n = t"\n HostName <two>\n',
    "match exec that fails": 'Host t\n HostName <two>\nMatch exec "false"\n HostName <one>\n',
    "match localuser": "Match localuser *\n HostName <two>\n",
    "match canonical": "Host t\n HostName <two>\nMatch canonical\n HostName <one>\n",
    "canonicalize": "CanonicalizeHostname yes\nHost t\n HostName <two>\n",
    "include": "Include <folder>/included\n",
    "include within a host": "Host other\n Include <folder>/included\nHost t\n HostName <one>\n",
    "include of nothing": "Include <folder>/none\nHost t\n HostName <two>\n",
    "jump": "Host t\n HostName <two>\n ProxyJump <one>\n",
    "jump over two": "Host t\n HostName <two>\n ProxyJump <one>,<three>\n",
    "jump over two, the other way": "Host t\n HostName <two>\n ProxyJump <three>,<one>\n",
    "jump with user and port": "Host t\n HostName <one>\n ProxyJump ops@<two>:2222\n",
    "jump as a url": "Host t\n HostName <one>\n ProxyJump ssh://ops@<two>:2222\n",
    "jump by a host's own block": "Host j\n HostName <three>\n User ops\nHost t\n HostName <two>\n ProxyJump j\n",
    "jump whose hop jumps": "Host j\n HostName <three>\n ProxyJump <one>\nHost t\n HostName <two>\n ProxyJump j\n",
    "jump of two, of which the later has its own": (
        "Host j\n HostName <three>\n ProxyJump nowhere.invalid\nHost t\n HostName <two>\n ProxyJump <one>,j\n"
    ),
    "jump of two for all": "Host t\n HostName <two>\nHost <one>\n ProxyJump none\nHost *\n ProxyJump <one>,<three>\n",
    "jump none": "Host t\n HostName <two>\n ProxyJump none\nHost *\n ProxyJump nowhere.invalid\n",
    "jump none before a command": "Host t\n HostName <two>\n ProxyJump none\n ProxyCommand false\n",
    "command": "Host t\n HostName <two>\n ProxyCommand ssh -F <folder>/plain -W %h:%p <one>\n",
    "command none": "Host t\n HostName <two>\n ProxyCommand none\n",
    "command that fails": "Host t\n HostName <two>\n ProxyCommand sh -c 'echo no way >&2; exit 1'\n",
    "identity that is not there": "Host t\n HostName <two>\n IdentityFile <folder>/none\n",
    "identity none": "IdentityFile none\nHost t\n HostName <two>\n",
    "a port": "Host t\n HostName <two>\n Port 2222\n",
    "a port without sshd": "Host t\n HostName <two>\n Port 9\n",
    "address family": "Host t\n HostName <two>\n AddressFamily inet\n",
    "another address family": "Host t\n HostName <two>\n AddressFamily inet6\n",
    "an address to come from": "Host t\n HostName <two>\n BindAddress <bridge>\n",
    "an address to come from that is not ours": "Host t\n HostName <two>\n BindAddress 192.0.2.1\n",
    "a jump host that is not there": "Host t\n HostName <two>\n ProxyJump <one>:9\n",
    "a jump host that does not reach it": "Host t\n HostName <two>\n Port 9\n ProxyJump <one>\nHost <one>\n Port 22\n",
    "no public keys": "Host t\n HostName <two>\n PubkeyAuthentication no\n",
    "an unknown word": "Host t\n HostName <two>\n Bogus yes\n",
    "an unknown word that is allowed for": "IgnoreUnknown Bogus\nHost t\n HostName <two>\n Bogus yes\n",
    "algorithms": "Host t\n HostName <two>\n HostKeyAlgorithms ssh-ed25519\n Ciphers aes256-ctr\n",
    "algorithms that nobody has any more": "Host t\n HostName <two>\n HostKeyAlgorithms ssh-rsa\n",
    "keys of other kinds alone": "Host t\n HostName <two>\n PubkeyAcceptedAlgorithms rsa-sha2-256\n",
    "no way but a password": "Host t\n HostName <two>\n PreferredAuthentications password\n",
    "an identity that others can read": "Host t\n HostName <two>\n IdentityFile <folder>/open\n",
    "a certificate": (
        f"Host t\n HostName <two>\n Port {PORT}\n IdentityFile <folder>/user\n CertificateFile <folder>/certificate\n"
    ),
    "a key without its certificate": f"Host t\n HostName <two>\n Port {PORT}\n IdentityFile <folder>/user\n",
    "another command": "Host t\n HostName <two>\n RemoteCommand true\n",
    "algorithms that the host does not have": "Host t\n HostName <two>\n HostKeyAlgorithms ecdsa-sha2-nistp256\n",
}


@pytest.mark.parametrize("form", CONFIGS)
def test_ssh_config(hosts: Hosts, form: str) -> None:
    (hosts.folder / "included").write_text(hosts.text("Host t\n HostName <two>\n"))
    (hosts.folder / "plain").write_text(hosts.text("Host *\n" + COMMON))
    first = "IdentityFile <key>\n" if form == "identity that is not there" else ""
    common = COMMON.replace("IdentityFile <key>", "") if "<folder>/user" in CONFIGS[form] else COMMON
    common = common.replace("<key>", "none") if "<folder>/open" in CONFIGS[form] else common
    known = ALL + f"[<two>]:{PORT} <key two>\n"
    compared(hosts, first + CONFIGS[form] + "\nHost *\n" + common, known)


KNOWN = {
    "plain": ("<two> <key two>\n", True),
    "nothing": ("", False),
    "another's key": ("<two> <key one>\n", False),
    "another's key beside the right one": ("<two> <key one>\n<two> <key two>\n", True),
    "among names": ("one,<two>,three <key two>\n", True),
    "a comment behind": ("<two> <key two> root@two since 2020\n", True),
    "commented out": ("#<two> <key two>\n", False),
    "blanks before": ("   \t<two> <key two>\n", True),
    "tabs between": ("<two>\t<key two>\n", True),
    "a carriage return within": ("<two> <key two>\rone x\n", False),
    "carriage returns": ("<two> <key two>\r\n", True),
    "a hash": ("<hash two> <key two>\n", True),
    "a hash of another": ("<hash one> <key two>\n", False),
    "a broken hash": ("|1|x|y <key two>\n", False),
    "a wildcard": ("10.* <key two>\n", True),
    "a question mark": ("10.?*.0.* <key two>\n", None),
    "a negation": ("!<two>,10.* <key two>\n", False),
    "a negation of another": ("!<one>,10.* <key two>\n", True),
    "a negation alone": ("!<one> <key two>\n", False),
    "a cut key before": ("<two> ssh-ed25519 AAAAC3NzaC1lZDI1NTE5\n<two> <key two>\n", True),
    "a cut key alone": ("<two> ssh-ed25519 AAAAC3NzaC1lZDI1NTE5\n", False),
    "no base64": ("<two> ssh-ed25519 !!!\n<two> <key two>\n", True),
    "an unknown kind": ("<two> ssh-later AAAA\n<two> <key two>\n", True),
    "a kind that is not the key's": ("<two> ssh-rsa <blob two>\n", False),
    "a kind that the host does not have": ("<two> <rsa>\n", False),
    "a line of one word": ("<two>\n<two> <key two>\n", True),
    "latin-1": ("caf\udce9 <key one>\n<two> <key two>\n", True),
    "revoked": ("@revoked * <key two>\n<two> <key two>\n", False),
    "another's is revoked": ("@revoked * <key one>\n<two> <key two>\n", True),
    "an authority of others": ("@cert-authority * <authority>\n<two> <key two>\n", True),
    "an authority alone": ("@cert-authority * <authority>\n", False),
    "the key as an authority": ("@cert-authority * <key two>\n", False),
    "an unknown marker": ("@later * <key one>\n<two> <key two>\n", True),
    "with the usual port": ("[<two>]:22 <key two>\n", False),
}  # fmt: skip


@pytest.mark.parametrize("form", KNOWN)
def test_known_hosts(hosts: Hosts, form: str) -> None:
    text, enters = KNOWN[form]
    real, _ = compared(hosts, TWO, text)
    assert enters in (bool(real), None)


OTHERS = {
    "a port": (f"Port {PORT}", f"[<two>]:{PORT} <key two>\n", True),
    "a port, known without": (f"Port {PORT}", "<two> <key two>\n", True),
    "a port, another's key without": (f"Port {PORT}", "<two> <key one>\n", False),
    "a port, another's key with it": (f"Port {PORT}", f"[<two>]:{PORT} <key one>\n<two> <key two>\n", False),
    "a port in a pattern": (f"Port {PORT}", f"[10.*]:{PORT} <key two>\n", True),
    "an alias": ("HostKeyAlias two", "two <key two>\n", True),
    "an alias in capitals": ("HostKeyAlias Two", "two <key two>\n", True),
    "an alias that is unknown": ("HostKeyAlias other", "<two> <key two>\n", False),
    "an alias with a port": (f"HostKeyAlias two\n Port {PORT}", "two <key two>\n", True),
    "an alias, known with the port": (f"HostKeyAlias two\n Port {PORT}", f"[two]:{PORT} <key two>\n", False),
    "a second file": ("UserKnownHostsFile <folder>/none <known>", "<two> <key two>\n", True),
    "no file": ("UserKnownHostsFile none", "<two> <key two>\n", False),
    "the file of all": ("UserKnownHostsFile none\n GlobalKnownHostsFile <known>", "<two> <key two>\n", True),
    "new is accepted": ("StrictHostKeyChecking accept-new", "", True),
    "new is accepted, changed is not": ("StrictHostKeyChecking accept-new", "<two> <key one>\n", False),
    "off": ("StrictHostKeyChecking off", "<two> <key one>\n", True),
    "off, revoked": ("StrictHostKeyChecking off", "@revoked * <key two>\n", True),
    "off, on a list of revoked keys": ("StrictHostKeyChecking off\n RevokedHostKeys <folder>/two.pub", "", False),
    "off, a certificate for others": (
        f"StrictHostKeyChecking off\n HostKeyAlias six\n Port {CERTIFIED}", "@cert-authority six <authority>\n", True,
    ),
    "no list of revoked keys": ("RevokedHostKeys <folder>/none", "<two> <key two>\n", False),
    "an authority on a list of revoked keys": (
        f"RevokedHostKeys <folder>/authority.pub\n Port {CERTIFIED}", "@cert-authority * <authority>\n", False,
    ),
    "the file of nothing": ("UserKnownHostsFile /dev/null", "<two> <key two>\n", False),
    "the file of nothing, new is accepted": (
        "UserKnownHostsFile /dev/null\n StrictHostKeyChecking accept-new", "<two> <key one>\n", True,
    ),
    "no file, new is accepted": ("UserKnownHostsFile none\n StrictHostKeyChecking accept-new", "", False),
    "no file, off": ("UserKnownHostsFile none\n StrictHostKeyChecking no", "", False),
    "its address too": ("HostName <name two>\n CheckHostIP yes", "<name two> <key two>\n<two> <key two>\n", True),
    "its address too, which is not known": ("HostName <name two>\n CheckHostIP yes", "<name two> <key two>\n", True),
    "its address too, another's key": (
        "HostName <name two>\n CheckHostIP yes", "<name two> <key two>\n<two> <key one>\n", False,
    ),
    "not its address, another's key": ("HostName <name two>", "<name two> <key two>\n<two> <key one>\n", True),
    "a certificate, its authority without the port": (f"Port {CERTIFIED}", "@cert-authority <two> <authority>\n", True),
    "a certificate for others, its key without the port": (
        f"HostName <name two>\n Port {CERTIFIED}", "@cert-authority * <stranger>\n<name two> <key two>\n", None,
    ),
    "another authority, known without the port": (
        f"Port {PORT}", "@cert-authority * <stranger>\n<two> <key two>\n", True,
    ),
    "known without the port, revoked with it": (
        f"Port {PORT}", "@revoked [<two>]:* <key two>\n<two> <key two>\n", False,
    ),
    "an alias, its address too": (
        "HostName <name two>\n HostKeyAlias two\n CheckHostIP yes", "two <key two>\n<two> <key one>\n", False,
    ),
    "ask": ("StrictHostKeyChecking ask", "", False),
    "a list of revoked keys": ("RevokedHostKeys <folder>/two.pub", "<two> <key two>\n", False),
    "a certificate": (f"Port {CERTIFIED}", "@cert-authority * <authority>\n", True),
    "a certificate, the name of its authority": (
        f"Port {CERTIFIED}", f"@cert-authority [<two>]:{CERTIFIED} <authority>\n", True,
    ),
    "a certificate of an alias": (f"HostKeyAlias two\n Port {CERTIFIED}", "@cert-authority two <authority>\n", True),
    "a certificate for others": (f"HostKeyAlias six\n Port {CERTIFIED}", "@cert-authority six <authority>\n", False),
    "a certificate of a stranger": (f"Port {CERTIFIED}", "@cert-authority * <stranger>\n", False),
    "a certificate whose key is known": (f"Port {CERTIFIED}", f"[<two>]:{CERTIFIED} <key two>\n", True),
    "a certificate of a revoked authority": (
        f"Port {CERTIFIED}", "@revoked * <authority>\n@cert-authority * <authority>\n", False,
    ),
    "the algorithms of an authority": (
        f"Port {CERTIFIED}\n CASignatureAlgorithms rsa-sha2-512", "@cert-authority * <authority>\n", False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", OTHERS)
def test_known_hosts_by_the_words_of_ssh_config(hosts: Hosts, form: str) -> None:
    words, known, enters = OTHERS[form]
    name = "" if "HostName" in words else " HostName <two>\n"
    real, _ = compared(hosts, f"Host t\n{name} {words}\n{COMMON}", known)
    assert enters in (bool(real), None)


HOPS = {
    "known": (ALL, True),
    "the far one is unknown": ("<one> <key one>\n<two> <key two>\n", False),
    "the near one is unknown": ("<two> <key two>\n<three> <key three>\n", False),
    "the far one is another's": ("<one> <key one>\n<two> <key two>\n<three> <key one>\n", False),
    "the host itself is unknown": ("<one> <key one>\n<three> <key three>\n", False),
}


@pytest.mark.parametrize("form", HOPS)
def test_the_keys_of_hops(hosts: Hosts, form: str) -> None:
    known, enters = HOPS[form]
    real, _ = compared(hosts, f"Host t\n HostName <two>\n ProxyJump <one>,<three>\nHost *\n{COMMON}", known)
    assert bool(real) is enters


def test_a_hop_by_its_own_rules(hosts: Hosts) -> None:
    config = f"Host t\n HostName <two>\n ProxyJump <one>\nHost <one>\n StrictHostKeyChecking no\nHost *\n{COMMON}"
    real, _ = compared(hosts, config, "<two> <key two>\n")
    assert real


def test_nothing_goes_through_a_hop_whose_key_has_changed(hosts: Hosts) -> None:
    config = f"Host t\n HostName <two>\n ProxyJump <one>\nHost <one>\n StrictHostKeyChecking no\nHost *\n{COMMON}"
    real, why = compared(hosts, config, "<one> <key three>\n<two> <key two>\n")
    assert not real
    assert "its key is not the one in known_hosts" in why


@pytest.mark.parametrize("hashing", ["yes", "no"])
def test_what_is_accepted_as_new_is_known_from_then_on(hosts: Hosts, hashing: str) -> None:
    words = f"StrictHostKeyChecking accept-new\n HashKnownHosts {hashing}"
    file, known = hosts.folder / "config", hosts.folder / "known_hosts"
    file.write_text(hosts.text(f"Host t\n HostName <two>\n {words}\n{COMMON}"))
    known.unlink(missing_ok=True)
    assert by_fab(file, "t")[0]
    assert ("|1|" in known.read_text()) is (hashing == "yes")
    file.write_text(hosts.text(TWO))
    assert by_ssh(file, "t")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("command that fails", ["exit 1'` has ended with status 1: no way: try", "`ssh t`"]),
        ("an unknown word", ["its ssh_config does not work", "bogus"]),
        ("a jump host that is not there", ["the way there leads through", "port 9 cannot be reached"]),
        ("a jump host that does not reach it", ["through which the way leads, does not reach", "port 9"]),
        ("a port without sshd", ["port 9 cannot be reached"]),
    ],
)
def test_reasons(hosts: Hosts, form: str, words: list[str]) -> None:
    _, why = compared(hosts, CONFIGS[form] + "\nHost *\n" + COMMON, ALL)
    assert all(word in why for word in words), why
