"""Sixty secrets planted in every setting that takes a text: none leaves a host, or stays where others can read it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import QUICK_JVM, Site

pytestmark = pytest.mark.lab

WORD = "pl4nted"
KNOWN = (
    "ssl.key.password", "ssl.keystore.password", "ssl.truststore.password", "ssl.keystore.key",
    "ssl.keystore.certificate.chain", "ssl.truststore.certificates", "sasl.jaas.config", "password.encoder.secret",
    "password.encoder.old.secret", "delegation.token.secret.key",
)  # fmt: skip
PLUGIN = (
    "api.key", "api_key", "apiKey", "access.key", "aws.access.key", "aws.secret.access.key", "private.key",
    "rsa.private.key", "signing.key", "jwt.signing.key", "encryption.key", "shared.key", "master.key", "account.key",
    "session.key", "passphrase", "key.passphrase", "passcode", "pwd", "bind.pwd", "password", "db.passwd", "secret",
    "client.secret", "token", "github.token", "refresh_token", "credential", "credentials", "license",
    "vendor.licence", "authorization", "http.authorization", "basic.auth.user.info", "connection.string", "sasl.jaas",
)  # fmt: skip
SHAPES = (
    "http://user:{}@collector:80/x",
    "https://{}@collector/x",
    "jdbc:x://u:{}@db/x",
    "https://store/blob?sv=1&sig={}",
    "https://store/blob?X-Amz-Signature={}",
    "Bearer {}",
    "Basic {}",
    "-----BEGIN PRIVATE KEY-----{}-----END PRIVATE KEY-----",
    'x.Plain required username="u" password="{}";',
    'x.Plain required user_alice="{}";',
)


class Plant:
    """Secrets with numbers, so that one that is found tells where it came from."""

    def __init__(self) -> None:
        self.places: dict[str, str] = {}

    def __call__(self, place: str) -> str:
        word = f"{WORD}{len(self.places):02}abcdefghij"
        self.places[word] = place
        return word

    def found(self, text: str) -> set[str]:
        """The places of the secrets in a text."""
        return {place for word, place in self.places.items() if word in text}


def settings(plant: Plant, mirror: str) -> str:
    options = (f"-Djavax.net.ssl.trustStorePassword={plant('jvm_options')}", f"-Dvendor.token={plant('a -D')}")
    lines = [
        "version: 3.9.1",
        f"mirror: http://ana:{plant('mirror')}@{mirror.removeprefix('http://')}",
        "kafka:",
        "  heap: 256m",
        f"  jvm_options: {QUICK_JVM} {' '.join(options)}",
        f"  jmx: {{port: 9999, password: {plant('jmx.password')}}}",
        "  properties:",
        *(f"    {key}: '{plant(key)}'" for key in KNOWN),
        "  unchecked_properties:",
        *(f"    plugin.{key}: '{plant(key)}'" for key in PLUGIN),
        *(f"    plugin.shape{at}: '{shape.format(plant(shape))}'" for at, shape in enumerate(SHAPES)),
    ]
    return "\n".join([*lines, ""])


@pytest.fixture
def planted(trouble: Site) -> Iterator[tuple[Site, str, Plant]]:
    host, plant = trouble.hosts[0], Plant()
    (trouble.folder / "hosts.ini").write_text(f"[kafka]\n{host} id=1\n[controller]\n{host} id=1\n")
    trouble.settings(settings(plant, trouble.lab.mirror_url))
    (trouble.folder / "conf/local.yaml").unlink()
    assert len(plant.places) >= 60
    trouble.on(host, "touch /run/planted")
    yield trouble, host, plant
    trouble.on(host, "pkill -f watch-argv; rm -f /run/argv /run/planted", timeout=20)


def test_no_secret_leaves_or_stays_where_others_read_it(planted: tuple[Site, str, Plant], tmp_path: Path) -> None:
    site, host, plant = planted
    watch = "while :; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' >>/run/argv; done # watch-argv"
    site.on(host, f"setsid sh -c {watch!r} >/dev/null 2>&1 &")
    said = {}
    tasks = (
        ["plan", "--full"],
        ["plan", "--json"],
        ["install"],
        ["install", "--json"],
        ["start"],
        ["status", "--json"],
    )
    for words in tasks:
        ended = site.fab(*words, timeout=180)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        said[" ".join(words)] = ended.stdout + ended.stderr
    site.on(host, "pkill -f watch-argv")
    # The same once more with other values: what a changed secret looks like.
    site.settings(settings(plant, site.lab.mirror_url))
    said["plan of others"] = site.done("plan") + site.done("plan", "--json") + site.done("install")
    said["preflight"] = site.fab("preflight", "--all").stdout
    file = tmp_path / "bundle.tar.gz"
    site.done("bundle", "--out", str(file))
    said["bundle"] = content(file)
    said["argv"] = site.on(host, "cat /run/argv")
    said["systemctl show"] = site.on(host, "systemctl show kafka; systemctl cat kafka")
    said["journal"] = site.on(host, "journalctl --no-pager -o cat")
    readable = "find / -xdev -newer /run/planted -type f -perm -o=r -exec grep -aH pl4nted {} + || true"
    said["files that everybody reads"] = site.on(host, readable)
    said["this machine's journal of the cluster"] = "".join(
        one.read_text(errors="replace") for one in (site.folder / ".kafka-fab").glob("*")
    )
    assert {where: found for where, text in said.items() if (found := plant.found(text))} == {}
    # The process runs with what it was given: a secret that reaches nobody would pass this test, too.
    assert "trustStorePassword=pl4nted" in site.on(host, "cat /etc/kafka/jvm.secrets")
    assert site.on(host, "stat -c '%U %G %a' /etc/kafka/jvm.secrets").strip() == "root kafka 640"
    assert "@/etc/kafka/jvm.secrets" in site.on(
        host, "tr '\\0' ' ' </proc/$(systemctl show -p MainPID --value kafka)/cmdline"
    )
    shown = site.on(host, "java @/etc/kafka/jvm.secrets -XshowSettings:properties -version 2>&1")
    assert "javax.net.ssl.trustStorePassword = pl4nted" in shown
    # And what was looked at is there to be looked at.
    assert "curl" in said["argv"]
    assert "(hidden)" in said["plan --full"]


def content(file: Path) -> str:
    with tarfile.open(fileobj=io.BytesIO(file.read_bytes())) as opened:
        files = [opened.extractfile(member) for member in opened.getmembers() if member.isfile()]
        return "\n".join(one.read().decode(errors="replace") for one in files if one)
